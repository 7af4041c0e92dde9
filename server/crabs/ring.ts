/** A ring of fixed capacity: the newest items, at O(1) an item whatever the capacity. */

/** Keeps the newest `capacity` items and forgets the oldest. */
export class Ring<T> {
  readonly capacity: number;
  readonly #items: T[] = [];
  /** Where the oldest item stands once the ring is full; 0 before. */
  #oldest = 0;

  constructor(capacity: number) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) {
      throw new RangeError(`A buffer of ${String(capacity)} cannot be made: give a whole number of at least 1.`);
    }
    this.capacity = capacity;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    if (this.#items.length < this.capacity) {
      this.#items.push(item);
      return;
    }
    this.#items[this.#oldest] = item;
    this.#oldest = (this.#oldest + 1) % this.capacity;
  }

  /** From the oldest to the newest. */
  toArray(): T[] {
    return [...this.#items.slice(this.#oldest), ...this.#items.slice(0, this.#oldest)];
  }

  /** Those that pass, from the oldest to the newest. */
  filter(passes: (item: T) => boolean): T[] {
    return this.toArray().filter(passes);
  }
}
