/** The newest samples of every series, in RAM and bounded: what is not on disk yet, or all there is. */
import {
  seriesKey,
  type Attributes,
  type MetricInfo,
  type MetricKind,
  type Reading,
  type Unit,
} from "../../../protocol/reading.ts";
import { matches } from "./frame.ts";
import { Samples } from "./samples.ts";

/** How much of the whole is dropped at once when the cap is reached, so that the work is rare. */
const TRIM_SHARE = 0.1;
/** Names of refused series are remembered up to this many, to count each once. */
const MAX_REFUSED = 10_000;

/** The bounds of a head. */
export interface HeadLimits {
  readonly maxSeries: number;
  /** Of all series together; at 16 bytes a sample. */
  readonly maxSamples: number;
}

/** A worker's bounds: 2,000 series, and 8 MB of samples (an hour of 280 series at 2 s). */
export const WORKER_LIMITS: HeadLimits = { maxSeries: 2000, maxSamples: 500_000 };

/** One series and its samples. */
export interface HeadSeries {
  readonly key: string;
  readonly metric: string;
  readonly attributes: Attributes;
  readonly unit: Unit;
  readonly kind: MetricKind;
  readonly samples: Samples;
  /** Time of the newest sample it was ever given. */
  newest: number;
}

/** Samples by series. */
export class Head {
  readonly #limits: HeadLimits;
  readonly #series = new Map<string, HeadSeries>();
  readonly #refused = new Set<string>();
  #size = 0;
  #trimmed = false;

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  /** Samples held. */
  get size(): number {
    return this.#size;
  }

  get seriesCount(): number {
    return this.#series.size;
  }

  /** In words, what the bounds have cost so far; empty when nothing. */
  get loss(): string {
    const parts: string[] = [];
    if (this.#refused.size > 0) {
      const { maxSeries } = this.#limits;
      parts.push(
        `${String(maxSeries)} series are kept at most: ${String(this.#refused.size)} further ones are left out, ` +
          "the existing ones go on.",
      );
    }
    if (this.#trimmed) {
      parts.push(`Memory holds ${String(this.#limits.maxSamples)} samples at most: the oldest were dropped.`);
    }
    return parts.join(" ");
  }

  /** Takes readings in. Values that are not finite numbers are not samples and are left out. */
  put(time: number, readings: readonly Reading[], metrics: ReadonlyMap<string, MetricInfo>): void {
    const at = Math.round(time);
    if (!Number.isSafeInteger(at)) return;
    for (const reading of readings) {
      if (!Number.isFinite(reading.value)) continue;
      const series = this.#find(reading, metrics);
      if (series === null) continue;
      series.newest = at;
      if (series.samples.put(at, reading.value)) this.#size += 1;
    }
    if (this.#size > this.#limits.maxSamples) this.#trim();
  }

  get(key: string): HeadSeries | undefined {
    return this.#series.get(key);
  }

  all(): IterableIterator<HeadSeries> {
    return this.#series.values();
  }

  /** Series of a metric with all of these attributes. */
  find(metric: string, match: Attributes): HeadSeries[] {
    const found: HeadSeries[] = [];
    for (const series of this.#series.values()) {
      if (series.metric === metric && matches(series.attributes, match)) found.push(series);
    }
    return found;
  }

  /** Forgets what is older than `time`, in every series. */
  dropBefore(time: number): void {
    for (const { samples } of this.#series.values()) this.#size -= samples.dropBefore(time);
  }

  /** Forgets what one series has before `time`. */
  dropSeriesBefore(series: HeadSeries, time: number): void {
    this.#size -= series.samples.dropBefore(time);
  }

  /** Forgets the oldest samples of one series. */
  dropOldest(series: HeadSeries, count: number): void {
    this.#size -= series.samples.dropOldest(count);
    if (this.#size === 0) this.#trimmed = false;
  }

  /** Forgets series that have no samples and were given none since `time`, so that their places are free again. */
  dropIdle(time: number): void {
    for (const [key, series] of this.#series) {
      if (series.samples.size === 0 && series.newest < time) this.#series.delete(key);
    }
    if (this.#series.size < this.#limits.maxSeries) this.#refused.clear();
  }

  #find(reading: Reading, metrics: ReadonlyMap<string, MetricInfo>): HeadSeries | null {
    const key = seriesKey(reading.metric, reading.attributes);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= this.#limits.maxSeries) {
      if (this.#refused.size < MAX_REFUSED) this.#refused.add(key);
      return null;
    }
    const info = metrics.get(reading.metric);
    const series: HeadSeries = {
      key,
      metric: reading.metric,
      attributes: { ...reading.attributes },
      unit: info?.unit ?? "1",
      kind: info?.kind ?? "gauge",
      samples: new Samples(),
      newest: 0,
    };
    this.#series.set(key, series);
    return series;
  }

  #trim(): void {
    this.#trimmed = true;
    for (const series of this.#series.values()) this.dropOldest(series, Math.ceil(series.samples.size * TRIM_SHARE));
  }
}
