/** The few largest of many, without sorting them all. */

/** Keeps the `limit` items with the largest values over 0, largest first; of equals the one that came first. */
export class Top<T> {
  readonly items: T[] = [];
  readonly #limit: number;
  readonly #valueOf: (item: T) => number;

  constructor(limit: number, valueOf: (item: T) => number) {
    this.#limit = limit;
    this.#valueOf = valueOf;
  }

  offer(item: T): void {
    const { items } = this;
    const value = this.#valueOf(item);
    if (!(value > 0)) return;
    const last = items.at(-1);
    if (items.length >= this.#limit && last !== undefined && value <= this.#valueOf(last)) return;
    let place = items.length;
    while (place > 0) {
      const before = items[place - 1];
      if (before === undefined || this.#valueOf(before) >= value) break;
      place--;
    }
    items.splice(place, 0, item);
    if (items.length > this.#limit) items.pop();
  }
}
