/** An event with typed listeners. */

/** Something to be let go of. */
export interface Disposable {
  dispose(): void;
}

/** Tells every listener; one that throws does not keep the others from hearing. */
export class Signal<T> {
  readonly #listeners = new Set<(value: T) => void>();

  /** Calls `listener` at each `fire` until the result is disposed. */
  on(listener: (value: T) => void): Disposable {
    // Wrapped, so that one function registered twice is two registrations.
    const entry = (value: T): void => listener(value);
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  }

  fire(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        // Surfaces in the extension host's log with its stack.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
