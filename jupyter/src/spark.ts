/** A small trend line of one level: the last five minutes, as SVG. */
import type { HostLevel } from "../../protocol/messages/jupyter.ts";
import { svg } from "../../webview/dom.ts";
import { SPARK, sparkPaths } from "../../webview/spark.ts";

/** What the line shows, milliseconds. */
const SPAN_MS = 300_000;
/** Points further apart than this are not joined, milliseconds. */
const GAP_MS = 30_000;

/** The line; `now` is the server's time. A ratio is drawn from 0 to 1, everything else up to its highest. */
export function sparkElement({ points, unit }: Pick<HostLevel, "points" | "unit">, now: number): SVGSVGElement {
  const drawn = points.flatMap(([x, y], at) => {
    const before = points[at - 1]?.[0] ?? x;
    const point = { x, y, low: y, high: y };
    // NaN breaks the line.
    return x - before > GAP_MS ? [{ x: before + 1, y: NaN, low: NaN, high: NaN }, point] : [point];
  });
  const highest = Math.max(...points.map(([, value]) => value), 0);
  const { line, area } = sparkPaths(drawn, now - SPAN_MS, now, unit === "1" ? 1 : highest * 1.1);
  return svg(
    "svg",
    {
      class: "jp-Gorgon-spark",
      viewBox: `0 0 ${String(SPARK.width)} ${String(SPARK.height)}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    },
    svg("path", { class: "jp-Gorgon-sparkArea", d: area }),
    svg("path", { class: "jp-Gorgon-sparkLine", d: line }),
  );
}
