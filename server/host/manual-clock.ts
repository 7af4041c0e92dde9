/** A clock that moves only when told to, for tests: timers fire in order, and time never passes by itself. */
import type { Clock, Disposable } from "./host.ts";

interface Timer {
  readonly due: number;
  readonly sequence: number;
  readonly run: () => void;
}

/** Time as a test wants it. `now()` is `start` plus what `advance` added; `monotonic()` counts from 0. */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #wall: number;
  #monotonic = 0;
  #sequence = 0;

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#wall = start;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  schedule(run: () => void, milliseconds: number): Disposable {
    const timer: Timer = { due: this.#monotonic + Math.max(0, milliseconds), sequence: this.#sequence++, run };
    this.#timers.add(timer);
    return { dispose: () => this.#timers.delete(timer) };
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer is due; null when none waits. */
  get untilNext(): number | null {
    const next = this.#next(Infinity);
    return next === null ? null : next.due - this.#monotonic;
  }

  /** Moves the wall clock alone, as a user or NTP does; timers and `monotonic` do not notice. */
  jump(milliseconds: number): void {
    this.#wall += milliseconds;
  }

  /** Passes time and fires what is due, in order. What a timer schedules fires too when it falls due within it. */
  advance(milliseconds: number): void {
    const end = this.#monotonic + milliseconds;
    for (let timer = this.#next(end); timer !== null; timer = this.#next(end)) this.#fire(timer);
    this.#moveTo(end);
  }

  /** The same, letting promises settle before, between and after the timers. */
  async advanceAsync(milliseconds: number): Promise<void> {
    const end = this.#monotonic + milliseconds;
    await settled();
    for (let timer = this.#next(end); timer !== null; timer = this.#next(end)) {
      this.#fire(timer);
      await settled();
    }
    this.#moveTo(end);
    await settled();
  }

  #next(end: number): Timer | null {
    let found: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.due > end) continue;
      if (found === null || timer.due < found.due || (timer.due === found.due && timer.sequence < found.sequence)) {
        found = timer;
      }
    }
    return found;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#moveTo(timer.due);
    timer.run();
  }

  #moveTo(time: number): void {
    // Rounding of fractional delays must not move time back.
    const passed = Math.max(0, time - this.#monotonic);
    this.#monotonic += passed;
    this.#wall += passed;
  }
}

/** Resolves when the promises that can settle now have settled: twice round the event loop. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 2; round++) await new Promise<void>((resolve) => setImmediate(resolve));
}
