/** The rows of the Bell view: alerts by level, those that are pending, and the silences. */
import { t } from "@vscode/l10n";
import type { Alert, AlertRecord, Silence } from "../../protocol/alert.ts";
import type { BellState } from "../../protocol/bell.ts";
import { formatDuration, formatValue } from "../../protocol/format.ts";
import type { Level } from "../../protocol/level.ts";
import { COMMANDS } from "../contributions.ts";
import { markdown, plain } from "../escape.ts";
import type { Row } from "./tree.ts";
import { changeWords, dotted, spoken, standing, titleOf } from "./words.ts";
import { moment } from "../../protocol/moment.ts";

/** Longer lists in a tooltip end here. */
const MOST_LABELS = 12;
const MOST_STEPS = 8;

/** The last minute is not counted down in seconds. */
const RECENT_MS = 60_000;

/** Where the levels stand in the view, and how they look there. */
const LEVEL_ICONS: Readonly<Record<Exclude<Level, "OK">, NonNullable<Row["icon"]>>> = {
  CRIT: { name: "error", color: "list.errorForeground" },
  WARN: { name: "warning", color: "list.warningForeground" },
  UNKNOWN: { name: "question" },
};

/** What the rows are made from. */
export interface BellRowsInput {
  readonly bell: BellState;
  readonly now: number;
  /** The steps of an alert's life; null where they cannot be had. */
  readonly record: (alert: Alert) => Promise<AlertRecord | null>;
}

/** The element of an alert, as commands get it. */
export function alertElement(id: string): string {
  return `alert ${id}`;
}

/** The element of a silence. */
export function silenceElement(id: string): string {
  return `silence ${id}`;
}

/** Alerts that count: firing, and kept quiet by nothing. */
export function ringing(bell: BellState): number {
  return bell.alerts.filter((one) => one.status === "firing" && one.silencedBy === null && one.inhibitedBy === null)
    .length;
}

/** A group for each level that has alerts, worst first; none at all when nothing is wrong. */
export function bellRows(input: BellRowsInput): readonly Row[] {
  const { bell, now } = input;
  const firing = bell.alerts.filter((one) => one.status === "firing");
  const pending = bell.alerts.filter((one) => one.status === "pending");
  const silences = bell.silences.filter((one) => one.endsAt > now);
  const groups = [
    ...(["CRIT", "WARN", "UNKNOWN"] as const).map((level) => {
      const alerts = firing.filter((one) => one.level === level);
      return group(
        level,
        level,
        LEVEL_ICONS[level],
        alerts.map((one) => alertRow(one, input)),
      );
    }),
    group(
      "pending",
      t("Pending"),
      { name: "watch" },
      pending.map((one) => alertRow(one, input)),
    ),
    group(
      "silences",
      t("Silences"),
      { name: "bell-slash" },
      silences.map((one) => silenceRow(one, now)),
    ),
  ];
  return groups.filter((one) => one.rows.length > 0);
}

function group(id: string, label: string, icon: NonNullable<Row["icon"]>, rows: readonly Row[]): Row {
  const description = String(rows.length);
  const said = spoken(label, description);
  return { id: `group ${id}`, label, description, icon, context: "", spoken: said, explain: null, open: true, rows };
}

function iconOf(alert: Alert): NonNullable<Row["icon"]> {
  if (alert.silencedBy !== null) return { name: "bell-slash" };
  if (alert.inhibitedBy !== null) return { name: "link" };
  if (alert.acknowledged !== null) return { name: "eye" };
  if (alert.status === "pending" || alert.level === "OK") return { name: "watch" };
  return LEVEL_ICONS[alert.level];
}

/** What keeps an alert quiet, in words. */
function marksOf(alert: Alert): readonly string[] {
  return [
    alert.acknowledged === null ? "" : t("acknowledged by {0}", plain(alert.acknowledged.by, 40)),
    alert.silencedBy === null ? "" : t("silenced"),
    alert.inhibitedBy === null ? "" : t("follows from another alert"),
    alert.heldUntil === null ? "" : t("flapping"),
  ];
}

function alertRow(alert: Alert, { now, record }: BellRowsInput): Row {
  const label = titleOf(alert);
  const since = alert.firingSince ?? alert.pendingSince;
  const value = alert.value === null ? "" : formatValue(alert.value, alert.unit);
  const description = dotted(value, standing(now - since), ...marksOf(alert));
  const context = [
    "alert",
    alert.status,
    alert.acknowledged === null ? "unacknowledged" : "acknowledged",
    alert.silencedBy === null ? "audible" : "silenced",
  ].join(" ");
  return {
    id: alertElement(alert.id),
    label,
    description,
    icon: iconOf(alert),
    context,
    spoken: spoken(alert.status === "pending" ? t("pending") : alert.level, label, description),
    explain: async () => alertTooltip(alert, await record(alert), now),
    command: { id: COMMANDS.showAlerts, title: t("Show Alerts") },
    open: null,
    rows: [],
  };
}

/** Everything about one alert, as escaped Markdown. */
export function alertTooltip(alert: Alert, record: AlertRecord | null, now: number): string {
  const since = alert.firingSince ?? alert.pendingSince;
  const head = `${alert.status === "pending" ? t("pending") : alert.level}: ${titleOf(alert)}`;
  const labels = Object.entries(alert.labels)
    .slice(0, MOST_LABELS)
    .map(([key, value]) => `| ${markdown(key, 60)} | ${markdown(value, 120)} |`);
  const steps = (record?.steps ?? []).slice(-MOST_STEPS).map(({ time, change, level, value, cause }) => {
    const shown = value === null ? "" : formatValue(value, alert.unit);
    return `- ${markdown(dotted(moment(time), changeWords(change), level, shown, plain(cause, 160)))}`;
  });
  const { acknowledged } = alert;
  return [
    `**${markdown(head)}** ${markdown(standing(now - since))}, ${markdown(moment(since))}`,
    markdown(alert.message, 600),
    ...(acknowledged === null
      ? []
      : [markdown(dotted(t("acknowledged by {0}", acknowledged.by), moment(acknowledged.at), acknowledged.note))]),
    [
      "| | |",
      "|:--|:--|",
      `| ${t("rule")} | ${markdown(alert.rule)} |`,
      `| ${t("metric")} | ${markdown(alert.metric)} |`,
      ...labels,
    ].join("\n"),
    ...(steps.length === 0 ? [] : [steps.join("\n")]),
  ].join("\n\n");
}

function silenceRow(silence: Silence, now: number): Row {
  const matchers = Object.entries(silence.matchers).map(([key, value]) => `${key}=${value}`);
  const label = plain(matchers.join(", "), 80);
  const time =
    silence.startsAt > now
      ? t("begins in {0}", formatDuration(silence.startsAt - now))
      : t("ends in {0}", formatDuration(Math.max(RECENT_MS, silence.endsAt - now)));
  const description = dotted(time, plain(silence.comment, 60));
  return {
    id: silenceElement(silence.id),
    label,
    description,
    icon: { name: "bell-slash" },
    context: "silence",
    spoken: spoken(t("silence"), label, description),
    explain: () =>
      [
        `**${markdown(label)}**`,
        markdown(`${moment(silence.startsAt)} – ${moment(silence.endsAt)}`),
        markdown(dotted(silence.author, silence.comment), 600),
      ].join("\n\n"),
    open: null,
    rows: [],
  };
}
