/** One alert on the page: level, name, value, why, since when, marks, what can be done. */
import { t } from "@vscode/l10n";
import type { Act, Action } from "../actions.ts";
import { actionButton } from "../controls.ts";
import { Children, type Part, h, icon, setAttr, setShown, setText } from "../dom.ts";
import { MARKS } from "../words.ts";
import type { AlertMark, AlertRow } from "./model.ts";

/** Builds a row. `full`: with rule, origin and labels. */
export function alertPart(first: AlertRow, act: Act, full: boolean): Part<AlertRow> {
  const glyph = h("span", { class: "mark", "aria-hidden": "true" });
  const title = h("span", { class: "row-title" });
  const value = h("span", { class: "row-value" });
  const message = h("p", { class: "row-reason" });
  const since = h("span", { class: "row-level" });
  const origin = h("span");
  const sinceLine = h("p", { class: "row-since" }, since, ...(full ? [" · ", origin] : []));
  const labels = h("ul", { class: "labels", "aria-label": t("Labels") });
  const marks = h("ul", { class: "alert-marks" });
  const buttons = h("span", { class: "actions" });
  // Where there is little room the buttons stand beside the value, as icons.
  const firstLine = full ? [title, value] : [title, value, buttons];
  const element = h(
    "li",
    { class: "row alert", "data-alert": first.id },
    glyph,
    h(
      "div",
      { class: "row-text" },
      h("div", { class: "row-first" }, ...firstLine),
      h(
        "div",
        { class: "row-second" },
        h("div", { class: "row-why" }, message, sinceLine, marks, labels),
        ...(full ? [buttons] : []),
      ),
    ),
  );
  const actions = new Children(buttons, (action: Action) => actionButton(action, act, !full));
  const markList = new Children(marks, markPart);
  const labelList = new Children(labels, () => {
    const label = h("li", { class: "label" });
    return { element: label, update: (one: { id: string; text: string }) => setText(label, one.text) };
  });
  return {
    element,
    update(row) {
      setAttr(element, "data-level", row.level);
      element.classList.toggle("is-quiet", row.quiet);
      element.classList.toggle("is-over", row.over);
      element.classList.toggle("is-follower", row.follows);
      setText(glyph, MARKS[row.level]);
      setText(title, row.title);
      setText(value, row.value);
      setText(message, row.message);
      setShown(message, row.message !== "");
      setText(since, row.since);
      setAttr(since, "title", row.sinceTitle);
      setText(origin, row.origin);
      markList.update(row.marks);
      setShown(marks, row.marks.length > 0);
      labelList.update(full ? row.labels.map((text, index) => ({ id: String(index), text })) : []);
      setShown(labels, full && row.labels.length > 0);
      actions.update(full || !row.quiet ? row.actions : []);
    },
  };
}

function markPart(first: AlertMark): Part<AlertMark> {
  const text = h("span");
  const element = h("li", { class: "alert-mark" }, icon(first.icon), text);
  return {
    element,
    update(mark) {
      setText(text, mark.text);
      setAttr(element, "title", mark.title === "" ? null : mark.title);
    },
  };
}
