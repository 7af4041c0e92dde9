/** What a crab is to the rest of the stack. */
import type { MetricInfo, Snapshot } from "../../protocol/reading.ts";
import type { SensorHealth } from "../../protocol/state.ts";
import type { Disposable } from "../host/host.ts";

/** How a crab itself is doing. */
export interface CrabStats {
  readonly polls: number;
  /** Polls that were due while the one before still ran, and were left out. */
  readonly overruns: number;
  /** Wall-clock milliseconds of the last poll. */
  readonly lastMs: number;
  readonly sensors: readonly SensorHealth[];
}

/** Polls sensors. Never two polls at once; one failing sensor never stops the others. */
export interface Crab {
  readonly name: string;
  readonly intervalMs: number;
  /** Every metric of its sensors, with the interval at which each is due. */
  readonly metrics: ReadonlyMap<
    string,
    { readonly info: MetricInfo; readonly sensor: string; readonly intervalMs: number }
  >;
  /** Polls every sensor now. A poll that already runs is joined, not doubled. Rejects only when stopped for good. */
  collectOnce(): Promise<Snapshot>;
  /** Begins to poll by itself. Starting twice is no error. */
  start(): void;
  /** Stops polling and waits for a running poll. May be started again. */
  stop(): Promise<void>;
  /** Changes the interval while it runs; refuses 0, negative and not-finite values with a RangeError. */
  setInterval(intervalMs: number): void;
  /** The newest snapshots, oldest first. */
  getBuffer(): readonly Snapshot[];
  onSnapshot(listener: (snapshot: Snapshot) => void): Disposable;
  stats(): CrabStats;
  /** Stops and gives back the sensors' files. */
  dispose(): Promise<void>;
}
