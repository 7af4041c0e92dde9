/** The path of a tile's small trend line, as SVG path data in a box of its own units. */
import { type Point, runsOf } from "./series.ts";

/** The box that the paths are drawn in; the page stretches it. */
export const SPARK = { width: 200, height: 40 } as const;

/** Path data: the line, the area under it, and the band between the extremes. */
export interface SparkPaths {
  readonly line: string;
  readonly area: string;
  readonly band: string;
}

/** Draws points of `from`..`to` with values 0..`max`. */
export function sparkPaths(points: readonly Point[], from: number, to: number, max: number): SparkPaths {
  const span = to - from;
  if (!(span > 0) || !(max > 0)) return { line: "", area: "", band: "" };
  const across = (x: number): string => rounded(Math.min(1, Math.max(0, (x - from) / span)) * SPARK.width);
  const down = (y: number): string => rounded(sparkHeight(y, max));
  let line = "";
  let area = "";
  let band = "";
  for (const run of runsOf(points)) {
    const [first] = run;
    const last = run.at(-1);
    if (first === undefined || last === undefined) continue;
    const forth = run.map((point) => `${across(point.x)} ${down(point.y)}`).join("L");
    // A lone point becomes a dot: round line caps show a path of no length.
    line += `M${forth}${run.length === 1 ? "h0" : ""}`;
    area += `M${across(first.x)} ${String(SPARK.height)}L${forth}L${across(last.x)} ${String(SPARK.height)}Z`;
    if (run.some((point) => point.high > point.low)) {
      const top = run.map((point) => `${across(point.x)} ${down(point.high)}`).join("L");
      const back = run
        .toReversed()
        .map((point) => `${across(point.x)} ${down(point.low)}`)
        .join("L");
      band += `M${top}L${back}Z`;
    }
  }
  return { line, area, band };
}

/** How far from the top a value lies in the box. A pixel is kept free at both edges so that the line is never cut. */
export function sparkHeight(value: number, max: number): number {
  const share = Math.min(1, Math.max(0, value / max));
  return 1 + (1 - share) * (SPARK.height - 2);
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
