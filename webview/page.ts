/** The page as a whole: puts the parts together and lets each follow the newest snapshot. */
import type { DashboardSnapshot, RangeMinutes } from "../protocol/messages/webview.ts";
import { onThemeChange, readPalette } from "./charts/palette.ts";
import type { Post } from "./controls.ts";
import { h, setAttr } from "./dom.ts";
import { type Input, viewOf } from "./model.ts";
import { costPart } from "./parts/cost.ts";
import { headPart } from "./parts/head.ts";
import { noticesPart } from "./parts/notices.ts";
import { type PlotPart, plotPart } from "./parts/plot.ts";
import { tilesPart } from "./parts/tiles.ts";
import { silentPart, verdictsPart } from "./parts/verdicts.ts";
import { emptyReason, plotsOf } from "./plots.ts";

/** The dashboard, once built. */
export interface Page {
  /** Draws what is known at this moment. `range` is the one the user chose. */
  draw(input: Input, range: RangeMinutes): void;
}

/** Builds the page into an element. */
export function buildPage(
  app: HTMLElement,
  post: Post,
  range: RangeMinutes,
  onRange: (range: RangeMinutes) => void,
): Page {
  let palette = readPalette();
  const head = headPart(post, range, onRange);
  const notices = noticesPart(post);
  const tiles = tilesPart();
  const verdicts = verdictsPart(post);
  const silent = silentPart();
  const cost = costPart();
  const plots: PlotPart[] = plotsOf(null, null, range, "").map((plot) => plotPart(plot, palette));
  const main = h(
    "div",
    { class: "page" },
    head.element,
    notices.element,
    h(
      "div",
      { class: "values" },
      tiles.element,
      h(
        "div",
        { class: "columns" },
        h("div", { class: "plots" }, ...plots.map((plot) => plot.element)),
        h("div", { class: "side" }, verdicts.element, silent.element),
      ),
    ),
    cost.element,
  );
  app.replaceChildren(main);
  onThemeChange(() => {
    palette = readPalette();
    for (const plot of plots) plot.retheme(palette);
  });
  let drawn: { snapshot: DashboardSnapshot | null; range: RangeMinutes; empty: string } | null = null;
  return {
    draw(input, chosen) {
      const view = viewOf(input);
      setAttr(main, "data-phase", view.phase);
      setAttr(main, "data-faded", view.faded ? "" : null);
      head.update(view.head);
      notices.update(view.notices);
      cost.update(view.cost);
      verdicts.update({ rows: view.verdicts, note: view.verdictsNote });
      silent.update(view.silent);
      const { snapshot } = input;
      const empty = emptyReason(snapshot, chosen, view.phase);
      // The clock ticks every second; charts and tiles change with a snapshot only.
      if (drawn?.snapshot === snapshot && drawn.range === chosen && drawn.empty === empty) return;
      drawn = { snapshot, range: chosen, empty };
      const waiting = snapshot !== null && snapshot.range !== chosen;
      setAttr(main, "data-waiting", waiting ? "" : null);
      const models = plotsOf(snapshot?.history ?? null, snapshot?.state ?? null, snapshot?.range ?? chosen, empty);
      models.forEach((model, index) => plots[index]?.update(model));
      tiles.update(view.tiles.map((tile) => ({ ...tile, id: tile.ink, plots: models })));
    },
  };
}
