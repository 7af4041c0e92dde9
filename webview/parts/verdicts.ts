/** The rules and what the bell says of each, and the sensors that say nothing. */
import { t } from "@vscode/l10n";
import type { Act } from "../actions.ts";
import { actionButton } from "../controls.ts";
import { Children, type Part, h, icon, setAttr, setShown, setText } from "../dom.ts";
import { card } from "./card.ts";
import type { SilentRow } from "../model.ts";
import type { VerdictRow } from "../verdict-rows.ts";
import { MARKS } from "../words.ts";

/** What the list shows. */
export interface Verdicts {
  readonly rows: readonly VerdictRow[];
  readonly note: string;
}

/** Builds the list of verdicts. */
export function verdictsPart(act: Act): Part<Verdicts> {
  const note = h("span", { class: "note" });
  const list = h("ul", { class: "rows" });
  const none = h("p", { class: "none" }, t("No rule has been judged yet."));
  const element = card(t("Rules"), { class: "verdicts" }, [note], list, none);
  const rows = new Children(list, (row: VerdictRow) => verdictPart(row, act));
  return {
    element,
    update(verdicts) {
      setText(note, verdicts.note);
      rows.update(verdicts.rows);
      setShown(none, verdicts.rows.length === 0);
    },
  };
}

function verdictPart(first: VerdictRow, act: Act): Part<VerdictRow> {
  const mark = h("span", { class: "mark", "aria-hidden": "true" });
  const title = h("span", { class: "row-title" });
  const value = h("span", { class: "row-value" });
  const reason = h("p", { class: "row-reason" });
  const since = h("span", { class: "row-level" });
  const muted = h("span", { class: "row-muted" }, icon("bell-slash"), t("muted"));
  const button = actionButton(first.action, act);
  const element = h(
    "li",
    { class: "row", "data-rule": first.id },
    mark,
    h(
      "div",
      { class: "row-text" },
      h("p", { class: "row-first" }, title, value),
      h(
        "div",
        { class: "row-second" },
        h("div", { class: "row-why" }, reason, h("p", { class: "row-since" }, since, muted)),
        button.element,
      ),
    ),
  );
  return {
    element,
    update(row) {
      setAttr(element, "data-level", row.level);
      setText(mark, MARKS[row.level]);
      setText(title, row.title);
      setText(value, row.value);
      setText(reason, row.reason);
      setShown(reason, row.reason !== "");
      setText(since, row.since);
      setAttr(since, "title", row.sinceTitle);
      setShown(muted, row.muted);
      element.classList.toggle("is-muted", row.muted);
      button.update(row.action);
    },
  };
}

/** Builds the list of silent sensors; it is not there while all speak. */
export function silentPart(): Part<readonly SilentRow[]> {
  const note = h("span", { class: "note" });
  const list = h("ul", { class: "rows" });
  const element = card(t("Silent sensors"), { class: "silent", "data-part": "silent" }, [note], list);
  const rows = new Children(list, () => {
    const title = h("span", { class: "row-title" });
    const reason = h("p", { class: "row-reason" });
    const mark = h("span", { class: "mark", "aria-hidden": "true" }, MARKS.UNKNOWN);
    const text = h("div", { class: "row-text" }, h("p", { class: "row-first" }, title), reason);
    return {
      element: h("li", { class: "row", "data-level": "UNKNOWN" }, mark, text),
      update(row: SilentRow) {
        setText(title, row.title);
        setText(reason, row.reason);
      },
    };
  });
  return {
    element,
    update(silent) {
      setShown(element, silent.length > 0);
      setText(note, String(silent.length));
      rows.update(silent);
    },
  };
}
