/** What there is to show: one line a series, for searching. */
import type { Attributes, MetricKind, Unit } from "./reading.ts";

/** One series that is sensed now or kept in history. */
export interface SeriesInfo {
  readonly metric: string;
  readonly attributes: Attributes;
  readonly unit: Unit;
  readonly kind: MetricKind;
  readonly description: string;
  /** The newest value; null when none is known now. */
  readonly value: number | null;
  /** When that was read, milliseconds since the epoch; null when `value` is. */
  readonly time: number | null;
}
