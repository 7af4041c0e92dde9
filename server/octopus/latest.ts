/** The newest value of every series, found by metric, and forgotten when its series is gone. */
import { seriesKey, type Attributes, type Snapshot } from "../../protocol/reading.ts";
import type { Crab } from "../crabs/crab.ts";
import type { Latest } from "./hub.ts";

/** A series that has not come for this many of its intervals is gone (an unmounted disk, a removed interface). */
const GONE_AFTER_INTERVALS = 10;

/** An index by metric, then series. */
export class LatestIndex {
  readonly #metrics = new Map<string, Map<string, Latest>>();

  /** Takes a snapshot in, and forgets what this crab has not given for long. */
  take(snapshot: Snapshot, metrics: Crab["metrics"], crabIntervalMs: number): void {
    const { time, crab } = snapshot;
    for (const reading of snapshot.readings) {
      let series = this.#metrics.get(reading.metric);
      if (series === undefined) this.#metrics.set(reading.metric, (series = new Map<string, Latest>()));
      const intervalMs = metrics.get(reading.metric)?.intervalMs ?? crabIntervalMs;
      series.set(seriesKey(reading.metric, reading.attributes), { reading, time, crab, intervalMs });
    }
    // A time far ahead was stamped before the wall clock was set back; it would otherwise stay for ever.
    this.#forget(
      (entry) => entry.crab === crab && Math.abs(time - entry.time) > GONE_AFTER_INTERVALS * entry.intervalMs,
    );
  }

  /** Every series of the metric that has all of these attributes. */
  find(metric: string, match: Attributes): Latest[] {
    const wanted = Object.entries(match);
    const found: Latest[] = [];
    for (const entry of this.#metrics.get(metric)?.values() ?? []) {
      if (wanted.every(([key, value]) => entry.reading.attributes[key] === value)) found.push(entry);
    }
    return found;
  }

  forgetCrab(crab: string): void {
    this.#forget((entry) => entry.crab === crab);
  }

  #forget(gone: (entry: Latest) => boolean): void {
    for (const [metric, series] of this.#metrics) {
      for (const [key, entry] of series) if (gone(entry)) series.delete(key);
      if (series.size === 0) this.#metrics.delete(metric);
    }
  }
}
