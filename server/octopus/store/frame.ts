/** Turns a series' samples, in the order of time, into the columns of an answer. */
import type { Aggregate, HistoryQuery, SeriesFrame } from "../../../protocol/history.ts";
import type { Attributes, Unit } from "../../../protocol/reading.ts";

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
  return Object.entries(match).every(([key, value]) => attributes[key] === value);
}

/** Builds one frame. Feed it samples sorted by time. */
export class FrameBuilder {
  readonly #query: HistoryQuery;
  readonly #times: number[] = [];
  readonly #values: number[] = [];
  readonly #min: number[] = [];
  readonly #max: number[] = [];
  #step = NaN;
  #count = 0;
  #sum = 0;
  #low = 0;
  #high = 0;
  #last = 0;

  constructor(query: HistoryQuery) {
    this.#query = query;
  }

  add(time: number, value: number): void {
    const { step } = this.#query;
    if (step === 0) {
      this.#times.push(time);
      this.#values.push(value);
      return;
    }
    const start = Math.floor(time / step) * step;
    if (start !== this.#step) {
      this.#close();
      this.#step = start;
      this.#count = 0;
      this.#sum = 0;
      this.#low = value;
      this.#high = value;
    }
    this.#count += 1;
    this.#sum += value;
    if (value < this.#low) this.#low = value;
    if (value > this.#high) this.#high = value;
    this.#last = value;
  }

  /** The frame; null when no sample came. */
  finish(attributes: Attributes, unit: Unit): SeriesFrame | null {
    const { metric, step } = this.#query;
    if (step === 0) {
      const values = this.#values;
      return values.length === 0
        ? null
        : { metric, attributes, unit, times: this.#times, values, min: values, max: values };
    }
    this.#close();
    this.#count = 0;
    if (this.#times.length === 0) return null;
    return { metric, attributes, unit, times: this.#times, values: this.#values, min: this.#min, max: this.#max };
  }

  #close(): void {
    if (this.#count === 0) return;
    this.#times.push(this.#step);
    this.#values.push(this.#aggregated(this.#query.aggregate));
    this.#min.push(this.#low);
    this.#max.push(this.#high);
  }

  #aggregated(aggregate: Aggregate): number {
    switch (aggregate) {
      case "avg":
        return this.#sum / this.#count;
      case "min":
        return this.#low;
      case "max":
        return this.#high;
      case "sum":
        return this.#sum;
      case "count":
        return this.#count;
      case "last":
        return this.#last;
    }
  }
}
