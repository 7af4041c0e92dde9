/**
 * Lines that begin with a name (`eth0: ...`, `8 0 sda ...`), known again by their bytes: the same names come at the
 * same places at every reading, so no string is made and nothing is looked up while nothing changes.
 */

/** What is kept for a line: its name's bytes, and what the sensor made of it (null: not wanted). */
interface Known<T> {
  readonly bytes: Buffer;
  readonly value: T | null;
}

/** Remembers the value of each line, by place and name. */
export class NamedLines<T> {
  readonly #make: (name: string) => T | null;
  readonly #byName = new Map<string, T | null>();
  readonly #byPlace: (Known<T> | undefined)[] = [];
  readonly #onUnknown: () => void;

  /**
   * `make` is called once for a name, and decides whether it is wanted. `onUnknown` is called before it for a name
   * never seen before, so that what `make` relies on can be read again.
   */
  constructor(make: (name: string) => T | null, onUnknown: () => void = () => undefined) {
    this.#make = make;
    this.#onUnknown = onUnknown;
  }

  /** The value for the line at a place whose name is `bytes[from, to)`. */
  get(place: number, bytes: Buffer, from: number, to: number): T | null {
    const known = this.#byPlace[place];
    if (known?.bytes.length === to - from && same(known.bytes, bytes, from)) return known.value;
    const name = bytes.toString("utf8", from, to);
    let value = this.#byName.get(name);
    if (value === undefined) {
      this.#onUnknown();
      value = this.#make(name);
      this.#byName.set(name, value);
    }
    this.#byPlace[place] = { bytes: Buffer.from(bytes.subarray(from, to)), value };
    return value;
  }

  /** Forgets names when there are more than twice as many as lines: interfaces of containers come and go. */
  prune(places: number, keep: number): void {
    this.#byPlace.length = Math.min(this.#byPlace.length, places);
    if (this.#byName.size <= 2 * places + keep) return;
    const present = new Set(this.#byPlace.map((known) => known?.bytes.toString("utf8")));
    for (const name of this.#byName.keys()) if (!present.has(name)) this.#byName.delete(name);
  }
}

function same(known: Buffer, bytes: Buffer, from: number): boolean {
  for (let index = 0; index < known.length; index++) if (known[index] !== bytes[from + index]) return false;
  return true;
}
