/** From CPU time counters to shares: of the whole machine, or of one core. */
import type { Attributes, Reading } from "../../../protocol/reading.ts";
import { BUSY, MODES, NONE, UTILIZATION } from "./metrics.ts";

/** Places of the modes in counters and shares. */
export const [USER, NICE, SYSTEM, IDLE, IOWAIT, INTERRUPT, STEAL] = [0, 1, 2, 3, 4, 5, 6] as const;
export const MODE_COUNT = MODES.length;

/** Time counters of one line, in any unit, and the shares of the last interval. */
export class CpuLine {
  readonly shares = new Float64Array(MODE_COUNT);
  readonly #attributes: readonly (Attributes | null)[];
  readonly #before = new Float64Array(MODE_COUNT);
  /** Of the last interval: time in which there was work, and all time. */
  #worked = 0;
  #passed = 1;
  /** The reading in which the line was there last; a core that was away starts a new baseline. */
  #seenIn = -1;

  /** `attributes` by mode; null for a mode that this platform does not tell. */
  constructor(attributes: readonly (Attributes | null)[]) {
    this.#attributes = attributes;
  }

  /** Takes the counters of a reading; true when `shares` hold the interval since the reading before. */
  update(now: Float64Array, reading: number): boolean {
    const { shares } = this;
    const before = this.#before;
    let total = 0;
    let totalBefore = 0;
    let passed = 0;
    for (let mode = 0; mode < MODE_COUNT; mode++) {
      const value = now[mode] ?? 0;
      const earlier = before[mode] ?? 0;
      total += value;
      totalBefore += earlier;
      // Idle and iowait can go back a little, because the kernel estimates them.
      const delta = value > earlier ? value - earlier : 0;
      shares[mode] = delta;
      passed += delta;
    }
    const usable = this.#seenIn === reading - 1 && total >= totalBefore;
    this.#seenIn = reading;
    // Less than a tick has passed: the interval goes on, measured from the same baseline.
    if (usable && passed === 0) return false;
    before.set(now);
    if (!usable) return false;
    this.#worked = passed - (shares[IDLE] ?? 0) - (shares[IOWAIT] ?? 0);
    this.#passed = passed;
    for (let mode = 0; mode < MODE_COUNT; mode++) shares[mode] = (shares[mode] ?? 0) / passed;
    return true;
  }

  /** The share of time in which there was work. Waiting for a disk is not work of the CPU. */
  pushBusy(into: Reading[]): void {
    // A quotient of whole ticks, as the shares are: the store keeps it in a fraction of the bytes of one less a sum.
    into.push({ metric: BUSY, attributes: NONE, value: Math.max(0, this.#worked / this.#passed) });
  }

  pushShares(into: Reading[]): void {
    const { shares } = this;
    for (let mode = 0; mode < MODE_COUNT; mode++) {
      const attributes = this.#attributes[mode];
      if (attributes !== null && attributes !== undefined)
        into.push({ metric: UTILIZATION, attributes, value: shares[mode] ?? 0 });
    }
  }
}
