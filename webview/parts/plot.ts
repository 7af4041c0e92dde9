/** A chart in its card, with its title, its table, and a word where there is nothing to draw. */
import { t } from "@vscode/l10n";
import { type LineChart, lineChart } from "../charts/line.ts";
import type { Palette } from "../charts/palette.ts";
import { toggleButton } from "../controls.ts";
import { Children, type Part, h, setAttr, setShown, setText } from "../dom.ts";
import { type Plot, type TableRow, tableOf } from "../plots.ts";

/** A chart's card; it also follows the theme. */
export interface PlotPart extends Part<Plot> {
  retheme(palette: Palette): void;
  dispose(): void;
}

/**
 * Builds the card of one chart. The canvas is drawn on when there are values for the first time. `more`: another button
 * for its top.
 */
export function plotPart(first: Plot, theme: Palette, more?: HTMLElement): PlotPart {
  let plot = first;
  let palette = theme;
  let chart: LineChart | null = null;
  let asTable = false;
  const title = h("h2", {}, first.title);
  const note = h("span", { class: "note" });
  const canvas = h("canvas", { role: "img" });
  const empty = h("p", { class: "plot-empty" });
  const drawing = h("div", { class: "plot-drawing" }, canvas, empty);
  const body = h("tbody");
  const table = tableElement(first.title, body);
  const rows = new Children(body, rowPart);
  const toggle = toggleButton("table", (on) => {
    asTable = on;
    draw();
  });
  const element = h(
    "section",
    { class: `card plot plot-${first.id}`, "aria-label": first.title, "data-part": `plot-${first.id}` },
    h("div", { class: "card-top" }, title, note, toggle.element, ...(more === undefined ? [] : [more])),
    drawing,
    table,
  );

  function draw(): void {
    // It names what is in the chart: a GPU may come, or go.
    setText(title, plot.title);
    setAttr(element, "aria-label", plot.title);
    setText(note, plot.subtitle);
    setAttr(canvas, "aria-label", plot.description);
    setText(empty, plot.empty);
    setShown(empty, plot.empty !== "");
    setShown(drawing, !asTable);
    setShown(table, asTable);
    toggle.update({ on: asTable, label: t("{0} as a table", plot.title) });
    if (asTable) {
      rows.update(tableOf(plot));
    } else if (chart !== null) {
      chart.update(plot);
    } else if (plot.empty === "") {
      chart = lineChart(canvas, plot, palette);
    }
  }

  return {
    element,
    update(next) {
      plot = next;
      draw();
    },
    retheme(next) {
      palette = next;
      chart?.retheme(next);
    },
    dispose: () => chart?.dispose(),
  };
}

/** A table with a row a series. */
export function tableElement(caption: string, body: HTMLElement): HTMLElement {
  const heads = ["", t("Latest"), t("Lowest"), t("Highest"), t("Average")].map((text, index) =>
    index === 0 ? h("td") : h("th", { scope: "col" }, text),
  );
  return h(
    "div",
    { class: "plot-table" },
    h("table", {}, h("caption", { class: "unseen" }, caption), h("thead", {}, h("tr", {}, ...heads)), body),
  );
}

/** One row of it. */
export function rowPart(): Part<TableRow> {
  const title = h("th", { scope: "row" });
  const cells = { latest: h("td"), min: h("td"), max: h("td"), average: h("td") };
  return {
    element: h("tr", {}, title, cells.latest, cells.min, cells.max, cells.average),
    update(row) {
      setText(title, row.title);
      setText(cells.latest, row.latest);
      setText(cells.min, row.min);
      setText(cells.max, row.max);
      setText(cells.average, row.average);
    },
  };
}
