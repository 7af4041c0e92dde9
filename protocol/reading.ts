/** What sensors say: readings, failures, snapshots. Metric names follow the OpenTelemetry semantic conventions. */

/** Labels of one series, e.g. `{"network.interface.name": "eth0"}`. Keys and values are data, never markup. */
export type Attributes = Readonly<Record<string, string>>;

/**
 * One value of one series at the time of its snapshot.
 * Ratios are 0..1, bytes are bytes, durations are seconds unless the metric's unit says otherwise. Never NaN.
 */
export interface Reading {
  readonly metric: string;
  readonly attributes: Attributes;
  readonly value: number;
}

/** `gauge`: the value now. `counter`: a sum since boot that only grows; going backwards means that it was reset. */
export type MetricKind = "gauge" | "counter";

/** Units in UCUM, as OpenTelemetry writes them: ratio `1`, bytes `By`, seconds `s`, bytes a second `By/s`. */
export type Unit =
  | "1"
  | "By"
  | "By/s"
  | "s"
  | "ms"
  | "Cel"
  | "W"
  | "{connection}"
  | "{core}"
  | "{error}"
  | "{error}/s"
  | "{event}"
  | "{file}"
  | "{inode}"
  | "{operation}"
  | "{operation}/s"
  | "{packet}"
  | "{packet}/s"
  | "{process}"
  | "{row}"
  | "{segment}"
  | "{thread}"
  | TrainingUnit;

/** Units of a training run. `{value}`: a number without a unit that is no ratio, such as a loss. */
export type TrainingUnit = "{epoch}" | "{batch}" | "{batch}/s" | "{value}";

/** What a metric means. A sensor declares every metric that it can give. */
export interface MetricInfo {
  readonly name: string;
  readonly unit: Unit;
  readonly kind: MetricKind;
  readonly description: string;
  /**
   * Its series come and go without end (one a process), so they are shown but not kept in history: each would count
   * against the limit of series for as long as history is kept.
   */
  readonly transient?: true;
}

/** A sensor that could not be read, and why, in words with the mend where there is one. */
export interface SensorFailure {
  readonly sensor: string;
  readonly reason: string;
  /** How often in a row it has failed now. */
  readonly consecutive: number;
  /** Milliseconds since the epoch at which it is tried again (back-off); 0 while it is switched off. */
  readonly retryAt: number;
}

/** Everything one crab got from one poll. A complete value: it never depends on an earlier one. */
export interface Snapshot {
  /** Unique for ever: `<node>/<crab>/<boot>-<sequence>`. */
  readonly id: string;
  /** Milliseconds since the epoch, UTC, when the poll began. */
  readonly time: number;
  readonly node: string;
  readonly crab: string;
  readonly readings: readonly Reading[];
  readonly failures: readonly SensorFailure[];
  /** Wall-clock milliseconds that the poll took. */
  readonly durationMs: number;
  readonly tags: readonly string[];
}

/** The separators of a series key, and the backslash, written as escapes: hostile names may contain them. */
const escaped = (text: string): string =>
  text.includes("\u0000") || text.includes("\u0001") || text.includes("\\")
    ? text.replaceAll("\\", "\\92;").replaceAll("\u0000", "\\0;").replaceAll("\u0001", "\\1;")
    : text;

/** One canonical text for a series: the metric, then its attributes sorted by key. Equal texts are the same series. */
export function seriesKey(metric: string, attributes: Attributes): string {
  const keys = Object.keys(attributes);
  if (keys.length === 0) return escaped(metric);
  if (keys.length > 1) keys.sort();
  let text = escaped(metric);
  for (const key of keys) text += `\u0000${escaped(key)}\u0001${escaped(attributes[key] ?? "")}`;
  return text;
}
