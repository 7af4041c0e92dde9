/** The overview: tiles, charts, what is the matter, processes, silent sensors, pinned charts. */
import type { DashboardSnapshot, RangeMinutes } from "../../protocol/messages/webview.ts";
import type { Act } from "../actions.ts";
import { type AlertsView, openRows } from "../alerts/model.ts";
import type { Palette } from "../charts/palette.ts";
import { type Part, h, setAttr } from "../dom.ts";
import type { Input, View } from "../model.ts";
import { type PlotPart, plotPart } from "../parts/plot.ts";
import { processesPart } from "../parts/processes.ts";
import { tilesPart } from "../parts/tiles.ts";
import { silentPart } from "../parts/verdicts.ts";
import { emptyReason, plotsOf, trendsOf } from "../plots.ts";
import { openAlertsPart } from "./alerts.ts";
import { pinnedPart } from "./pinned.ts";
import { pinnedPlots } from "./pins.ts";

/** What the tab is made from. `range`: the one that the user chose. */
export interface Overview {
  readonly input: Input;
  readonly view: View;
  readonly alerts: AlertsView;
  readonly range: RangeMinutes;
}

/** The tab; it also follows the theme. */
export interface OverviewPart extends Part<Overview> {
  retheme(palette: Palette): void;
}

/** Builds the tab. */
export function overviewTab(act: Act, range: RangeMinutes, theme: Palette): OverviewPart {
  const tiles = tilesPart();
  const open = openAlertsPart(act);
  const processes = processesPart();
  const silent = silentPart();
  const pinned = pinnedPart(act, theme);
  const plots: PlotPart[] = plotsOf(null, null, range, "").map((plot) => plotPart(plot, theme));
  const element = h(
    "div",
    { class: "values" },
    tiles.element,
    h(
      "div",
      { class: "columns" },
      h("div", { class: "plots" }, ...plots.map((plot) => plot.element)),
      h("div", { class: "side" }, open.element, processes.element, silent.element),
    ),
    pinned.element,
  );
  let drawn: { snapshot: DashboardSnapshot | null; range: RangeMinutes; empty: string } | null = null;
  return {
    element,
    update({ input, view, alerts, range: chosen }) {
      const { snapshot, now } = input;
      open.update({ rows: openRows(snapshot, alerts, now), note: alerts.note, empty: alerts.quiet });
      silent.update(view.silent);
      processes.update({ state: snapshot?.state ?? null, now });
      const empty = emptyReason(snapshot, chosen, view.phase);
      // The clock ticks every second; charts and tiles change with a snapshot only.
      if (drawn?.snapshot === snapshot && drawn.range === chosen && drawn.empty === empty) return;
      drawn = { snapshot, range: chosen, empty };
      const waiting = snapshot !== null && snapshot.range !== chosen;
      setAttr(element, "data-waiting", waiting ? "" : null);
      const { history = null, state = null } = snapshot ?? {};
      const models = plotsOf(history, state, snapshot?.range ?? chosen, empty);
      models.forEach((model, index) => plots[index]?.update(model));
      const drawnFrom = [...models, ...trendsOf(history, state, snapshot?.range ?? chosen)];
      tiles.update(view.tiles.map((tile) => ({ ...tile, id: tile.ink, plots: drawnFrom })));
      pinned.update(pinnedPlots(snapshot));
    },
    retheme(palette) {
      for (const plot of plots) plot.retheme(palette);
      pinned.retheme(palette);
    },
  };
}
