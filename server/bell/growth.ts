/** How much a counter has grown of late: a total since boot says nothing about now. */

/** Steps of the time over which a growth is judged. */
const STEPS = 20;

/** The growth of one counter over a time, exact to a twentieth of it. */
export class GrowthWindow {
  readonly #overMs: number;
  readonly #stepMs: number;
  /** What it grew by in each step, oldest first. */
  #steps: { readonly step: number; grown: number }[] = [];
  #last: number | null = null;

  constructor(overMs: number) {
    this.#overMs = overMs;
    this.#stepMs = overMs / STEPS;
  }

  /** Takes the counter's value. One that goes backwards was reset: what it shows is what it grew since. */
  add(time: number, value: number): void {
    if (!Number.isFinite(value)) return;
    const grown = this.#last === null ? 0 : value >= this.#last ? value - this.#last : value;
    this.#last = value;
    const step = Math.floor(time / this.#stepMs);
    this.#steps = this.#steps.filter((one) => one.step > step - STEPS && one.step <= step);
    const newest = this.#steps.at(-1);
    if (newest?.step === step) newest.grown += grown;
    else if (grown > 0) this.#steps.push({ step, grown });
  }

  /** The growth over the last `overMs` up to `now`. */
  grown(now: number): number {
    const oldest = Math.floor((now - this.#overMs) / this.#stepMs);
    return this.#steps.reduce((sum, one) => (one.step > oldest ? sum + one.grown : sum), 0);
  }
}
