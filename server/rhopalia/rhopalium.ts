/** What a sensor is. One folder a sensor; each reads one source and keeps nothing above it. */
import type { MetricInfo, Reading } from "../../protocol/reading.ts";

/**
 * Reads one source. A rate needs two readings of a counter: its first reading is absent, not 0, and a counter that
 * went backwards starts a new baseline.
 */
export interface Rhopalium {
  /** Unique within its crab, e.g. `cpu`. */
  readonly name: string;
  /** Every metric that `read` may give. */
  readonly metrics: readonly MetricInfo[];
  /**
   * Reads now. Throws, with a reason for people, when the source cannot be read; `NoData` when there is nothing to
   * read here (no battery, no swap), which is no failure. The crab aborts `signal` at the deadline.
   */
  read(signal: AbortSignal): readonly Reading[] | Promise<readonly Reading[]>;
  /** Gives back what it holds (open files, child processes). */
  dispose(): void;
}

/** Thrown by `read`: the source does not exist on this machine, and that is no failure. */
export class NoData extends Error {
  override readonly name = "NoData";
}
