/** The samples of one series in two number columns, sorted by time. */

const FIRST_CAPACITY = 64;

/** Grows at the new end, shrinks at the old one; both at O(1) a sample in the usual order of time. */
export class Samples {
  #times = new Float64Array(FIRST_CAPACITY);
  #values = new Float64Array(FIRST_CAPACITY);
  /** Samples stand in [#begin, #end). */
  #begin = 0;
  #end = 0;

  get size(): number {
    return this.#end - this.#begin;
  }

  /** Time of the first sample; NaN when there is none. */
  get first(): number {
    return this.size === 0 ? NaN : (this.#times[this.#begin] ?? NaN);
  }

  /** Time of the last sample; NaN when there is none. */
  get last(): number {
    return this.size === 0 ? NaN : (this.#times[this.#end - 1] ?? NaN);
  }

  /** Puts a sample in its place; one of the same time is replaced. True when there is one more now. */
  put(time: number, value: number): boolean {
    if (this.size === 0 || time > this.last) {
      this.#makeRoom();
      this.#times[this.#end] = time;
      this.#values[this.#end] = value;
      this.#end += 1;
      return true;
    }
    const at = this.#search(time);
    if (this.#times[at] === time) {
      this.#values[at] = value;
      return false;
    }
    // The wall clock was set back: rare, so moving what comes after is cheap enough.
    this.#makeRoom();
    const place = this.#search(time);
    this.#times.copyWithin(place + 1, place, this.#end);
    this.#values.copyWithin(place + 1, place, this.#end);
    this.#times[place] = time;
    this.#values[place] = value;
    this.#end += 1;
    return true;
  }

  /** The samples with from <= time < to, as copies. */
  window(from: number, to: number): { readonly times: Float64Array; readonly values: Float64Array } {
    const begin = this.#search(from);
    const end = Math.max(begin, this.#search(to));
    return { times: this.#times.slice(begin, end), values: this.#values.slice(begin, end) };
  }

  /** The oldest samples, at most `count`, as copies. */
  oldest(count: number): { readonly times: Float64Array; readonly values: Float64Array } {
    const end = Math.min(this.#end, this.#begin + count);
    return { times: this.#times.slice(this.#begin, end), values: this.#values.slice(this.#begin, end) };
  }

  /** Forgets what is older than `time`; says how many that were. */
  dropBefore(time: number): number {
    const begin = this.#search(time);
    const dropped = begin - this.#begin;
    this.#begin = begin;
    return dropped;
  }

  /** Forgets the oldest `count` samples; says how many that were. */
  dropOldest(count: number): number {
    const dropped = Math.min(Math.max(0, count), this.size);
    this.#begin += dropped;
    return dropped;
  }

  /** Where the first sample at or after `time` stands, or would. */
  #search(time: number): number {
    let low = this.#begin;
    let high = this.#end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#times[middle] ?? Infinity) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #makeRoom(): void {
    if (this.#end < this.#times.length) return;
    const { size } = this;
    // Half of it free at the old end: move to the front; else grow.
    const capacity = size > this.#times.length / 2 ? this.#times.length * 2 : this.#times.length;
    const times = capacity === this.#times.length ? this.#times : new Float64Array(capacity);
    const values = capacity === this.#times.length ? this.#values : new Float64Array(capacity);
    times.set(this.#times.subarray(this.#begin, this.#end));
    values.set(this.#values.subarray(this.#begin, this.#end));
    this.#times = times;
    this.#values = values;
    this.#begin = 0;
    this.#end = size;
  }
}
