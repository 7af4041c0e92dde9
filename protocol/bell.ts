/** What the bell says: a verdict for each rule, the worst of them for the whole, and the alerts that came of them. */
import type { Alert, Silence } from "./alert.ts";
import type { Level } from "./level.ts";
import type { Attributes, Unit } from "./reading.ts";

/**
 * What a rule says while its value is missing. `unknown`: UNKNOWN, as is the default. `keep`: what it said before.
 * `ok`: all is well, for what is only there while it is used. `crit`: that it is missing is the matter.
 */
export type MissingPolicy = "unknown" | "keep" | "ok" | "crit";

/**
 * Judges where a value is heading instead of where it is: the time in which the robust line (Theil and Sen: the median
 * of the slopes between pairs of samples) through the last `overMs` meets `target`. A trend rule's `warn` and `crit`
 * are that time in milliseconds and its direction is `below`: sooner is worse.
 */
export interface Trend {
  /** In the metric's unit. */
  readonly target: number;
  readonly overMs: number;
}

/** A threshold rule on one metric. Thresholds are inclusive: a value equal to `warn` is WARN. */
export interface Rule {
  /** Unique, e.g. `cpu`; the name used in settings. */
  readonly id: string;
  /** For faces, e.g. `CPU`. */
  readonly title: string;
  readonly metric: string;
  /** Only series with all of these attributes; of several the worst counts and is named. */
  readonly match: Attributes;
  /** `above`: bad when the value is at or over the threshold. `below`: bad when at or under it. */
  readonly direction: "above" | "below";
  /** In the metric's own unit (ratios 0..1). Null: there is no such level. */
  readonly warn: number | null;
  readonly crit: number | null;
  /** Where a level that was reached is left again, on the good side of its threshold. Absent: at the threshold itself. */
  readonly warnClear?: number;
  readonly critClear?: number;
  /** How long a threshold must be crossed before the level counts, milliseconds. Absent: at once. */
  readonly forMs?: number;
  /** How long an alert goes on after its cause is gone, so that a short recovery is no new alert. Absent: not at all. */
  readonly keepFiringForMs?: number;
  /** Absent: `unknown`. */
  readonly missing?: MissingPolicy;
  /** Put on its alerts, e.g. `team: data`. Data, never markup. */
  readonly labels?: Attributes;
  /**
   * What its alerts say, with `{value}`, `{threshold}`, `{title}`, `{metric}`, `{level}`, `{node}` and `{any.attribute}` filled
   * in. Absent: a sentence of the bell's own.
   */
  readonly message?: string;
  /** Absent: the value itself is judged. */
  readonly trend?: Trend;
  /**
   * Judges how much a counter has grown over the last so many milliseconds instead of its total, which says nothing about
   * now. Absent: the value itself is judged.
   */
  readonly growthMs?: number;
  /** Where the rule comes from: built in, the user's settings, or a workspace file with its folder's name. */
  readonly origin: string;
}

/** What the bell says of one rule. */
export interface Verdict {
  readonly rule: Rule;
  readonly level: Level;
  /** The value judged, in the metric's unit; null when there is none. */
  readonly value: number | null;
  readonly unit: Unit;
  /** The attributes of the series judged, e.g. which mount point. */
  readonly attributes: Attributes;
  /** When that value was read, milliseconds since the epoch; null when it never was. */
  readonly readAt: number | null;
  /** Since when the level is what it is. */
  readonly since: number;
  /** In words: why UNKNOWN, or what was crossed ("91.2 % is at or over 90 %"). Empty for OK. */
  readonly reason: string;
}

/** The bell's whole state. Complete each time; a newer one replaces an older one. */
export interface BellState {
  /** Unique for ever. */
  readonly id: string;
  readonly time: number;
  readonly node: string;
  readonly level: Level;
  readonly since: number;
  /** One sentence for people: what is the matter, worst first. */
  readonly headline: string;
  /** In the order of the rules. */
  readonly verdicts: readonly Verdict[];
  /** Alerts that are pending or firing, and those that ended in the last minutes; worst first. */
  readonly alerts: readonly Alert[];
  /** Silences in force or to come. */
  readonly silences: readonly Silence[];
}
