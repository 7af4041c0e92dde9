/** The newest state the worker sent, and whether it has fallen silent since. */
import { collectNow, getState, stateChanged } from "../../protocol/messages/worker.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { Signal, type Disposable } from "../signal.ts";
import type { Timers } from "../timers.ts";
import type { Worker } from "./worker.ts";

/** After so many intervals without a word, and at least so many milliseconds, the numbers are no longer believed. */
const SILENT_INTERVALS = 3;
const SILENT_MS = 10_000;
/** A poll may wait for every sensor's own deadline, milliseconds. */
const POLL_MS = 30_000;

/** Holds one state; `onChange` fires for a new one and when the worker falls silent. */
export class LatestState implements Disposable {
  readonly onChange = new Signal<void>();
  readonly #worker: Worker;
  readonly #timers: Timers;
  readonly #subscriptions: Disposable[];
  #state: WorkerState | null = null;
  /** The state comes from the worker that runs now, not from one before it. */
  #fresh = false;
  #silentSince: number | null = null;
  #cancel: () => void = () => undefined;

  constructor(worker: Worker, timers: Timers) {
    this.#worker = worker;
    this.#timers = timers;
    this.#subscriptions = [
      worker.on(stateChanged, (state) => this.#take(state)),
      worker.onStatus.on(({ status }) => {
        this.#cancel();
        this.#silentSince = null;
        this.#fresh = false;
        if (status === "running") {
          this.#watch(SILENT_MS);
          // The first notification may be an interval away.
          worker.send(getState, null).then(
            (state) => {
              if (state !== null) this.#take(state);
            },
            () => undefined, // the next notification brings it
          );
        }
        this.onChange.fire();
      }),
    ];
  }

  /** The last one there was; null until the first. Stays when the worker goes: who shows it says that it is old. */
  get last(): WorkerState | null {
    return this.#state;
  }

  /** What is so now: null while no worker runs, and until the one that runs has spoken. */
  get now(): WorkerState | null {
    return this.#fresh ? this.#state : null;
  }

  /** Since when a running worker has said nothing, milliseconds since the epoch; null while it talks. */
  get silentSince(): number | null {
    return this.#silentSince;
  }

  /** Polls every sensor now. */
  async poll(): Promise<WorkerState> {
    const state = await this.#worker.send(collectNow, null, POLL_MS);
    this.#take(state);
    return state;
  }

  dispose(): void {
    this.#cancel();
    for (const one of this.#subscriptions) one.dispose();
    this.onChange.dispose();
  }

  #take(state: WorkerState): void {
    if (this.#fresh && this.#state?.id === state.id && this.#silentSince === null) return;
    this.#state = state;
    this.#fresh = true;
    this.#silentSince = null;
    this.#watch(Math.max(SILENT_MS, state.intervalMs * SILENT_INTERVALS));
    this.onChange.fire();
  }

  #watch(milliseconds: number): void {
    this.#cancel();
    const from = this.#timers.now();
    this.#cancel = this.#timers.after(milliseconds, () => {
      this.#silentSince = from;
      this.onChange.fire();
    });
  }
}
