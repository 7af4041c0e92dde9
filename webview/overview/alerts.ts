/** The overview's list of what is the matter now, worst first, each with what can be done. */
import { t } from "@vscode/l10n";
import { type Act, showAlertsAction } from "../actions.ts";
import type { AlertRow } from "../alerts/model.ts";
import { alertPart } from "../alerts/rows.ts";
import { actionButton } from "../controls.ts";
import { Children, type Part, h, setShown, setText } from "../dom.ts";
import { card } from "../parts/card.ts";

/** What the list shows. */
export interface OpenAlerts {
  readonly rows: readonly AlertRow[];
  readonly note: string;
  /** Why there is nothing to show. */
  readonly empty: string;
}

/** Rows on the overview; the tab of alerts has all. */
const MOST_ROWS = 4;

/** Builds the card. */
export function openAlertsPart(act: Act): Part<OpenAlerts> {
  const note = h("span", { class: "note" });
  const list = h("ul", { class: "rows" });
  const none = h("p", { class: "none" });
  const rest = h("span", { class: "note" });
  const all = showAlertsAction();
  const show = actionButton(all, act);
  show.update(all);
  const more = h("div", { class: "more" }, rest, show.element);
  const element = card(t("Alerts"), { class: "open-alerts", "data-part": "overview-alerts" }, [note], list, none, more);
  const rows = new Children(list, (row: AlertRow) => alertPart(row, act, false));
  return {
    element,
    update(model) {
      setText(note, model.note);
      rows.update(model.rows.slice(0, MOST_ROWS));
      setShown(list, model.rows.length > 0);
      setText(none, model.empty);
      setShown(none, model.rows.length === 0);
      setText(rest, t("{0} more", model.rows.length - MOST_ROWS));
      setShown(more, model.rows.length > MOST_ROWS);
    },
  };
}
