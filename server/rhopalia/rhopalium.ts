/** What a sensor is. One folder a sensor; each reads one source and keeps nothing above it. */
import { t } from "@vscode/l10n";
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
   * read here (no battery, no swap), which is no failure; `PartialFailure` when a part of it could be read. The crab
   * aborts `signal` at the deadline.
   */
  read(signal: AbortSignal): readonly Reading[] | Promise<readonly Reading[]>;
  /** Gives back what it holds (open files, child processes). */
  dispose(): void;
}

/** Thrown by `read`: the source does not exist on this machine, and that is no failure. */
export class NoData extends Error {
  override readonly name = "NoData";
}

/**
 * Thrown by `read`: a part could not be read (one dead network mount), and the rest was. The readings count; the
 * reason is shown as the sensor's failure, but it is polled at its usual interval, for the sake of the rest.
 */
export class PartialFailure extends Error {
  override readonly name = "PartialFailure";
  readonly readings: readonly Reading[];
  constructor(readings: readonly Reading[], reason: string) {
    super(reason);
    this.readings = readings;
  }
}

/** Thrown by `read`: the source is there, but not in the format that it is known to have. */
export class Malformed extends Error {
  override readonly name = "Malformed";
  constructor(source: string, found: string) {
    super(t("{0} is not in the expected format: {1}.", source, found));
  }
}
