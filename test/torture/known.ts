/** Samples whose value follows from series and index, so that any value read back can be told right from wrong. */
import type { MetricInfo, Reading } from "../../protocol/reading.ts";
import { DEFAULT_TIERS, type TierLimit } from "../../server/octopus/store/tiers.ts";

export const METRIC = "torture.value";
export const SERIES = 5;
/** Grows by so much every so many milliseconds. */
export const COUNTER = "torture.count";
export const GROWTH = 7;
export const INTERVAL_MS = 2000;
/** Nothing goes, however much time is let pass. */
export const KEEP_ALL: readonly TierLimit[] = DEFAULT_TIERS.map(() => ({ ageMs: Infinity, bytes: Infinity }));
export const METRICS: ReadonlyMap<string, MetricInfo> = new Map([
  [METRIC, { name: METRIC, unit: "1", kind: "gauge", description: "known values" }],
  [COUNTER, { name: COUNTER, unit: "{event}", kind: "counter", description: "a known growth" }],
]);

/** Deterministic random numbers in [0, 1): mulberry32. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The one right value: every bit of the fraction is used, sizes vary, some are negative zero. */
export function valueOf(series: number, index: number): number {
  const next = random(Math.imul(index + 1, 0x9e3779b1) ^ (series + 1));
  if (next() < 0.01) return -0;
  return (next() - 0.5) * 10 ** Math.floor(next() * 40 - 20);
}

/** The readings of one index. */
export function readingsAt(index: number): Reading[] {
  return Array.from({ length: SERIES }, (_, series) => ({
    metric: METRIC,
    attributes: { series: String(series) },
    value: valueOf(series, index),
  }));
}
