/** Rates from counters: the first reading gives none, and a counter that went backwards starts again. */

/** Shorter than any interval that can be set. Half a millisecond of it is an eighth of a percent; of 2 s a fortieth. */
const LONG_MS = 400;

/**
 * The time that a rate is computed over: whole milliseconds where that changes it by next to nothing. A quotient of
 * whole numbers takes the store a third of the bytes.
 */
export function rateMs(elapsedMs: number): number {
  return elapsedMs >= LONG_MS ? Math.round(elapsedMs) : elapsedMs;
}

/** The counters of one device or interface and their rates a second. */
export class Counters {
  readonly values: Float64Array;
  readonly rates: Float64Array;
  /** By how much each grew between the last two readings. */
  readonly growth: Float64Array;
  readonly #before: Float64Array;
  #beforeMs = NaN;
  /** Milliseconds between the last two readings, as rates are computed over. */
  elapsedMs = NaN;

  constructor(count: number) {
    this.values = new Float64Array(count);
    this.rates = new Float64Array(count);
    this.growth = new Float64Array(count);
    this.#before = new Float64Array(count);
  }

  /**
   * Takes what stands in `values`, read at `nowMs` (monotonic). True when `rates` hold each counter's growth a second.
   * Any counter going backwards is a reset of them all (a device that came back, a wrapped 32-bit counter): no rate.
   */
  update(nowMs: number): boolean {
    const { values, rates, growth } = this;
    const before = this.#before;
    const elapsedMs = rateMs(nowMs - this.#beforeMs);
    // The same moment again: keep the baseline and wait for time to pass.
    if (elapsedMs === 0) return false;
    let usable = elapsedMs > 0;
    for (let index = 0; index < values.length; index++) {
      const delta = (values[index] ?? 0) - (before[index] ?? 0);
      if (delta < 0) usable = false;
      growth[index] = delta;
      rates[index] = (delta * 1000) / elapsedMs;
    }
    before.set(values);
    this.#beforeMs = nowMs;
    this.elapsedMs = elapsedMs;
    return usable;
  }

  /** Forgets the baseline: the device was away. */
  forget(): void {
    this.#beforeMs = NaN;
  }
}
