/** What the bell says: a verdict for each rule and the worst of them for the whole. */
import type { Level } from "./level.ts";
import type { Attributes, Unit } from "./reading.ts";

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
}
