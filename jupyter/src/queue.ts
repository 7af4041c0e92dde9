/** Which cell a kernel is at, by the order in which this page sent them: one that dies at once has no time to say so. */

/** The death of a kernel may be told so long after Lab has taken its requests back, milliseconds. */
const TAKEN_BACK_MS = 15_000;

/** The cells of one notebook that this page has sent and that have not ended. `now`: milliseconds, by any clock. */
export class CellQueue {
  readonly #now: () => number;
  #sent: object[] = [];
  #cut: { readonly key: object; readonly at: number } | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A cell was sent. */
  add(key: object): void {
    this.#sent.push(key);
  }

  /** It ended, with an error or without. */
  remove(key: object): void {
    const at = this.#sent.indexOf(key);
    if (at >= 0) this.#sent.splice(at, 1);
  }

  /** The kernel is another one: Lab takes back what was sent, and says of no cell that it ended. */
  cut(): void {
    const [key] = this.#sent;
    if (key !== undefined) this.#cut = { key, at: this.#now() };
    this.#sent = [];
  }

  /** The cell at which a kernel was that has just died; null where this page does not know. */
  get first(): object | null {
    const [key] = this.#sent;
    if (key !== undefined) return key;
    return this.#cut !== null && this.#now() - this.#cut.at < TAKEN_BACK_MS ? this.#cut.key : null;
  }
}
