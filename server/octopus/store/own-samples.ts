/** Samples of this process alone, in RAM: while another process writes the history, or while nothing can be written. */
import type { MetricInfo, Reading } from "../../../protocol/reading.ts";
import { CHUNK_SAMPLES } from "./chunk/codec.ts";
import { ChunkHead } from "./chunk-head.ts";

/** The samples of one moment. */
export interface Moment {
  readonly time: number;
  readonly readings: Reading[];
}

/** Keeps a bounded number of the newest samples. */
export class OwnSamples {
  readonly head: ChunkHead;
  readonly #maxSamples: number;
  #samples = 0;
  #trimmed = false;

  constructor(maxSeries: number, maxSamples: number) {
    this.head = new ChunkHead(maxSeries);
    this.#maxSamples = maxSamples;
  }

  /** In words, what the bounds have cost; empty when nothing. */
  get loss(): string {
    const trimmed = `Memory holds ${String(this.#maxSamples)} samples at most: the oldest were dropped.`;
    return [this.head.loss, this.#trimmed ? trimmed : ""].filter((part) => part !== "").join(" ");
  }

  append(time: number, readings: readonly Reading[], metrics: ReadonlyMap<string, MetricInfo>): void {
    for (const reading of readings) {
      if (!Number.isFinite(reading.value)) continue;
      const series = this.head.take(reading, metrics);
      if (series === null) continue;
      if (time < series.open.first) series.freeze();
      const before = series.open.count;
      series.open.add(time, reading.value, 0);
      this.#samples += series.open.count - before;
      if (series.open.count >= CHUNK_SAMPLES) series.freeze();
    }
    if (this.#samples > this.#maxSamples) this.#trim();
  }

  /** Forgets closed chunks that end at or before a time, by series. */
  dropUntil(endOf: (key: string) => number): void {
    for (const series of this.head.all()) {
      const end = endOf(series.key);
      while ((series.frozen[0]?.last ?? Infinity) <= end) this.#samples -= series.frozen.shift()?.count ?? 0;
    }
  }

  #trim(): void {
    this.#trimmed = true;
    // The oldest first; an open chunk is given up whole, because every series has its share of the bound.
    for (const series of this.head.all()) {
      const chunk = series.frozen.shift();
      if (chunk !== undefined) this.#samples -= chunk.count;
      if (this.#samples <= this.#maxSamples) return;
    }
    for (const series of this.head.all()) {
      if (this.#samples <= this.#maxSamples) return;
      this.#samples -= series.open.count;
      series.freeze();
      series.frozen.length = 0;
    }
  }
}

/** What a head has after a time by series, moment by moment, oldest first; and what is known of the metrics. */
export function momentsAfter(
  head: ChunkHead,
  endOf: (key: string) => number,
): { readonly moments: readonly Moment[]; readonly metrics: ReadonlyMap<string, MetricInfo> } {
  const byTime = new Map<number, Moment>();
  const metrics = new Map<string, MetricInfo>();
  for (const series of head.all()) {
    const { metric, attributes, unit, kind } = series;
    metrics.set(metric, { name: metric, unit, kind, description: "" });
    const end = endOf(series.key);
    for (const chunk of series.chunks()) {
      const { times, values } = chunk.samples();
      for (let index = 0; index < times.length; index++) {
        const time = times[index] ?? 0;
        if (time <= end) continue;
        let moment = byTime.get(time);
        if (moment === undefined) byTime.set(time, (moment = { time, readings: [] }));
        moment.readings.push({ metric, attributes, value: values[index] ?? 0 });
      }
    }
  }
  return { moments: [...byTime.values()].sort((a, b) => a.time - b.time), metrics };
}
