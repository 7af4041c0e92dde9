/** `gorgon alerts`: what is open, and what was, with every step; as lines for people or as JSON. */
import type { AlertRecord } from "../../protocol/alert.ts";
import { ABSENT, formatDuration, formatValue } from "../../protocol/format.ts";
import { wrap } from "../bell/columns.ts";
import { printable } from "../bell/printable.ts";
import { dash } from "../bell/terminal.ts";
import { paint, type TerminalStyle } from "../bell/terminal-style.ts";
import { type AlertsNow, readAlerts } from "./alert-source.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { alertLine, isQuiet } from "./full/alert-line.ts";
import { type CliIo, styleNow, UsageError } from "./io.ts";
import { countFlag, hostOf } from "./session.ts";
import { timeOf } from "./times.ts";

/** The flags as commander gives them. */
export interface AlertsFlags {
  readonly from?: string;
  readonly to?: string;
  readonly rule?: string;
  readonly limit: string;
  readonly steps?: boolean;
  readonly json?: boolean;
}

/** As many as a worker answers at once. */
const MOST = 1000;
const INDENT = "    ";

/** Everything that is told. */
export interface AlertsReport extends AlertsNow {
  readonly time: number;
  readonly from: number;
  readonly to: number;
  readonly records: readonly AlertRecord[];
}

/** Prints open alerts and those that were open between the two times. Throws HistoryUnavailable. */
export async function alertsCommand(flags: AlertsFlags, io: CliIo): Promise<number> {
  const host = hostOf(io);
  const time = host.clock.now();
  const from = timeOf("--from", flags.from ?? "-1d", time);
  const to = timeOf("--to", flags.to ?? "now", time);
  if (from >= to) throw new UsageError("--from must be before --to.");
  const limit = countFlag("--limit", flags.limit);
  if (limit > MOST) throw new UsageError(`--limit must be at most ${String(MOST)}.`);
  const rule = flags.rule ?? "";
  const found = await readAlerts(host, { from, to, rule, limit });
  const alerts = found.alerts.filter((one) => rule === "" || one.rule === rule);
  const report: AlertsReport = { time, from, to, ...found, alerts };
  if (flags.json === true) io.stdout.write(`${JSON.stringify(report)}\n`);
  else io.stdout.write(`${renderAlerts(report, flags.steps === true, styleNow(io)).join("\n")}\n`);
  return EXIT_OK;
}

/** The report as lines. */
export function renderAlerts(report: AlertsReport, steps: boolean, style: TerminalStyle): string[] {
  const { time, alerts, records } = report;
  const quiet = alerts.filter(isQuiet).length;
  const some = quiet === 0 ? "" : `, ${String(quiet)} quiet`;
  const open = new Set(alerts.map(({ id }) => id));
  const past = records.filter(({ alert }) => !open.has(alert.id));
  const heading =
    alerts.length === 0 ? "No open alerts" : `${String(alerts.length)} open ${word(alerts.length, "alert")}${some}`;
  return [
    paint(style, heading, "bold"),
    ...(report.leader === null ? wrap(unwatched(report), style.columns) : []),
    ...alerts.flatMap((alert) => {
      const record = records.find((one) => one.alert.id === alert.id) ?? { alert, steps: [] };
      return [alertLine(alert, time, "", style), ...detailLines(record, steps, style)];
    }),
    "",
    paint(style, `${String(past.length)} over since ${utc(report.from)}`, "bold"),
    ...past.flatMap((record) => [pastLine(record, style), ...detailLines(record, steps, style)]),
  ];
}

function word(count: number, one: string): string {
  return count === 1 ? one : `${one}s`;
}

/** Said where nobody judges: what is shown is of then, not of now. */
function unwatched({ lookedAt, time }: AlertsReport): string {
  const since = lookedAt === null ? "" : ` It is as it was ${formatDuration(Math.max(0, time - lookedAt))} ago.`;
  return `No worker of yours runs on this machine now, so nothing is judged.${since}`;
}

function pastLine({ alert }: AlertRecord, style: TerminalStyle): string {
  const { resolvedAt, pendingSince } = alert;
  const end = resolvedAt ?? pendingSince;
  const seen = alert.acknowledged === null ? "" : `, seen by ${printable(alert.acknowledged.by, 40)}`;
  const lasted = `lasted ${formatDuration(Math.max(0, end - pendingSince))}${seen}`;
  return alertLine(alert, end, `${utc(pendingSince)}  `, style, lasted);
}

function detailLines({ alert, steps }: AlertRecord, withSteps: boolean, style: TerminalStyle): string[] {
  const labels = Object.entries(alert.labels).map(([key, value]) => `${key}=${value}`);
  const parts = [`rule ${alert.rule}`, ...labels, `id ${alert.id}`].map((part) => printable(part, 500));
  const lines = wrap(parts.join(style.unicode ? " · " : ", "), style.columns - INDENT.length);
  const told = withSteps ? steps : [];
  return [
    ...lines.map((line) => INDENT + paint(style, line, "dim")),
    ...told.flatMap(({ time, change, level, value, cause }) => {
      const shown = formatValue(value, alert.unit);
      const number = shown === ABSENT ? dash(style) : shown;
      const text = `${utc(time)} ${change} ${level} ${number}${cause === "" ? "" : `: ${printable(cause, 500)}`}`;
      return wrap(text, style.columns - INDENT.length).map((line) => INDENT + paint(style, line, "dim"));
    }),
  ];
}

/** A moment to the second, in UTC as everywhere on the terminal. */
export function utc(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
