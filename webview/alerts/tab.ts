/** The tab of alerts: open ones by level, silences, history, rules. */
import { t } from "@vscode/l10n";
import { type Act, notTrusted, trustAction } from "../actions.ts";
import type { Ask } from "../ask.ts";
import { actionButton } from "../controls.ts";
import { Children, type Part, h, setAttr, setShown, setText } from "../dom.ts";
import { card } from "../parts/card.ts";
import type { View } from "../model.ts";
import { verdictsPart } from "../parts/verdicts.ts";
import { historyPart, type HistoryModel } from "./history.ts";
import type { AlertGroup, AlertRow, AlertsView, SilenceRow } from "./model.ts";
import { alertPart } from "./rows.ts";

/** What the tab is made from. */
export interface AlertsTab extends HistoryModel {
  readonly alerts: AlertsView;
  readonly view: View;
}

/** Builds the tab. */
export function alertsTab(act: Act, ask: Ask): Part<AlertsTab> {
  const note = h("span", { class: "note" });
  const list = h("div", { class: "groups" });
  const groups = new Children(list, (group: AlertGroup) => groupPart(group, act));
  const empty = h("p", { class: "none" });
  const untrusted = h("p", { class: "note" }, notTrusted());
  const decide = trustAction();
  const trust = actionButton(decide, act);
  trust.update(decide);
  const why = h("div", { class: "untrusted", "data-part": "untrusted" }, untrusted, trust.element);
  const silences = silencesPart(act);
  const history = historyPart(ask);
  const rules = verdictsPart(act);
  const open = card(t("Alerts"), { class: "open-alerts", "data-part": "open-alerts" }, [note], why, empty, list);
  const element = h(
    "div",
    { class: "columns values" },
    h("div", { class: "stack" }, open, history.element),
    h("div", { class: "side" }, silences.element, rules.element),
  );
  return {
    element,
    update(model) {
      const { alerts, view, snapshot } = model;
      setText(note, alerts.note);
      setText(empty, alerts.empty);
      setShown(empty, alerts.empty !== "");
      setShown(why, snapshot !== null && snapshot.state !== null && snapshot.mayAct !== true);
      groups.update(alerts.groups);
      silences.update(alerts.silences);
      rules.update({ rows: view.verdicts, note: view.verdictsNote });
      history.update(model);
    },
  };
}

function groupPart(first: AlertGroup, act: Act): Part<AlertGroup> {
  const title = h("h3", {}, first.title);
  const amount = h("span", { class: "note" });
  const list = h("ul", { class: "rows" });
  const element = h(
    "section",
    { class: "group", "aria-label": first.title },
    h("div", { class: "group-top" }, title, amount),
    list,
  );
  const rows = new Children(list, (row: AlertRow) => alertPart(row, act, true));
  return {
    element,
    update(group) {
      setAttr(element, "data-level", group.level);
      setText(amount, String(group.rows.length));
      rows.update(group.rows);
    },
  };
}

function silencesPart(act: Act): Part<readonly SilenceRow[]> {
  const note = h("span", { class: "note" });
  const list = h("ul", { class: "rows" });
  const none = h("p", { class: "none" }, t("Nothing is silenced."));
  const element = card(t("Silences"), { class: "silences", "data-part": "silences" }, [note], list, none);
  const rows = new Children(list, (row: SilenceRow) => silencePart(row, act));
  return {
    element,
    update(silences) {
      setText(note, silences.length === 0 ? "" : String(silences.length));
      rows.update(silences);
      setShown(list, silences.length > 0);
      setShown(none, silences.length === 0);
    },
  };
}

function silencePart(first: SilenceRow, act: Act): Part<SilenceRow> {
  const matchers = h("p", { class: "row-title" });
  const ends = h("span");
  const by = h("p", { class: "row-reason" });
  const covered = h("span");
  const buttons = h("span", { class: "actions" });
  const actions = new Children(buttons, (action: SilenceRow["actions"][number]) => actionButton(action, act));
  const element = h(
    "li",
    { class: "row", "data-silence": first.id },
    h(
      "div",
      { class: "row-text" },
      matchers,
      h(
        "div",
        { class: "row-second" },
        h("div", { class: "row-why" }, by, h("p", { class: "row-since" }, ends, " · ", covered)),
        buttons,
      ),
    ),
  );
  return {
    element,
    update(row) {
      setText(matchers, row.matchers);
      setText(ends, row.ends);
      setAttr(ends, "title", row.endsTitle);
      setText(by, row.by);
      setText(covered, row.covers);
      actions.update(row.actions);
    },
  };
}
