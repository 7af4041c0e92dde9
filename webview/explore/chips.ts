/** The chosen series by unit: colour, name, value at the cursor or the newest one, and a button to take each away. */
import { t } from "@vscode/l10n";
import type { Palette } from "../charts/palette.ts";
import { Children, type Part, h, icon, setAttr, setText, svg } from "../dom.ts";
import { lookOf } from "./colours.ts";
import { attributesText, fullName } from "./names.ts";
import type { ChosenSeries } from "./state.ts";

/** One series as a chip. */
export interface Chip {
  readonly id: string;
  readonly series: ChosenSeries;
  readonly value: string;
}

/** The chips of one unit. */
export interface ChipGroup {
  readonly id: string;
  readonly words: string;
  /** Where it is drawn. */
  readonly place: string;
  readonly shown: boolean;
  readonly chips: readonly Chip[];
}

/** What can be done with them. */
export interface ChipEvents {
  remove(key: string): void;
  /** Null: none stands out. */
  highlight(key: string | null): void;
  show(unit: string, shown: boolean): void;
}

/** Builds the list. */
export function chipsPart(events: ChipEvents, palette: () => Palette): Part<readonly ChipGroup[]> {
  const element = h("div", { class: "x-groups", "data-part": "explore-chips" });
  const groups = new Children<ChipGroup>(element, (first) => groupPart(first, events, palette));
  return { element, update: (next) => groups.update(next) };
}

function groupPart(first: ChipGroup, events: ChipEvents, palette: () => Palette): Part<ChipGroup> {
  let shown = first.shown;
  const words = h("span", { class: "x-unit-words" });
  const place = h("span", { class: "note" });
  const eye = icon("eye");
  const toggle = h("button", { class: "x-unit", type: "button" }, eye, words, place);
  toggle.addEventListener("click", () => events.show(first.id, !shown));
  const list = h("ul", { class: "x-chips" });
  const chips = new Children<Chip>(list, (chip) => chipPart(chip, events, palette));
  return {
    element: h("div", { class: "x-group" }, toggle, list),
    update(group) {
      ({ shown } = group);
      setText(words, group.words);
      setText(place, group.place);
      setAttr(toggle, "aria-pressed", String(shown));
      setAttr(toggle, "title", shown ? t("Hide the series of this unit") : t("Show the series of this unit"));
      setAttr(eye, "class", `codicon codicon-${shown ? "eye" : "eye-closed"}`);
      setAttr(list, "data-hidden", shown ? null : "");
      setAttr(list, "aria-label", group.words);
      chips.update(group.chips);
    },
  };
}

function chipPart({ id, series }: Chip, events: ChipEvents, palette: () => Palette): Part<Chip> {
  const stroke = svg("line", { x1: "0", y1: "4", x2: "20", y2: "4", "stroke-width": "3" });
  const name = h("span", { class: "x-chip-name" }, h("b", {}, series.metric), ` ${attributesText(series.attributes)}`);
  const value = h("span", { class: "x-chip-value" });
  const remove = h("button", { class: "x-remove", type: "button" }, icon("close"));
  setAttr(remove, "aria-label", t("Remove {0}", fullName(series)));
  setAttr(remove, "title", t("Remove"));
  const element = h(
    "li",
    { class: "x-chip", title: fullName(series) },
    svg("svg", { class: "x-swatch", viewBox: "0 0 20 8", "aria-hidden": "true" }, stroke),
    name,
    value,
    remove,
  );
  remove.addEventListener("click", () => {
    const beside = element.nextElementSibling ?? element.previousElementSibling;
    events.highlight(null);
    events.remove(id);
    // The focus goes on to a neighbour instead of falling out of the list.
    beside?.querySelector<HTMLElement>(".x-remove")?.focus();
  });
  element.addEventListener("pointerenter", () => events.highlight(id));
  element.addEventListener("pointerleave", () => events.highlight(null));
  remove.addEventListener("focus", () => events.highlight(id));
  remove.addEventListener("blur", () => events.highlight(null));
  return {
    element,
    update(chip) {
      const { colour, dash } = lookOf(chip.series.slot, palette());
      setAttr(stroke, "stroke", colour);
      setAttr(stroke, "stroke-dasharray", dash.join(" "));
      setText(value, chip.value);
    },
  };
}
