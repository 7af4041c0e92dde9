/** The bar over the charts: ranges, zoom and pan, following now, and what can be done with the chart. */
import { t } from "@vscode/l10n";
import { h, icon, setAttr, setText } from "../dom.ts";
import { SPANS, type TimeWindow } from "./window.ts";

/** What the buttons do. */
export interface ToolbarEvents {
  range(span: number): void;
  pan(share: number): void;
  zoom(factor: number): void;
  live(): void;
  table(): void;
  copyCsv(): void;
  saveCsv(): void;
  copyPicture(): void;
  pin(): void;
  addRule(): void;
}

/** What the bar shows. */
export interface ToolbarView {
  readonly window: TimeWindow;
  readonly words: string;
  readonly table: boolean;
  /** There is something to copy, save and pin. */
  readonly usable: boolean;
  /** Why no rule can be added; empty when one can. */
  readonly noRule: string;
}

/** The bar. */
export interface Toolbar {
  readonly element: HTMLElement;
  update(view: ToolbarView): void;
}

const PAN = 0.5;
const ZOOM = 2;

/** Builds it. */
export function toolbar(events: ToolbarEvents): Toolbar {
  const spans = SPANS.map(({ span, text }) => {
    const button = h("button", { type: "button", class: "x-span" }, text);
    button.addEventListener("click", () => events.range(span));
    return { span, button };
  });
  const back = glyph("chevron-left", t("Earlier"), () => events.pan(-PAN));
  const forth = glyph("chevron-right", t("Later"), () => events.pan(PAN));
  const nearer = glyph("zoom-in", t("Zoom in"), () => events.zoom(1 / ZOOM));
  const further = glyph("zoom-out", t("Zoom out"), () => events.zoom(ZOOM));
  const live = glyph("debug-start", t("Follow now"), () => events.live(), t("Live"));
  const words = h("span", { class: "note x-window" });
  const table = glyph("table", t("Show the numbers as a table"), () => events.table());
  const copy = glyph("copy", t("Copy the values of this window as CSV"), () => events.copyCsv(), t("Copy CSV"));
  const save = glyph("save", t("Save the values of this window as a CSV file"), () => events.saveCsv(), t("Save CSV"));
  const picture = glyph(
    "device-camera",
    t("Copy the charts as a picture (PNG)"),
    () => events.copyPicture(),
    t("Copy Picture"),
  );
  const pin = glyph("pin", t("Pin these series to the overview"), () => events.pin(), t("Pin"));
  const addsRule = t("Add a rule from this chart to gorgon.yaml");
  const rule = glyph("bell", addsRule, () => events.addRule(), t("Add Rule"));
  const element = h(
    "div",
    { class: "x-toolbar", role: "group", "aria-label": t("Time and chart"), "data-part": "explore-toolbar" },
    h("div", { class: "x-spans", role: "group", "aria-label": t("Range") }, ...spans.map(({ button }) => button)),
    h("div", { class: "x-buttons" }, back, forth, nearer, further, live),
    words,
    h("div", { class: "x-buttons x-end" }, table, copy, save, picture, pin, rule),
  );
  return {
    element,
    update({ window, words: text, table: asTable, usable, noRule }) {
      const { live: isLive } = window;
      for (const { span, button } of spans) {
        setAttr(button, "aria-pressed", String(isLive && window.span === span));
      }
      setAttr(live, "aria-pressed", String(isLive));
      setText(words, text);
      setAttr(table, "aria-pressed", String(asTable));
      for (const button of [table, copy, save, picture, pin]) button.disabled = !usable;
      rule.disabled = !usable || noRule !== "";
      setAttr(rule, "title", noRule === "" ? addsRule : noRule);
    },
  };
}

/** A button with a glyph; the title is its name where it has no text. */
function glyph(name: string, title: string, onPress: () => void, text = ""): HTMLButtonElement {
  const button = h("button", { type: "button", class: "x-button", title }, icon(name));
  if (text === "") setAttr(button, "aria-label", title);
  else button.append(text);
  button.addEventListener("click", onPress);
  return button;
}
