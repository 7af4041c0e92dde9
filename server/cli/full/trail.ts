/** The last minutes of what the screen shows: kept while it is open, and given as columns for a sparkline. */
import type { WorkerState } from "../../../protocol/state.ts";

/** How far back it goes. */
export const TRAIL_MS = 300_000;
/** Beyond this many samples a series the oldest go: a beat of 0.5 s fills five minutes with 600. */
const MOST_SAMPLES = 1200;
/** A value stands until the next is this many intervals late. */
const HELD_INTERVALS = 2;

interface Sample {
  readonly time: number;
  readonly value: number | null;
}

/** Series by name: a rule's is its origin and id. */
export class Trail {
  readonly #series = new Map<string, Sample[]>();
  #intervalMs = 1000;

  /** The name of the series that a rule judges. */
  static of(rule: { readonly origin: string; readonly id: string }): string {
    return `${rule.origin}\u0000${rule.id}`;
  }

  /** Takes over a state; one of the same time as the last replaces it. */
  add({ time, intervalMs, bell, glance }: WorkerState): void {
    this.#intervalMs = intervalMs;
    for (const { rule, value } of bell.verdicts) this.put(Trail.of(rule), time, value);
    this.put("network.receive", time, glance.network.receive);
    this.put("network.transmit", time, glance.network.transmit);
  }

  /** One sample; null: there was no value. */
  put(name: string, time: number, value: number | null): void {
    const samples = this.#series.get(name) ?? [];
    if (samples.at(-1)?.time === time) samples.pop();
    samples.push({ time, value });
    while (samples.length > MOST_SAMPLES || (samples[0]?.time ?? time) < time - TRAIL_MS) samples.shift();
    this.#series.set(name, samples);
  }

  /** One value a column up to `now`, oldest first: the highest in its part of the time; null where there was none. */
  columns(name: string, now: number, width: number): readonly (number | null)[] {
    const samples = this.#series.get(name) ?? [];
    const step = TRAIL_MS / Math.max(1, width);
    // Columns stand at multiples of their width, so that a peak moves and does not change its height.
    const end = Math.ceil(now / step) * step;
    return Array.from({ length: width }, (_, column) => {
      const to = end - (width - 1 - column) * step;
      const within = samples.filter(({ time }) => time > to - step && time <= to);
      const known = within.flatMap(({ value }) => value ?? []);
      if (known.length > 0) return Math.max(...known);
      if (within.length > 0) return null;
      const before = samples.findLast(({ time }) => time <= to - step);
      const held = before !== undefined && to - step - before.time < HELD_INTERVALS * this.#intervalMs;
      return held && to - step <= now ? before.value : null;
    });
  }
}
