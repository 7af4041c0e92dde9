/** Questions about the past, and their answers in columns. */
import type { Attributes, Unit } from "./reading.ts";

/**
 * How the samples of one step become one value. `rate`: a counter's growth a second, across resets; p50, p95, p99:
 * the quantile, interpolated between samples as Prometheus' quantile_over_time does.
 */
export type Aggregate = "avg" | "min" | "max" | "sum" | "count" | "last" | "rate" | "p50" | "p95" | "p99";

/** Which series, over which time, in which steps. Times are milliseconds since the epoch; `to` is exclusive. */
export interface HistoryQuery {
  readonly metric: string;
  /** Only series with all of these attributes; `{}` takes every series of the metric. */
  readonly match: Attributes;
  readonly from: number;
  readonly to: number;
  /** Width of a step in milliseconds; 0 gives the raw samples. */
  readonly step: number;
  readonly aggregate: Aggregate;
}

/**
 * One series in columns of equal length. With `step` > 0: `times[i]` is the step's start, `values[i]` its aggregate,
 * `min[i]` and `max[i]` its extremes, so that a zoomed-out chart keeps its peaks. A step without samples is left out:
 * a hole in `times` wider than a step is a gap, to be shown as one.
 */
export interface SeriesFrame {
  readonly metric: string;
  readonly attributes: Attributes;
  readonly unit: Unit;
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
  /**
   * Width in milliseconds of the stored steps that stand in for samples which are not kept any more, where that blurs
   * the answer by up to one such step. Absent: every value is exact.
   */
  readonly resolution?: number;
}

/** Something that happened, on the time line. Times are milliseconds since the epoch; `end` is null for a moment. */
export interface Annotation {
  readonly id: number;
  readonly time: number;
  readonly end: number | null;
  /** What it is: `alert`, `cell`, `deploy`, `epoch`, or a word of a plugin's own. */
  readonly kind: string;
  /** For people; data, never markup. */
  readonly text: string;
  /** Who said so: a rule's id, a notebook's path, ... */
  readonly source: string;
}
