/** What the octopus is to the parts above it: the bell, the faces. */
import type { HistoryQuery, SeriesFrame } from "../../protocol/history.ts";
import type { Attributes, MetricInfo, Reading, SensorFailure, Snapshot } from "../../protocol/reading.ts";
import type { Crab } from "../crabs/crab.ts";
import type { Disposable } from "../host/host.ts";
import type { SeriesStore } from "./store/store.ts";

/** The newest value of one series, and what is needed to judge its age. */
export interface Latest {
  readonly reading: Reading;
  readonly time: number;
  readonly crab: string;
  /** How often it should come, milliseconds. */
  readonly intervalMs: number;
}

/** Who gives a metric, and what went wrong there last; for saying why a value is missing. */
export interface MetricSource {
  readonly info: MetricInfo;
  readonly crab: string;
  readonly sensor: string;
  readonly intervalMs: number;
  /** The failure of its sensor in the newest snapshot; null when it did not fail. */
  readonly failure: SensorFailure | null;
}

/** What happens on the bus. Every event is a complete value. */
export interface HubEvents {
  snapshot: Snapshot;
  registered: { readonly id: string; readonly time: number; readonly node: string; readonly crab: string };
  unregistered: { readonly id: string; readonly time: number; readonly node: string; readonly crab: string };
}

/** Which snapshots of the ring. `from` inclusive, `to` exclusive; absent: no bound. Every tag given must be there. */
export interface WindowQuery {
  readonly from?: number;
  readonly to?: number;
  readonly crab?: string;
  readonly tags?: readonly string[];
}

/** Asked for a crab that is not there. Its message lists those that are. */
export class UnknownCrab extends Error {
  override readonly name = "UnknownCrab";
  constructor(asked: string, known: readonly string[]) {
    super(
      `Crab '${asked}' is not registered. ${known.length === 0 ? "No crab is." : `Registered: ${known.join(", ")}.`}`,
    );
  }
}

/** The hub. */
export interface Hub {
  readonly node: string;
  readonly store: SeriesStore;
  /** Closes the store and puts another in its place; what is read meanwhile is kept for the new one. Never rejects. */
  replaceStore(open: () => SeriesStore): Promise<void>;
  /** Adds a crab. One of the same name is replaced, disposed and a warning is logged. */
  register(crab: Crab): void;
  /** Removes and disposes a crab. Unknown names are no error: false. */
  unregister(name: string): Promise<boolean>;
  list(): readonly Crab[];
  /** Throws UnknownCrab. */
  get(name: string): Crab;
  /** Polls all crabs, or one. Throws UnknownCrab. A crab that fails is left out, and logged; the others are not. */
  collectOnce(name?: string): Promise<readonly Snapshot[]>;
  /** Snapshots of the ring, oldest first. Throws UnknownCrab for a crab that neither is nor was there. */
  getBuffer(query?: WindowQuery): readonly Snapshot[];
  /** The newest value of every series of a metric that has all of these attributes. */
  latest(metric: string, match?: Attributes): readonly Latest[];
  /** Who gives a metric; null when no registered crab does. */
  source(metric: string): MetricSource | null;
  /** A question to the store. */
  query(query: HistoryQuery): Promise<readonly SeriesFrame[]>;
  on<E extends keyof HubEvents>(event: E, listener: (value: HubEvents[E]) => void): Disposable;
  /** Tags put on every later snapshot. */
  setTags(tags: readonly string[]): void;
  start(): void;
  /** Stops the crabs, flushes and closes the store. */
  close(): Promise<void>;
}
