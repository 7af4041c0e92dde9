/** The history of alerts as strips on a time line and as rows of a table. Records in, bars and texts out. Pure. */
import { t } from "@vscode/l10n";
import type { AlertChange, AlertRecord } from "../../protocol/alert.ts";
import { formatValue } from "../../protocol/format.ts";
import { LEVELS, type Level } from "../../protocol/level.ts";
import { absolute, labelled, lasting, sentence, shown } from "../words.ts";
import { timeOfDay } from "../ticks.ts";
import { alertName } from "./model.ts";

/** A time during which an alert was as it was. `pending`: it did not count yet. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly level: Level;
  readonly pending: boolean;
}

/** One thing that happened to an alert, in words. */
export interface StepLine {
  readonly id: string;
  readonly time: string;
  readonly title: string;
  readonly text: string;
}

/** One alert on the time line, and in the table. */
export interface Bar {
  readonly id: string;
  readonly level: Level;
  readonly title: string;
  readonly began: string;
  readonly beganTitle: string;
  readonly ended: string;
  readonly lasted: string;
  readonly segments: readonly Segment[];
  readonly steps: readonly StepLine[];
  /** In one sentence, for people who cannot see the bar. */
  readonly description: string;
}

/** All alerts of one rule and series. */
export interface Strip {
  readonly id: string;
  readonly title: string;
  readonly bars: readonly Bar[];
}

/** The whole. */
export interface Timeline {
  readonly from: number;
  readonly to: number;
  readonly strips: readonly Strip[];
  /** Newest first. */
  readonly rows: readonly Bar[];
  readonly note: string;
}

/** Strips that are drawn; more would be a carpet. The table has all. */
export const MOST_STRIPS = 20;
/** Alerts that are asked for at once. */
export const MOST_RECORDS = 300;
/** Steps told of one alert; one that flaps has hundreds, and the newest count. */
const MOST_STEPS = 30;
const CAUSE_LENGTH = 200;
const DAY = 86_400_000;

/** What happened, in words. `value`: formatted. */
function changeWords(change: AlertChange, level: Level, value: string): string {
  switch (change) {
    case "pending":
      return t("{0} crossed at {1}", level, value);
    case "firing":
      return t("{0} opened at {1}", level, value);
    case "worse":
      return t("worse: {0} at {1}", level, value);
    case "better":
      return t("better: {0} at {1}", level, value);
    case "resolved":
      return t("over");
    case "acknowledged":
      return t("acknowledged");
    case "unacknowledged":
      return t("acknowledgement taken back");
    case "silenced":
      return t("silenced");
    case "unsilenced":
      return t("silence over");
    case "inhibited":
      return t("follows from another alert");
    case "uninhibited":
      return t("stands for itself again");
  }
}

/** Changes that begin another segment. */
const LEVEL_CHANGES: readonly AlertChange[] = ["pending", "firing", "worse", "better"];

/** What is drawn of these records within [from, to). `level` null: of every level. */
export function timelineOf(records: readonly AlertRecord[], from: number, to: number, level: Level | null): Timeline {
  const kept = records
    .filter(({ alert }) => level === null || alert.level === level)
    .toSorted((a, b) => b.alert.pendingSince - a.alert.pendingSince);
  const strips = new Map<string, { id: string; title: string; bars: Bar[] }>();
  const rows: Bar[] = [];
  for (const record of kept) {
    const bar = barOf(record, from, to);
    rows.push(bar);
    const { fingerprint } = record.alert;
    const strip = strips.get(fingerprint) ?? { id: fingerprint, title: bar.title, bars: [] };
    strips.set(fingerprint, strip);
    // Oldest first, as the arrow keys go.
    strip.bars.unshift(bar);
  }
  const all = [...strips.values()];
  const parts = [
    rows.length === 0 ? "" : rows.length === 1 ? t("1 alert") : t("{0} alerts", rows.length),
    records.length >= MOST_RECORDS ? t("the newest {0}", MOST_RECORDS) : "",
    all.length > MOST_STRIPS ? t("{0} of {1} lines drawn, all in the table", MOST_STRIPS, all.length) : "",
  ];
  return { from, to, strips: all.slice(0, MOST_STRIPS), rows, note: parts.filter(Boolean).join(" · ") };
}

function barOf({ alert, steps }: AlertRecord, from: number, to: number): Bar {
  const title = alertName(alert);
  const start = alert.firingSince ?? alert.pendingSince;
  const end = alert.resolvedAt;
  const long = to - from > DAY;
  const lasted = lasting((end ?? to) - start);
  const kind = alert.firingSince === null ? t("never opened") : alert.level;
  const began = moment(start, long);
  const ended = end === null ? t("still open") : moment(end, long);
  return {
    id: alert.id,
    level: alert.level,
    title,
    began,
    beganTitle: absolute(start),
    ended,
    lasted,
    segments: segmentsOf(steps, alert.level, { start: alert.pendingSince, end: end ?? to }, from, to),
    steps: steps.slice(-MOST_STEPS).map((step, index) => ({
      id: String(index),
      time: moment(step.time, long, true),
      title: absolute(step.time),
      text: stepText(step.change, step.level, formatValue(step.value, alert.unit), step.cause),
    })),
    description:
      end === null
        ? t("{0}: {1}, from {2}, open for {3}", title, kind, began, lasted)
        : t("{0}: {1}, from {2}, lasted {3}", title, kind, began, lasted),
  };
}

function stepText(change: AlertChange, level: Level, value: string, cause: string): string {
  const what = changeWords(change, level, value);
  return cause === "" ? sentence(what) : labelled(what, sentence(shown(cause, CAUSE_LENGTH)));
}

/** `14:05`, with the day where the time line is longer than one. */
function moment(time: number, day: boolean, seconds = false): string {
  const clock = timeOfDay(time, seconds);
  if (!day) return clock;
  return `${new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" }).format(time)} ${clock}`;
}

function segmentsOf(
  steps: AlertRecord["steps"],
  level: Level,
  span: { readonly start: number; readonly end: number },
  from: number,
  to: number,
): Segment[] {
  const turns = steps.filter((step) => LEVEL_CHANGES.includes(step.change));
  const segments = turns.map((step, index) => ({
    from: step.time,
    to: turns[index + 1]?.time ?? span.end,
    level: step.level,
    pending: step.change === "pending",
  }));
  // A record whose steps are gone still has its time.
  const all = segments.length > 0 ? segments : [{ from: span.start, to: span.end, level, pending: false }];
  return all
    .map((one) => ({ ...one, from: Math.max(from, one.from), to: Math.min(to, one.to) }))
    .filter((one) => one.to >= one.from && LEVELS.includes(one.level));
}

/** Where an arrow key leads from a bar: along its strip, or to the next strip's bar that is nearest in time. */
export function barAfter(strips: readonly Strip[], id: string, key: string): string | null {
  const at = strips.findIndex((strip) => strip.bars.some((bar) => bar.id === id));
  const bars = strips[at]?.bars ?? [];
  const here = bars.findIndex((bar) => bar.id === id);
  switch (key) {
    case "ArrowRight":
      return bars[here + 1]?.id ?? null;
    case "ArrowLeft":
      return bars[here - 1]?.id ?? null;
    case "Home":
      return bars[0]?.id ?? null;
    case "End":
      return bars.at(-1)?.id ?? null;
    case "ArrowUp":
    case "ArrowDown": {
      const other = strips[at + (key === "ArrowDown" ? 1 : -1)]?.bars ?? [];
      const time = bars[here]?.segments[0]?.from ?? 0;
      const away = (bar: Bar): number => Math.abs((bar.segments[0]?.from ?? 0) - time);
      return other.toSorted((a, b) => away(a) - away(b))[0]?.id ?? null;
    }
    default:
      return null;
  }
}
