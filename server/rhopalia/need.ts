/** Who needs something that costs while it runs: it starts with the first who does and stops a while after the last. */
import type { Clock, Disposable } from "../host/host.ts";

/** A count of those who need one thing, with a linger so that closing and opening a face again restarts nothing. */
export class Need implements Disposable {
  readonly #clock: Clock;
  readonly #lingerMs: number;
  readonly #start: () => void;
  readonly #stop: () => void;
  #holders = 0;
  #lingering: Disposable | null = null;
  #active = false;
  #disposed = false;

  constructor(clock: Clock, lingerMs: number, start: () => void, stop: () => void) {
    this.#clock = clock;
    this.#lingerMs = lingerMs;
    this.#start = start;
    this.#stop = stop;
  }

  /** Whether it runs: somebody needs it, or did a moment ago. */
  get active(): boolean {
    return this.#active;
  }

  /** Needs it until the handle is disposed. */
  acquire(): Disposable {
    if (this.#disposed) return { dispose: () => undefined };
    this.#holders++;
    this.#lingering?.dispose();
    this.#lingering = null;
    if (!this.#active) {
      this.#active = true;
      this.#start();
    }
    let held = true;
    return {
      dispose: () => {
        if (!held) return;
        held = false;
        this.#release();
      },
    };
  }

  /** Needs it now, for as long as the linger: for faces that ask again and again and never say goodbye. */
  touch(): void {
    this.acquire().dispose();
  }

  #release(): void {
    this.#holders--;
    if (this.#holders > 0 || this.#disposed) return;
    this.#lingering?.dispose();
    this.#lingering = this.#clock.schedule(() => this.#end(), this.#lingerMs, { unref: true });
  }

  #end(): void {
    this.#lingering?.dispose();
    this.#lingering = null;
    if (!this.#active) return;
    this.#active = false;
    this.#stop();
  }

  /** Stops it, whoever needs it. */
  dispose(): void {
    this.#disposed = true;
    this.#end();
  }
}
