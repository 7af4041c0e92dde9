/** The form that makes a rule from the chart: which series, which side, from what value, for how long. */
import { t } from "@vscode/l10n";
import type { NewRule } from "../../protocol/config.ts";
import { h, setAttr, setShown, setText } from "../dom.ts";
import { fullName, shortName } from "./names.ts";
import { type ChosenSeries, keyOf } from "./state.ts";
import { shownUnit } from "./units.ts";

/** What the form holds. */
export interface RuleDraft {
  readonly key: string;
  readonly title: string;
  readonly direction: "above" | "below";
  readonly level: "WARN" | "CRIT";
  /** In the metric's unit. */
  readonly value: number;
  readonly forMs: number;
}

/** How long the threshold has to be crossed, as offered. */
const FORS: readonly { readonly ms: number; readonly text: () => string }[] = [
  { ms: 0, text: () => t("at once") },
  { ms: 60_000, text: () => t("for {0}", "1 min") },
  { ms: 300_000, text: () => t("for {0}", "5 min") },
  { ms: 900_000, text: () => t("for {0}", "15 min") },
  { ms: 3_600_000, text: () => t("for {0}", "1 h") },
];
const DEFAULT_FOR_MS = 60_000;

/** Series that a rule can judge: a counter only grows, so that no threshold on it means anything. */
export function judgeable(series: readonly ChosenSeries[]): ChosenSeries[] {
  return series.filter(({ kind }) => kind === "gauge");
}

/** What the form begins with: above the highest that was seen, by a fifth. */
export function firstDraft(series: ChosenSeries, highest: number | null): RuleDraft {
  const { id, typed } = shownUnit(series);
  const above = Math.max(highest ?? 0, 0) * 1.2 || typed.factor;
  const value = Number((id === "1" && (highest ?? 0) <= 1 ? Math.min(0.95, above) : above).toPrecision(2));
  return {
    ...{ key: keyOf(series), direction: "above", level: "WARN", value, forMs: DEFAULT_FOR_MS },
    title: titleOf(series),
  };
}

function titleOf(series: ChosenSeries): string {
  return shortName(series, [series]);
}

/** The rule; null with no such series. */
export function ruleOf(draft: RuleDraft, series: readonly ChosenSeries[]): NewRule | null {
  const found = series.find((one) => keyOf(one) === draft.key);
  if (found === undefined) return null;
  const { metric, attributes } = found;
  const { title, direction, level, value, forMs } = draft;
  return {
    ...{ title: title.trim() === "" ? titleOf(found) : title.trim(), metric, match: attributes, direction },
    warn: level === "WARN" ? value : null,
    crit: level === "CRIT" ? value : null,
    ...(forMs > 0 ? { forMs } : {}),
  };
}

/** The form. */
export interface RuleForm {
  readonly element: HTMLElement;
  update(draft: RuleDraft | null, series: readonly ChosenSeries[]): void;
  focus(): void;
}

/** What it reports. */
export interface RuleFormEvents {
  change(draft: RuleDraft): void;
  submit(): void;
  cancel(): void;
}

/** Builds it; hidden until there is a draft. */
export function ruleForm(events: RuleFormEvents): RuleForm {
  let draft: RuleDraft | null = null;
  let known: readonly ChosenSeries[] = [];
  let listed = "";
  const which = h("select", { class: "x-select", id: "x-rule-series" });
  const side = select("x-rule-side", [
    ["above", t("is at or above")],
    ["below", t("is at or below")],
  ]);
  const value = h("input", {
    class: "x-input x-number",
    id: "x-rule-value",
    type: "number",
    step: "any",
    required: "",
  });
  const suffix = h("span", { class: "note", id: "x-rule-unit" });
  setAttr(value, "aria-describedby", "x-rule-unit");
  const duration = select(
    "x-rule-for",
    FORS.map(({ ms, text }): [string, string] => [String(ms), text()]),
  );
  const level = select("x-rule-level", [
    ["WARN", "▲ WARN"],
    ["CRIT", "◆ CRIT"],
  ]);
  const title = h("input", { class: "x-input", id: "x-rule-title", type: "text", maxlength: "120" });
  const add = h("button", { type: "submit", class: "x-button x-primary" }, t("Add to gorgon.yaml"));
  const cancel = h("button", { type: "button", class: "x-button" }, t("Cancel"));
  const form = h(
    "form",
    { class: "card x-rule", "aria-label": t("Add rule from this chart"), hidden: "", "data-part": "explore-rule" },
    field("x-rule-series", t("When"), which),
    field("x-rule-side", t("Side"), side),
    h("div", { class: "x-labelled" }, h("label", { for: "x-rule-value" }, t("Threshold")), h("div", {}, value, suffix)),
    field("x-rule-for", t("Lasting"), duration),
    field("x-rule-level", t("Level"), level),
    field("x-rule-title", t("Title"), title),
    h("div", { class: "x-actions" }, add, cancel),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    events.submit();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") events.cancel();
  });
  cancel.addEventListener("click", () => events.cancel());
  form.addEventListener("input", () => {
    if (draft === null) return;
    const typed = Number(value.value) * factorOf(draft.key);
    const next: RuleDraft = {
      key: which.value,
      title: title.value,
      direction: side.value === "below" ? "below" : "above",
      level: level.value === "CRIT" ? "CRIT" : "WARN",
      value: value.value === "" || !Number.isFinite(typed) ? draft.value : typed,
      forMs: Number(duration.value),
    };
    events.change(next);
  });

  function factorOf(key: string): number {
    const series = known.find((one) => keyOf(one) === key);
    return series === undefined ? 1 : shownUnit(series).typed.factor;
  }

  return {
    element: form,
    update(next, series) {
      draft = next;
      known = judgeable(series);
      setShown(form, next !== null);
      if (next === null) return;
      const keys = known.map(keyOf).join("\n");
      if (listed !== keys) {
        listed = keys;
        which.replaceChildren(...known.map((one) => h("option", { value: keyOf(one) }, fullName(one))));
      }
      const chosen = known.find((one) => keyOf(one) === next.key);
      setText(suffix, chosen === undefined ? "" : shownUnit(chosen).typed.suffix);
      put(which, next.key);
      put(side, next.direction);
      put(level, next.level);
      put(duration, String(next.forMs));
      if (document.activeElement !== title) put(title, next.title);
      const typed = Number((next.value / factorOf(next.key)).toPrecision(4));
      if (document.activeElement !== value) put(value, String(typed));
    },
    focus: () => which.focus(),
  };
}

function put(element: HTMLInputElement | HTMLSelectElement, value: string): void {
  if (element.value !== value) element.value = value;
}

function select(id: string, options: readonly (readonly [string, string])[]): HTMLSelectElement {
  return h("select", { class: "x-select", id }, ...options.map(([value, text]) => h("option", { value }, text)));
}

function field(id: string, label: string, control: HTMLElement): HTMLElement {
  return h("div", { class: "x-labelled" }, h("label", { for: id }, label), control);
}
