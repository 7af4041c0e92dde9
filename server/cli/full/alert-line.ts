/** One alert in one line: level, what is the matter, since when, and why it is quiet when it is. */
import type { Alert } from "../../../protocol/alert.ts";
import { formatDuration } from "../../../protocol/format.ts";
import { cut, pad, widthOf } from "../../bell/columns.ts";
import { printable } from "../../bell/printable.ts";
import { LEVEL_PAINTS, paint, shapeOf, type TerminalStyle } from "../../bell/terminal-style.ts";

const MOST_MESSAGE = 500;
const MOST_NAME = 40;
/** Of the line, at least this is the message's. */
const LEAST_MESSAGE = 12;

/** How it stands, e.g. `12 min, seen by mo, silenced`. */
export function standingWords(alert: Alert, now: number): string {
  const lasting = (since: number) => formatDuration(Math.max(0, now - since));
  const since =
    alert.status === "pending"
      ? `pending ${lasting(alert.pendingSince)}`
      : alert.resolvedAt === null
        ? lasting(alert.firingSince ?? alert.pendingSince)
        : `over for ${lasting(alert.resolvedAt)}`;
  const { acknowledged } = alert;
  return [
    since,
    ...(acknowledged === null ? [] : [`seen by ${printable(acknowledged.by, MOST_NAME)}`]),
    ...(alert.silencedBy === null ? [] : ["silenced"]),
    ...(alert.inhibitedBy === null ? [] : ["follows from another"]),
    ...(alert.flaps > 0 ? [`came back ${String(alert.flaps)} times`] : []),
  ].join(", ");
}

/** Whether nobody needs to be told of it now. */
export function isQuiet(alert: Alert): boolean {
  return (
    alert.status !== "firing" || alert.acknowledged !== null || alert.silencedBy !== null || alert.inhibitedBy !== null
  );
}

/** The line, `style.columns` columns wide at most, with `words` at its end. `lead` stands before it, e.g. the mark of the selected one. */
export function alertLine(
  alert: Alert,
  now: number,
  lead: string,
  style: TerminalStyle,
  words = standingWords(alert, now),
): string {
  const { level } = alert;
  const said = `${shapeOf(style, level)} ${alert.status === "resolved" ? "was " : ""}${level} `;
  const room = style.columns - widthOf(lead) - widthOf(said);
  const right = widthOf(words) + 2 + LEAST_MESSAGE <= room ? `  ${words}` : "";
  const text = alert.message === "" ? alert.title : alert.message;
  const message = pad(cut(printable(text, MOST_MESSAGE), room - widthOf(right)), room - widthOf(right));
  const quiet = isQuiet(alert);
  return (
    lead +
    paint(style, said, ...(alert.status === "resolved" ? (["dim"] as const) : LEVEL_PAINTS[level])) +
    (quiet ? paint(style, message, "dim") : message) +
    paint(style, right, "dim")
  ).trimEnd();
}

/** What else is to be known of the selected one: its rule, its labels, when it began. */
export function alertDetail(alert: Alert, style: TerminalStyle): string {
  const labels = Object.entries(alert.labels).map(([key, value]) => `${key}=${value}`);
  const began = `since ${new Date(alert.firingSince ?? alert.pendingSince).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const note = alert.acknowledged?.note ?? "";
  const parts = [`rule ${alert.rule}`, began, ...labels, ...(note === "" ? [] : [`"${note}"`])];
  const text = printable(parts.join(style.unicode ? " · " : ", "), MOST_MESSAGE);
  return paint(style, cut(`    ${text}`, style.columns), "dim");
}
