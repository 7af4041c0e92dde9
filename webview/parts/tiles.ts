/** The tiles: level, value, context and trend of one thing each. */
import { t } from "@vscode/l10n";
import { Children, type Part, h, setAttr, setShown, setText, svg } from "../dom.ts";
import type { Tile } from "../model.ts";
import { type Ink, type Plot, sparkPoints } from "../plots.ts";
import { SPARK, sparkHeight, sparkPaths } from "../spark.ts";
import { MARKS } from "../words.ts";

/** A tile and the charts it takes its trend from. */
export interface TileModel extends Tile {
  readonly id: Ink;
  readonly plots: readonly Plot[];
}

/** Builds the row of tiles. */
export function tilesPart(): Part<readonly TileModel[]> {
  const element = h("section", { class: "tiles", "aria-label": t("Now") });
  const tiles = new Children(element, tilePart);
  return {
    element,
    update(models) {
      tiles.update(models);
    },
  };
}

function tilePart(first: TileModel): Part<TileModel> {
  const level = h("span", { class: "level" });
  const number = h("span", { class: "number", "data-part": "value" });
  const unit = h("span", { class: "unit" });
  const context = h("p", { class: "context" });
  const trend = trendPart();
  const element = h(
    "div",
    { class: "tile card", role: "group", "data-ink": first.ink, "data-part": `tile-${first.ink}` },
    h("div", { class: "tile-top" }, h("h2", {}, first.title), level),
    h("p", { class: "value" }, number, unit),
    context,
    trend.element,
  );
  return {
    element,
    update(tile) {
      setAttr(element, "data-level", tile.level);
      setAttr(element, "aria-label", tile.description);
      setText(level, tile.level === null ? "" : `${MARKS[tile.level]} ${tile.level}`);
      setShown(level, tile.level !== null);
      setText(number, tile.number);
      setText(unit, tile.unit);
      // A space of no width would collapse the line and move everything under it.
      setText(context, tile.context === "" ? "\u00a0" : tile.context);
      setAttr(context, "title", tile.context);
      trend.update(tile);
    },
  };
}

function trendPart(): Part<TileModel> {
  const area = svg("path", { class: "trend-area" });
  const band = svg("path", { class: "trend-band" });
  const line = svg("path", { class: "trend-line" });
  const borders = { WARN: svg("line", { class: "trend-warn" }), CRIT: svg("line", { class: "trend-crit" }) };
  const drawing = svg(
    "svg",
    {
      viewBox: `0 0 ${String(SPARK.width)} ${String(SPARK.height)}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    },
    area,
    band,
    borders.WARN,
    borders.CRIT,
    line,
  );
  const element = h("div", { class: "trend" });
  element.append(drawing);
  return {
    element,
    update({ ink, plots }) {
      const found = sparkPoints(ink, plots);
      const max = found === null ? 1 : Math.max(found.plot.axis.max, ...found.points.map((point) => point.y || 0));
      const paths = sparkPaths(found?.points ?? [], found?.plot.from ?? 0, found?.plot.to ?? 0, max);
      setAttr(area, "d", paths.area);
      setAttr(band, "d", paths.band);
      setAttr(line, "d", paths.line);
      for (const level of ["WARN", "CRIT"] as const) {
        const border = found?.plot.thresholds.find((one) => one.ink === ink && one.level === level);
        const y = border === undefined ? "-9" : String(sparkHeight(border.value, max));
        for (const [name, value] of [
          ["x1", "0"],
          ["x2", String(SPARK.width)],
          ["y1", y],
          ["y2", y],
        ] as const) {
          setAttr(borders[level], name, value);
        }
      }
    },
  };
}
