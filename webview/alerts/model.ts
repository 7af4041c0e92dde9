/** Alerts in words: rows by level, what follows from what, marks, silences. A snapshot and the time in, texts out. Pure. */
import { t } from "@vscode/l10n";
import type { Alert, Silence } from "../../protocol/alert.ts";
import type { Verdict } from "../../protocol/bell.ts";
import { formatValue } from "../../protocol/format.ts";
import { LEVELS, type Level } from "../../protocol/level.ts";
import type { DashboardSnapshot } from "../../protocol/messages/webview.ts";
import { type Action, acknowledgeAction, endSilenceAction, muteAction, silenceAction } from "../actions.ts";
import { NEW_MS, absolute, ago, labelled, lasting, levelFor, sentence, seriesName, shown, since } from "../words.ts";

/** What else is to be known of an alert: a codicon and a sentence. */
export interface AlertMark {
  readonly id: string;
  readonly icon: string;
  readonly text: string;
  readonly title: string;
}

/** One alert, or a verdict that is not well and has none. */
export interface AlertRow {
  readonly id: string;
  readonly level: Level;
  readonly title: string;
  readonly value: string;
  readonly message: string;
  readonly since: string;
  readonly sinceTitle: string;
  /** Rule and where it comes from. */
  readonly origin: string;
  readonly labels: readonly string[];
  readonly marks: readonly AlertMark[];
  readonly actions: readonly Action[];
  /** Somebody knows, or it is only a consequence, or it is over: shown without weight. */
  readonly quiet: boolean;
  /** It is over: its level is history. */
  readonly over: boolean;
  /** It follows from the row above. */
  readonly follows: boolean;
}

/** Alerts that belong together. */
export interface AlertGroup {
  readonly id: string;
  readonly title: string;
  readonly level: Level | null;
  readonly rows: readonly AlertRow[];
}

/** One silence. */
export interface SilenceRow {
  readonly id: string;
  readonly matchers: string;
  readonly ends: string;
  readonly endsTitle: string;
  readonly by: string;
  readonly covers: string;
  readonly actions: readonly Action[];
}

/** Everything about alerts at this moment. */
export interface AlertsView {
  readonly groups: readonly AlertGroup[];
  /** How many stand open: the number at the tab. */
  readonly open: number;
  readonly note: string;
  /** Why there is nothing to show; empty when there is something. */
  readonly empty: string;
  /** What to say while nothing is open, though alerts that are over are still listed. */
  readonly quiet: string;
  readonly silences: readonly SilenceRow[];
}

/** Labels shown of one alert; a Kubernetes pod may have dozens. */
const MOST_LABELS = 12;
/** Characters of one label, and of a message. */
const LABEL_LENGTH = 80;
const MESSAGE_LENGTH = 600;

/** The groups in their order. */
function groupTitles(): Readonly<Record<string, string>> {
  return {
    CRIT: t("Critical"),
    WARN: t("Warning"),
    UNKNOWN: t("Unknown"),
    pending: t("Crossed, not for long enough yet"),
    resolved: t("Over"),
  };
}

/** Everything the page says about alerts. */
export function alertsOf(snapshot: DashboardSnapshot | null, now: number): AlertsView {
  const bell = snapshot?.state?.bell;
  if (snapshot === null || bell === undefined) {
    return {
      groups: [],
      open: 0,
      note: "",
      empty: t("Alerts are there with the first reading."),
      quiet: t("Alerts are there with the first reading."),
      silences: [],
    };
  }
  const mayAct = snapshot.mayAct === true;
  const context: Context = { alerts: bell.alerts, silences: bell.silences, muted: snapshot.muted, now, mayAct };
  const placed = new Map<string, AlertRow[]>();
  for (const alert of inOrder(bell.alerts)) {
    const rows = placed.get(groupOf(alert)) ?? [];
    if (rows.length === 0) placed.set(groupOf(alert), rows);
    rows.push(rowOf(alert, context));
    for (const follower of followersOf(alert, bell.alerts)) rows.push({ ...rowOf(follower, context), follows: true });
  }
  const groups = Object.entries(groupTitles()).flatMap(([id, title]): AlertGroup[] => {
    const rows = placed.get(id);
    return rows === undefined ? [] : [{ id, title, level: LEVELS.find((one) => one === id) ?? null, rows }];
  });
  const firing = bell.alerts.filter((alert) => alert.status === "firing");
  const known = firing.filter((alert) => alert.acknowledged !== null).length;
  const silenced = firing.filter((alert) => alert.silencedBy !== null).length;
  const parts = [
    firing.length === 0 ? "" : t("{0} open", firing.length),
    known === 0 ? "" : t("{0} acknowledged", known),
    silenced === 0 ? "" : t("{0} silenced", silenced),
  ];
  return {
    groups,
    open: firing.length,
    note: parts.filter(Boolean).join(" · "),
    empty: groups.length > 0 ? "" : emptyWords(bell.verdicts),
    quiet: emptyWords(bell.verdicts),
    silences: bell.silences.map((silence) => silenceRow(silence, context)),
  };
}

/** Why there is no alert: all is well, nothing is judged, or what is not well has not come to an alert. */
function emptyWords(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return t("No alert is open: no rule has been judged yet.");
  if (verdicts.some(({ level }) => level !== "OK"))
    return t("No alert is open. The rules that are not OK are listed beside.");
  return verdicts.length === 1
    ? t("No alert is open. 1 rule is watched, and it is OK.")
    : t("No alert is open. {0} rules are watched, and all are OK.", verdicts.length);
}

interface Context {
  readonly alerts: readonly Alert[];
  readonly silences: readonly Silence[];
  readonly muted: readonly string[];
  readonly now: number;
  readonly mayAct: boolean;
}

/** Those that stand for themselves, or whose cause is not here; worst first, then the newest. */
function inOrder(alerts: readonly Alert[]): readonly Alert[] {
  const ids = new Set(alerts.map((alert) => alert.id));
  return alerts
    .filter((alert) => !isFollower(alert, ids))
    .toSorted((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level) || startOf(b) - startOf(a));
}

function isFollower(alert: Alert, ids: ReadonlySet<string>): boolean {
  return alert.inhibitedBy !== null && alert.inhibitedBy !== alert.id && ids.has(alert.inhibitedBy);
}

/** What follows from an alert, directly or not; each once, also where two name each other. */
function followersOf(cause: Alert, alerts: readonly Alert[], seen = new Set([cause.id])): Alert[] {
  return alerts.flatMap((alert) => {
    if (alert.inhibitedBy !== cause.id || seen.has(alert.id)) return [];
    seen.add(alert.id);
    return [alert, ...followersOf(alert, alerts, seen)];
  });
}

function groupOf(alert: Alert): string {
  return alert.status === "firing" ? alert.level : alert.status;
}

function startOf(alert: Alert): number {
  return alert.firingSince ?? alert.pendingSince;
}

/** What an alert is called: its rule's title, and which of several series it is about. */
export function alertName(alert: Pick<Alert, "title" | "labels">): string {
  const named = seriesName(alert.labels, {}, true);
  return shown(named === "" ? alert.title : `${alert.title} ${named}`, LABEL_LENGTH);
}

function rowOf(alert: Alert, context: Context): AlertRow {
  const name = alertName(alert);
  const open = alert.status !== "resolved";
  // A series that brings its own sentence has it as the message already.
  const labels = Object.entries(alert.labels).filter(([, value]) => value !== alert.message);
  const shownLabels = labels.slice(0, MOST_LABELS).map(([key, value]) => shown(labelled(key, value), LABEL_LENGTH));
  return {
    id: alert.id,
    level: alert.level,
    title: name,
    value: formatValue(alert.value, alert.unit),
    message: sentence(shown(alert.message, MESSAGE_LENGTH)),
    since: sinceOf(alert, context.now),
    sinceTitle: since(startOf(alert)),
    origin: originOf(alert.rule, alert.origin),
    labels: labels.length > MOST_LABELS ? [...shownLabels, `+ ${String(labels.length - MOST_LABELS)}`] : shownLabels,
    marks: marksOf(alert, context),
    actions: open ? actionsOf(alert, name, context.mayAct) : [],
    quiet: !open || alert.acknowledged !== null || alert.silencedBy !== null || alert.inhibitedBy !== null,
    over: !open,
    follows: false,
  };
}

function originOf(rule: string, origin: string): string {
  return t("rule {0}, {1}", shown(rule, LABEL_LENGTH), shown(origin, LABEL_LENGTH));
}

function actionsOf(alert: Alert, name: string, mayAct: boolean): Action[] {
  const acknowledge = acknowledgeAction(alert, name, mayAct);
  return alert.silencedBy === null ? [acknowledge, silenceAction(alert, name, mayAct)] : [acknowledge];
}

function sinceOf(alert: Alert, now: number): string {
  switch (alert.status) {
    case "pending":
      return now - alert.pendingSince < NEW_MS
        ? t("crossed just now")
        : t("crossed for {0}", lasting(now - alert.pendingSince));
    case "firing":
      return levelFor(alert.level, now - startOf(alert));
    case "resolved": {
      const end = alert.resolvedAt ?? alert.changedAt;
      return t("was {0} for {1}, over {2}", alert.level, lasting(end - startOf(alert)), ago(now - end));
    }
  }
}

function marksOf(alert: Alert, { alerts, silences, muted, now }: Context): AlertMark[] {
  const marks: AlertMark[] = [];
  const { acknowledged, silencedBy, inhibitedBy, flaps, heldUntil } = alert;
  if (acknowledged !== null) {
    const by = shown(acknowledged.by, LABEL_LENGTH);
    const when = ago(now - acknowledged.at);
    const note = shown(acknowledged.note, LABEL_LENGTH);
    const text =
      note === "" ? t("Acknowledged by {0} {1}", by, when) : t("Acknowledged by {0} {1}: {2}", by, when, note);
    marks.push(mark("acknowledged", "check", text, absolute(acknowledged.at)));
  }
  if (silencedBy !== null) {
    const silence = silences.find((one) => one.id === silencedBy);
    const text =
      silence === undefined
        ? t("Silenced")
        : t("Silenced by {0} for {1} more", shown(silence.author, LABEL_LENGTH), lasting(silence.endsAt - now));
    marks.push(
      mark("silenced", "bell-slash", text, silence === undefined ? "" : t("until {0}", absolute(silence.endsAt))),
    );
  }
  if (inhibitedBy !== null) {
    const cause = alerts.find((one) => one.id === inhibitedBy);
    const text = cause === undefined ? t("Follows from another alert") : t("Follows from {0}", alertName(cause));
    marks.push(mark("inhibited", "indent", text, ""));
  }
  if (flaps > 0) {
    const often = flaps === 1 ? t("Came back once") : t("Came back {0} times", flaps);
    const held = heldUntil === null || heldUntil <= now ? "" : t("no notification for {0}", lasting(heldUntil - now));
    marks.push(mark("flaps", "sync", [often, held].filter(Boolean).join(" · "), ""));
  }
  if (muted.includes(alert.rule)) marks.push(mark("muted", "mute", t("Muted in this window"), ""));
  return marks;
}

function mark(id: string, icon: string, text: string, title: string): AlertMark {
  return { id, icon, text, title };
}

/** Whether a text fits a matcher: exactly, or to its `*`. */
function matches(pattern: string, text: string | undefined): boolean {
  if (text === undefined) return false;
  return pattern.endsWith("*") ? text.startsWith(pattern.slice(0, -1)) : pattern === text;
}

/** Whether a silence with these matchers covers an alert; as the bell decides it. */
export function covers(matchers: Silence["matchers"], alert: Pick<Alert, "rule" | "labels">): boolean {
  const entries = Object.entries(matchers);
  return (
    entries.length > 0 &&
    entries.every(([key, pattern]) => matches(pattern, key === "rule" ? alert.rule : alert.labels[key]))
  );
}

function silenceRow(silence: Silence, { alerts, now, mayAct }: Context): SilenceRow {
  const matchers = Object.entries(silence.matchers).map(([key, value]) => shown(labelled(key, value), LABEL_LENGTH));
  const covered = alerts.filter((alert) => alert.status !== "resolved" && covers(silence.matchers, alert)).length;
  const author = shown(silence.author, LABEL_LENGTH);
  const comment = shown(silence.comment, MESSAGE_LENGTH);
  return {
    id: silence.id,
    matchers: matchers.join(", "),
    ends:
      silence.startsAt > now
        ? t("begins in {0}", lasting(silence.startsAt - now))
        : t("ends in {0}", lasting(silence.endsAt - now)),
    endsTitle: t("{0} to {1}", absolute(silence.startsAt), absolute(silence.endsAt)),
    by: comment === "" ? t("by {0}", author) : t("by {0}: {1}", author, comment),
    covers: coversWords(covered),
    actions: [endSilenceAction(silence, mayAct)],
  };
}

function coversWords(amount: number): string {
  if (amount === 0) return t("covers no open alert");
  return amount === 1 ? t("covers 1 open alert") : t("covers {0} open alerts", amount);
}

/** What is the matter now, for the overview: open alerts, and what is not well without an alert. Worst first. */
export function openRows(snapshot: DashboardSnapshot | null, view: AlertsView, now: number): AlertRow[] {
  const bell = snapshot?.state?.bell;
  if (snapshot === null || bell === undefined) return [];
  const rows = view.groups.filter((group) => group.id !== "resolved").flatMap((group) => group.rows);
  const told = new Set(bell.alerts.filter((alert) => alert.status !== "resolved").map((alert) => alert.rule));
  const bare = bell.verdicts
    .filter(({ level, rule }) => level !== "OK" && !told.has(rule.id))
    .toSorted((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level));
  return [...rows, ...bare.map((verdict) => verdictRow(verdict, snapshot.muted, now))];
}

function verdictRow(verdict: Verdict, muted: readonly string[], now: number): AlertRow {
  const { rule, level } = verdict;
  const series = seriesName(verdict.attributes, rule.match);
  const isMuted = muted.includes(rule.id);
  return {
    id: `rule ${rule.id}`,
    level,
    title: shown(series === "" ? rule.title : `${rule.title} ${series}`, LABEL_LENGTH),
    value: formatValue(verdict.value, verdict.unit),
    message: sentence(shown(verdict.reason, MESSAGE_LENGTH)),
    since: levelFor(level, now - verdict.since),
    sinceTitle: since(verdict.since),
    origin: originOf(rule.id, rule.origin),
    labels: [],
    marks: isMuted ? [mark("muted", "mute", t("Muted in this window"), "")] : [],
    actions: [muteAction(rule, isMuted)],
    quiet: isMuted,
    over: false,
    follows: false,
  };
}
