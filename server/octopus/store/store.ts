/**
 * Where series are kept. One interface for SQLite, memory and, later, compressed chunks, DuckDB and Redis; one set of
 * contract tests (`contract.ts`) runs on all of them.
 */
import type { HistoryQuery, SeriesFrame } from "../../../protocol/history.ts";
import type { MetricInfo, MetricKind, Reading, Unit } from "../../../protocol/reading.ts";
import type { HistoryHealth } from "../../../protocol/state.ts";
import type { Attributes } from "../../../protocol/reading.ts";
import type { AlertKeeper } from "./alert-tables.ts";
import type { NoteKeeper } from "./annotations.ts";
import type { CellKeeper } from "./cells.ts";

/** One series that the store knows. */
export interface SeriesInfo {
  readonly metric: string;
  readonly attributes: Attributes;
  readonly unit: Unit;
  readonly kind: MetricKind;
  /** Time of its first and last sample, milliseconds since the epoch. */
  readonly first: number;
  readonly last: number;
}

/** Keeps samples by series and time. */
export interface SeriesStore {
  /** Notes on the time line; absent where the store keeps none. */
  readonly annotations?: NoteKeeper;
  /** The bell's own tables; absent where the store keeps none. */
  readonly alerts?: AlertKeeper;
  /** What runs of notebook cells cost. */
  readonly cells: CellKeeper;
  /**
   * Takes the readings of one moment into the head. Returns at once and never throws: what cannot be kept is told by
   * `health()`. A second sample of the same series and time replaces the first. Durable after the next flush.
   * `metrics` describes at least every metric in `readings`.
   */
  append(time: number, readings: readonly Reading[], metrics: ReadonlyMap<string, MetricInfo>): void;
  /** Makes everything appended so far durable. Called by itself every flush interval. Never rejects: see `health()`. */
  flush(): Promise<void>;
  /** Answers a question, head included: what was appended is seen at once. One frame a series, sorted by series key. */
  query(query: HistoryQuery): Promise<readonly SeriesFrame[]>;
  /** Every series of a metric, or of all. */
  series(metric?: string): Promise<readonly SeriesInfo[]>;
  health(): HistoryHealth;
  /** Flushes and gives back the files. */
  close(): Promise<void>;
}
