/** What alerts there were: asked for when shown, filtered by level and rule, as a time line or a table. */
import { t } from "@vscode/l10n";
import type { AlertRecord } from "../../protocol/alert.ts";
import { LEVELS, type Level } from "../../protocol/level.ts";
import type { DashboardSnapshot } from "../../protocol/messages/webview.ts";
import { type Ask, QuestionFailed } from "../ask.ts";
import { choice } from "../choice.ts";
import { pressButton, select, toggleButton } from "../controls.ts";
import { Children, type Part, h, setAttr, setShown, setText } from "../dom.ts";
import { card } from "../parts/card.ts";
import { MARKS, shown, messageOf } from "../words.ts";
import { stepPart, timelinePart } from "./timeline.ts";
import { type Bar, MOST_RECORDS, timelineOf } from "./timeline-model.ts";

/** What the history follows. */
export interface HistoryModel {
  readonly snapshot: DashboardSnapshot | null;
  readonly now: number;
  readonly visible: boolean;
}

const HOUR = 3_600_000;
const SPANS = [
  { value: HOUR, text: "1 h", none: () => t("No alert in the last hour.") },
  { value: 24 * HOUR, text: "24 h", none: () => t("No alert in the last 24 hours.") },
  { value: 168 * HOUR, text: "7 d", none: () => t("No alert in the last 7 days.") },
] as const;
type Span = (typeof SPANS)[number]["value"];

/** How often the end of the time line moves, milliseconds; an alert that changes is seen at once. */
const MOVE_MS = 10_000;
/** How old the records may be while nothing seems to have changed, milliseconds. */
const REFRESH_MS = 60_000;

/** Builds the card. */
export function historyPart(ask: Ask): Part<HistoryModel> {
  let span: Span = 24 * HOUR;
  let asTable = false;
  let model: HistoryModel = { snapshot: null, now: 0, visible: false };
  let records: readonly AlertRecord[] | null = null;
  let failure = "";
  /** What the records were asked for; anything else wants another question. */
  let asked = "";
  let askedAt = -Infinity;
  let drawnAt = -Infinity;
  let pending: AbortController | null = null;

  const note = h("span", { class: "note" });
  const level = select(t("Level"), () => draw());
  const rule = select(t("Rule"), () => draw());
  const toggle = toggleButton("table", (on) => {
    asTable = on;
    draw();
  });
  const spans = choice(t("Time of the history"), SPANS, span, (value) => {
    span = value;
    draw();
  });
  const timeline = timelinePart();
  const body = h("tbody");
  const rows = new Children(body, rowPart);
  const table = tableElement(body);
  const empty = h("p", { class: "none" });
  const retry = pressButton(() => load(true));
  // Named before there is a history: the toolkit would call it by an English name of its own.
  toggle.update({ on: false, label: t("The history as a table") });
  retry.update({ label: t("Try Again"), title: t("Ask for the history once more"), primary: false });
  const element = card(
    t("History"),
    { class: "history", "data-part": "alert-history" },
    [note, toggle.element],
    h("div", { class: "filters" }, level.element, rule.element, spans),
    timeline.element,
    table,
    h("div", { class: "none-row" }, empty, retry.element),
  );
  level.update([
    { value: "", text: t("Every level") },
    ...["CRIT", "WARN", "UNKNOWN"].map((one) => ({ value: one, text: one })),
  ]);

  async function load(force: boolean): Promise<void> {
    const alerts = model.snapshot?.state?.bell.alerts ?? [];
    const key = JSON.stringify([span, rule.value(), alerts.map(({ id, changedAt }) => [id, changedAt])]);
    if (!force && key === asked && model.now - askedAt < REFRESH_MS) return;
    asked = key;
    askedAt = model.now;
    pending?.abort();
    const stop = new AbortController();
    pending = stop;
    try {
      const question = {
        ask: "alerts",
        from: model.now - span,
        to: model.now + 1,
        rule: rule.value(),
        limit: MOST_RECORDS,
      } as const;
      records = await ask(question, stop.signal);
      failure = "";
    } catch (error) {
      if (error instanceof QuestionFailed && error.kind === "dropped") return;
      failure = messageOf(error);
      records = null;
    }
    show();
  }

  function draw(): void {
    drawnAt = -Infinity;
    follow();
  }

  function follow(): void {
    if (!model.visible || model.snapshot?.state?.bell === undefined) return;
    rule.update(ruleOptions(model.snapshot));
    if (model.snapshot.worker.status === "running") void load(false);
    if (model.now - drawnAt >= MOVE_MS) show();
  }

  function show(): void {
    drawnAt = model.now;
    const wanted = LEVELS.find((one): one is Level => one === level.value()) ?? null;
    const view = timelineOf(records ?? [], model.now - span, model.now, wanted);
    const any = view.rows.length > 0;
    const none = SPANS.find((one) => one.value === span)?.none() ?? "";
    setText(note, view.note);
    setText(empty, failure !== "" ? failure : records === null ? t("Loading the history.") : none);
    setShown(empty, !any);
    setShown(retry.element, failure !== "");
    setShown(timeline.element, any && !asTable);
    setShown(table, any && asTable);
    toggle.update({ on: asTable, label: t("The history as a table") });
    if (any && asTable) rows.update(view.rows);
    if (any && !asTable) timeline.update(view);
  }

  return {
    element,
    update(next) {
      const woke = next.visible && !model.visible;
      model = next;
      if (woke) draw();
      else follow();
    },
  };
}

function ruleOptions(snapshot: DashboardSnapshot): { value: string; text: string }[] {
  const verdicts = snapshot.state?.bell.verdicts ?? [];
  return [
    { value: "", text: t("Every rule") },
    ...verdicts.map(({ rule }) => ({ value: rule.id, text: shown(rule.title, 60) })),
  ];
}

function tableElement(body: HTMLElement): HTMLElement {
  const heads = [t("Alert"), t("Level"), t("Began"), t("Ended"), t("Lasted"), t("What happened")].map((text) =>
    h("th", { scope: "col" }, text),
  );
  return h(
    "div",
    { class: "plot-table wide-table", tabindex: "0", role: "region", "aria-label": t("History as a table") },
    h(
      "table",
      {},
      h("caption", { class: "unseen" }, t("Alerts, newest first")),
      h("thead", {}, h("tr", {}, ...heads)),
      body,
    ),
  );
}

function rowPart(): Part<Bar> {
  const title = h("th", { scope: "row" });
  const cells = { level: h("td"), began: h("td"), ended: h("td"), lasted: h("td") };
  const list = h("ol", { class: "steps" });
  const steps = new Children(list, stepPart);
  return {
    element: h("tr", {}, title, cells.level, cells.began, cells.ended, cells.lasted, h("td", {}, list)),
    update(bar) {
      setText(title, bar.title);
      setText(cells.level, `${MARKS[bar.level]} ${bar.level}`);
      setText(cells.began, bar.began);
      setAttr(cells.began, "title", bar.beganTitle);
      setText(cells.ended, bar.ended);
      setText(cells.lasted, bar.lasted);
      steps.update(bar.steps);
    },
  };
}
