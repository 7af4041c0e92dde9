/** A typed bus: events by name. A listener that throws is logged and stops neither the others nor the sender. */
import type { Disposable } from "../host/host.ts";
import type { Log } from "../host/log.ts";

/** Carries the events of `Events`, a type of event names and their values. */
export class Bus<Events extends object> {
  readonly #log: Log;
  readonly #listeners = new Map<keyof Events, Set<(value: never) => void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Calls `listener` with every later value. One function may subscribe twice and is then called twice. */
  on<E extends keyof Events>(event: E, listener: (value: Events[E]) => void): Disposable {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    const own = (value: Events[E]) => listener(value);
    listeners.add(own);
    return { dispose: () => listeners.delete(own) };
  }

  /** Tells every listener, in the order of their subscriptions. */
  emit<E extends keyof Events>(event: E, value: Events[E]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])] as ((value: Events[E]) => void)[]) {
      try {
        listener(value);
      } catch (error) {
        this.#log.error(
          `A listener for '${String(event)}' failed: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }

  /** Forgets every listener. */
  clear(): void {
    for (const listeners of this.#listeners.values()) listeners.clear();
  }
}
