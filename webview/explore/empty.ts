/** Explore before anything is chosen: what it is for, and a way to begin. */
import { t } from "@vscode/l10n";
import { h } from "../dom.ts";
import type { ChosenSeries } from "./state.ts";

const STARTS: readonly { readonly text: () => string; readonly series: Omit<ChosenSeries, "slot"> }[] = [
  { text: () => "CPU", series: { metric: "gorgon.cpu.busy", attributes: {}, unit: "1", kind: "gauge" } },
  {
    text: () => t("Memory"),
    series: {
      metric: "system.memory.utilization",
      attributes: { "system.memory.state": "used" },
      unit: "1",
      kind: "gauge",
    },
  },
];

/** Builds it. */
export function emptyPart(choose: (series: Omit<ChosenSeries, "slot">) => void): HTMLElement {
  const buttons = STARTS.map(({ text, series }) => {
    const button = h("button", { class: "x-button", type: "button" }, text());
    button.addEventListener("click", () => choose(series));
    return button;
  });
  return h(
    "div",
    { class: "x-empty", "data-part": "explore-empty" },
    h("h2", {}, t("Nothing is chosen yet")),
    h(
      "p",
      { class: "note" },
      t("Find any series above: what is sensed now and what history has. Several share a chart by their unit."),
    ),
    h("div", { class: "x-actions" }, h("span", { class: "note" }, t("Begin with")), ...buttons),
  );
}
