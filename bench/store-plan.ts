/** What both sides of the store bench are fed and asked. */
import { INTERVAL_MS, madeUpHost, type Moment } from "./store-samples.ts";

/** A day in milliseconds, and in moments. */
export const DAY_MS = 86_400_000;
export const DAY = DAY_MS / INTERVAL_MS;
const MONTH_DAYS = 30;
/** Of the month only these are kept: a month of all would take an hour to feed to either. */
export const MONTH_METRICS: readonly string[] = ["gorgon.cpu.busy", "system.memory.utilization"];
/** Moments between two flushes: 200 s of samples at once, as nobody waits for the clock here. */
export const BATCH = 100;
/** Steps of an answer. */
export const POINTS = 500;
/** Questions of which the median counts. */
export const ASKED = 25;

/** What is asked, and over which time. */
export const SPANS: readonly { readonly name: string; readonly ms: number }[] = [
  { name: "1h", ms: 3_600_000 },
  { name: "24h", ms: DAY_MS },
  { name: "30d", ms: MONTH_DAYS * DAY_MS },
];

/** One side of the comparison. */
export interface Side {
  readonly ingestPerS: number;
  readonly ingestPerCpuS: number;
  readonly bytesPerSample: number;
  readonly queryMs: Readonly<Record<string, number>>;
}

/** A month of a few series of another host, made when asked for: it is too long to hold. */
export function* monthOf(to: number): Generator<Moment> {
  for (const { time, readings } of madeUpHost(2).moments(to - MONTH_DAYS * DAY_MS, MONTH_DAYS * DAY)) {
    yield { time, readings: readings.filter((reading) => MONTH_METRICS.includes(reading.metric)) };
  }
}

/** The middle one; sorts in place. */
export function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1] ?? NaN;
}
