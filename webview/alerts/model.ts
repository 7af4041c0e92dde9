/** Alerts in words: rows by level, what follows from what, marks, silences. A snapshot and the time in, texts out. Pure. */
import type { Alert, Silence } from "../../protocol/alert.ts";
import type { Verdict } from "../../protocol/bell.ts";
import { formatValue } from "../../protocol/format.ts";
import { LEVELS, type Level } from "../../protocol/level.ts";
import type { DashboardSnapshot } from "../../protocol/messages/webview.ts";
import { type Action, acknowledgeAction, endSilenceAction, muteAction, silenceAction } from "../actions.ts";
import { absolute, ago, count, lasting, sentence, seriesName, shown, standing } from "../words.ts";

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
  readonly silences: readonly SilenceRow[];
}

/** Labels shown of one alert; a Kubernetes pod may have dozens. */
const MOST_LABELS = 12;
/** Characters of one label, and of a message. */
const LABEL_LENGTH = 80;
const MESSAGE_LENGTH = 600;

const GROUP_TITLES: Readonly<Record<string, string>> = {
  CRIT: "Critical",
  WARN: "Warning",
  UNKNOWN: "Unknown",
  pending: "Not for long enough yet",
  resolved: "Over",
};

/** Everything the page says about alerts. */
export function alertsOf(snapshot: DashboardSnapshot | null, now: number): AlertsView {
  const bell = snapshot?.state?.bell;
  if (snapshot === null || bell === undefined) {
    return { groups: [], open: 0, note: "", empty: "Alerts are there with the first reading.", silences: [] };
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
  const groups = Object.entries(GROUP_TITLES).flatMap(([id, title]): AlertGroup[] => {
    const rows = placed.get(id);
    return rows === undefined ? [] : [{ id, title, level: LEVELS.find((one) => one === id) ?? null, rows }];
  });
  const firing = bell.alerts.filter((alert) => alert.status === "firing");
  const known = firing.filter((alert) => alert.acknowledged !== null).length;
  const silenced = firing.filter((alert) => alert.silencedBy !== null).length;
  const parts = [
    firing.length === 0 ? "" : `${String(firing.length)} open`,
    known === 0 ? "" : `${String(known)} acknowledged`,
    silenced === 0 ? "" : `${String(silenced)} silenced`,
  ];
  return {
    groups,
    open: firing.length,
    note: parts.filter(Boolean).join(" · "),
    empty:
      groups.length > 0
        ? ""
        : `No alert is open. ${count(bell.verdicts.length, "rule")} watched, and all of it is well.`,
    silences: bell.silences.map((silence) => silenceRow(silence, context)),
  };
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
  const labels = Object.entries(alert.labels);
  const shownLabels = labels.slice(0, MOST_LABELS).map(([key, value]) => shown(`${key}: ${value}`, LABEL_LENGTH));
  return {
    id: alert.id,
    level: alert.level,
    title: name,
    value: formatValue(alert.value, alert.unit),
    message: sentence(shown(alert.message, MESSAGE_LENGTH)),
    since: sinceOf(alert, context.now),
    sinceTitle: `since ${absolute(startOf(alert))}`,
    origin: `rule ${shown(alert.rule, LABEL_LENGTH)}, ${shown(alert.origin, LABEL_LENGTH)}`,
    labels: labels.length > MOST_LABELS ? [...shownLabels, `+ ${String(labels.length - MOST_LABELS)}`] : shownLabels,
    marks: marksOf(alert, context),
    actions: open ? actionsOf(alert, name, context.mayAct) : [],
    quiet: !open || alert.acknowledged !== null || alert.silencedBy !== null || alert.inhibitedBy !== null,
    over: !open,
    follows: false,
  };
}

function actionsOf(alert: Alert, name: string, mayAct: boolean): Action[] {
  const acknowledge = acknowledgeAction(alert, name, mayAct);
  return alert.silencedBy === null ? [acknowledge, silenceAction(alert, name, mayAct)] : [acknowledge];
}

function sinceOf(alert: Alert, now: number): string {
  switch (alert.status) {
    case "pending":
      return `crossed ${standing(now - alert.pendingSince)}`;
    case "firing":
      return `${alert.level} ${standing(now - startOf(alert))}`;
    case "resolved": {
      const end = alert.resolvedAt ?? alert.changedAt;
      return `was ${alert.level} for ${lasting(end - startOf(alert))}, over ${ago(now - end)}`;
    }
  }
}

function marksOf(alert: Alert, { alerts, silences, muted, now }: Context): AlertMark[] {
  const marks: AlertMark[] = [];
  const { acknowledged, silencedBy, inhibitedBy, flaps, heldUntil } = alert;
  if (acknowledged !== null) {
    const by = shown(acknowledged.by, LABEL_LENGTH);
    const when = ago(now - acknowledged.at);
    const text = acknowledged.note === "" ? "" : `: ${shown(acknowledged.note, LABEL_LENGTH)}`;
    marks.push(mark("acknowledged", "check", `Acknowledged by ${by} ${when}${text}`, absolute(acknowledged.at)));
  }
  if (silencedBy !== null) {
    const silence = silences.find((one) => one.id === silencedBy);
    const text =
      silence === undefined
        ? "Silenced"
        : `Silenced for ${lasting(silence.endsAt - now)} more by ${shown(silence.author, LABEL_LENGTH)}`;
    marks.push(mark("silenced", "bell-slash", text, silence === undefined ? "" : `until ${absolute(silence.endsAt)}`));
  }
  if (inhibitedBy !== null) {
    const cause = alerts.find((one) => one.id === inhibitedBy);
    const text = cause === undefined ? "Follows from another alert" : `Follows from ${alertName(cause)}`;
    marks.push(mark("inhibited", "indent", text, ""));
  }
  if (flaps > 0) {
    const often = `Came back ${count(flaps, "time")}`;
    const held = heldUntil !== null && heldUntil > now;
    marks.push(
      mark(
        "flaps",
        "sync",
        held ? `${often}; notified again in ${lasting(heldUntil - now)} at the earliest` : often,
        "",
      ),
    );
  }
  if (muted.includes(alert.rule)) marks.push(mark("muted", "mute", "Muted in this window", ""));
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
  const matchers = Object.entries(silence.matchers).map(([key, value]) => shown(`${key}: ${value}`, LABEL_LENGTH));
  const covered = alerts.filter((alert) => alert.status !== "resolved" && covers(silence.matchers, alert)).length;
  const comment = silence.comment === "" ? "" : `: ${shown(silence.comment, MESSAGE_LENGTH)}`;
  return {
    id: silence.id,
    matchers: matchers.join(", "),
    ends:
      silence.startsAt > now
        ? `begins in ${lasting(silence.startsAt - now)}`
        : `ends in ${lasting(silence.endsAt - now)}`,
    endsTitle: `${absolute(silence.startsAt)} to ${absolute(silence.endsAt)}`,
    by: `by ${shown(silence.author, LABEL_LENGTH)}${comment}`,
    covers: covered === 0 ? "covers no open alert" : `covers ${count(covered, "open alert")}`,
    actions: [endSilenceAction(silence, mayAct)],
  };
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
    since: `${level} ${standing(now - verdict.since)}`,
    sinceTitle: `since ${absolute(verdict.since)}`,
    origin: `rule ${shown(rule.id, LABEL_LENGTH)}, ${shown(rule.origin, LABEL_LENGTH)}`,
    labels: [],
    marks: isMuted ? [mark("muted", "mute", "Muted in this window", "")] : [],
    actions: [muteAction(rule, isMuted)],
    quiet: isMuted,
    over: false,
    follows: false,
  };
}
