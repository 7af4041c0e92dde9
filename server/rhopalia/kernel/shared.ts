/** Memory of a kernel and its children with shared pages counted once: costly to ask for, so asked seldom. */
import type { Clock } from "../../host/host.ts";

/** Not oftener than this, and not for more than a twentieth of the time. */
const EVERY_MS = 2000;
const REST_FACTOR = 20;
/** An answer holds for so long. */
const HOLDS_MS = 6000;

/** Asks in its own pace. */
export class SharedMemory {
  readonly #clock: Clock;
  readonly #count: (pids: readonly number[]) => Promise<number | null>;
  #answer: { readonly bytes: number; readonly at: number } | null = null;
  #nextAt = -Infinity;
  #asking = false;

  constructor(clock: Clock, count: (pids: readonly number[]) => Promise<number | null>) {
    this.#clock = clock;
    this.#count = count;
  }

  /** The last answer, bytes; null when there is none that still holds. */
  get bytes(): number | null {
    const answer = this.#answer;
    return answer !== null && this.#clock.monotonic() - answer.at <= HOLDS_MS ? answer.bytes : null;
  }

  /** Asks, when it is time to. Never rejects. */
  async ask(pids: readonly number[]): Promise<void> {
    const began = this.#clock.monotonic();
    if (this.#asking || pids.length < 2 || began < this.#nextAt) return;
    this.#asking = true;
    try {
      const bytes = await this.#count(pids);
      this.#answer = bytes === null ? null : { bytes, at: this.#clock.monotonic() };
    } catch {
      this.#answer = null; // The processes ended meanwhile.
    } finally {
      this.#asking = false;
      this.#nextAt = began + Math.max(EVERY_MS, (this.#clock.monotonic() - began) * REST_FACTOR);
    }
  }
}
