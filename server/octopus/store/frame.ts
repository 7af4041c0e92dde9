/** Turns a series' samples, or what is kept of them, into the columns of an answer. */
import type { Aggregate, HistoryQuery, SeriesFrame } from "../../../protocol/history.ts";
import type { Attributes, Unit } from "../../../protocol/reading.ts";

/** How far back `rate` looks for the sample before the first one. */
export const RATE_LOOKBACK_MS = 300_000;

const QUANTILES: Readonly<Partial<Record<Aggregate, number>>> = { p50: 0.5, p95: 0.95, p99: 0.99 };

/** Refuses a question that makes no sense, naming what is wrong with it. Throws RangeError. */
export function checkQuery(query: HistoryQuery): void {
  if (Number.isNaN(query.from)) throw new RangeError("The query's 'from' is not a time.");
  if (Number.isNaN(query.to)) throw new RangeError("The query's 'to' is not a time.");
  if (!(query.step >= 0) || !Number.isFinite(query.step)) {
    throw new RangeError(`The query's step cannot be ${String(query.step)}: give 0 for raw samples, or milliseconds.`);
  }
}

/** Whether a series has all of these attributes. */
export function matches(attributes: Attributes, match: Attributes): boolean {
  for (const [key, value] of Object.entries(match)) if (attributes[key] !== value) return false;
  return true;
}

/** From when on samples are needed to answer a question. */
export function neededFrom(query: HistoryQuery): number {
  return query.aggregate === "rate" ? query.from - Math.max(query.step, RATE_LOOKBACK_MS) : query.from;
}

/** Whether an aggregate can be made of counts, sums and extremes; the others need every sample. */
export function isSimple(aggregate: Aggregate): boolean {
  return aggregate !== "rate" && QUANTILES[aggregate] === undefined;
}

/** Several samples at once: a whole chunk, or a step of a coarser tier. */
export interface Lump {
  /** Where it begins; it all counts as there. */
  readonly start: number;
  /** When its last value was. */
  readonly end: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly last: number;
}

/** What one step of the answer has collected. */
class Bucket {
  readonly start: number;
  count = 0;
  sum = 0;
  min = Infinity;
  max = -Infinity;
  last = NaN;
  lastTime = -Infinity;
  /** Growth of a counter, and over how many milliseconds. */
  growth = 0;
  over = 0;
  minRate = Infinity;
  maxRate = -Infinity;
  values: number[] | null = null;

  constructor(start: number) {
    this.start = start;
  }

  grow(growth: number, over: number): void {
    this.growth += growth;
    this.over += over;
    const rate = (growth / over) * 1000;
    if (rate < this.minRate) this.minRate = rate;
    if (rate > this.maxRate) this.maxRate = rate;
  }
}

/** Linear between the two nearest values. */
function quantile(values: number[], share: number): number {
  values.sort((a, b) => a - b);
  const rank = share * (values.length - 1);
  const below = Math.floor(rank);
  const low = values[below] ?? NaN;
  const high = values[Math.min(below + 1, values.length - 1)] ?? NaN;
  return low + (high - low) * (rank - below);
}

/** Builds one frame. Feed it in the order of time; for `rate` from `neededFrom` on. */
export class FrameBuilder {
  readonly #query: HistoryQuery;
  readonly #rate: boolean;
  readonly #quantile: number | undefined;
  readonly #times: number[] = [];
  readonly #values: number[] = [];
  readonly #buckets: Bucket[] = [];
  #current: Bucket | null = null;
  #beforeTime = NaN;
  #beforeValue = NaN;

  constructor(query: HistoryQuery) {
    this.#query = query;
    this.#rate = query.aggregate === "rate";
    this.#quantile = QUANTILES[query.aggregate];
  }

  add(time: number, value: number): void {
    if (this.#rate) {
      this.#addRate(time, value);
      return;
    }
    if (this.#query.step === 0) {
      this.#times.push(time);
      this.#values.push(value);
      return;
    }
    const bucket = this.#bucket(time);
    bucket.count += 1;
    bucket.sum += value;
    if (value < bucket.min) bucket.min = value;
    if (value > bucket.max) bucket.max = value;
    if (time >= bucket.lastTime) {
      bucket.last = value;
      bucket.lastTime = time;
    }
    if (this.#quantile !== undefined) (bucket.values ??= []).push(value);
  }

  /** Adds many samples, those with a time in [from, to). */
  addAll(times: Float64Array, values: Float64Array, from: number, to: number): void {
    let index = 0;
    while (index < times.length && (times[index] ?? 0) < from) index++;
    const together = this.#query.step > 0 && isSimple(this.#query.aggregate);
    while (index < times.length) {
      const time = times[index] ?? 0;
      if (time >= to) return;
      if (together) index = this.#addRun(times, values, index, to);
      else this.add(time, values[index++] ?? 0);
    }
  }

  /** Adds the samples from `begin` on that fall into one step; gives the place after them. */
  #addRun(times: Float64Array, values: Float64Array, begin: number, to: number): number {
    const bucket = this.#bucket(times[begin] ?? 0);
    const end = Math.min(to, bucket.start + this.#query.step);
    let { sum, min, max } = bucket;
    let index = begin;
    for (; index < times.length && (times[index] ?? 0) < end; index++) {
      const value = values[index] ?? 0;
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    bucket.count += index - begin;
    bucket.sum = sum;
    bucket.min = min;
    bucket.max = max;
    const last = times[index - 1] ?? 0;
    if (last >= bucket.lastTime) {
      bucket.last = values[index - 1] ?? 0;
      bucket.lastTime = last;
    }
    return index;
  }

  /** Adds a lump. For quantiles its mean stands for its samples; `rate` sees one reset in it, not several. */
  addLump(lump: Lump): void {
    if (this.#rate) {
      this.#addLumpRate(lump);
      return;
    }
    const bucket = this.#bucket(lump.start);
    bucket.count += lump.count;
    bucket.sum += lump.sum;
    if (lump.min < bucket.min) bucket.min = lump.min;
    if (lump.max > bucket.max) bucket.max = lump.max;
    if (lump.end >= bucket.lastTime) {
      bucket.last = lump.last;
      bucket.lastTime = lump.end;
    }
    if (this.#quantile !== undefined) (bucket.values ??= []).push(lump.sum / lump.count);
  }

  /** The frame; null when no sample came. `resolution`: see SeriesFrame. */
  finish(attributes: Attributes, unit: Unit, resolution = 0): SeriesFrame | null {
    const { metric, step } = this.#query;
    const named = { metric, attributes, unit };
    const blurred = resolution > 0 ? { resolution } : {};
    if (step === 0) {
      const values = this.#values;
      if (values.length === 0) return null;
      return { ...named, times: this.#times, values, min: values, max: values, ...blurred };
    }
    const buckets = this.#buckets.filter((bucket) => (this.#rate ? bucket.over > 0 : bucket.count > 0));
    if (buckets.length === 0) return null;
    buckets.sort((a, b) => a.start - b.start);
    return {
      ...named,
      times: buckets.map((bucket) => bucket.start),
      values: buckets.map((bucket) => this.#aggregated(bucket)),
      min: buckets.map((bucket) => (this.#rate ? bucket.minRate : bucket.min)),
      max: buckets.map((bucket) => (this.#rate ? bucket.maxRate : bucket.max)),
      ...blurred,
    };
  }

  #bucket(time: number): Bucket {
    const { step } = this.#query;
    const current = this.#current;
    if (current !== null && time >= current.start && time < current.start + step) return current;
    const start = Math.floor(time / step) * step;
    if (current?.start === start) return current;
    let bucket = this.#buckets.at(-1);
    if (bucket?.start !== start) {
      // Times that go back are rare: look for a bucket only then.
      const back = bucket !== undefined && bucket.start > start;
      bucket = back ? this.#buckets.find((one) => one.start === start) : undefined;
      if (bucket === undefined) this.#buckets.push((bucket = new Bucket(start)));
    }
    this.#current = bucket;
    return bucket;
  }

  #addRate(time: number, value: number): void {
    const over = time - this.#beforeTime;
    const before = this.#beforeValue;
    this.#beforeTime = time;
    this.#beforeValue = value;
    if (!(over > 0) || time < this.#query.from) return;
    // Less than before: the counter began again at zero in between.
    this.#grow(time, value >= before ? value - before : value, over);
  }

  #addLumpRate(lump: Lump): void {
    const over = lump.end - this.#beforeTime;
    const before = this.#beforeValue;
    this.#beforeTime = lump.end;
    this.#beforeValue = lump.last;
    if (!(over > 0) || lump.start < this.#query.from) return;
    const reset = lump.last < before || lump.min < before;
    this.#grow(lump.start, reset ? Math.max(0, lump.max - before) + lump.last : lump.last - before, over);
  }

  #grow(time: number, growth: number, over: number): void {
    if (this.#query.step > 0) {
      this.#bucket(time).grow(growth, over);
      return;
    }
    this.#times.push(time);
    this.#values.push((growth / over) * 1000);
  }

  #aggregated(bucket: Bucket): number {
    switch (this.#query.aggregate) {
      case "avg":
        return bucket.sum / bucket.count;
      case "min":
        return bucket.min;
      case "max":
        return bucket.max;
      case "sum":
        return bucket.sum;
      case "count":
        return bucket.count;
      case "last":
        return bucket.last;
      case "rate":
        return (bucket.growth / bucket.over) * 1000;
      default:
        return quantile(bucket.values ?? [], this.#quantile ?? NaN);
    }
  }
}
