/** A drawing that is planned: of several wishes the soonest counts, and it happens once. */
export class Planned {
  readonly #draw: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** By `performance.now()`. */
  #due = 0;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** Draws after that time, milliseconds, or when it is planned already if that is sooner. */
  within(milliseconds: number): void {
    const due = performance.now() + milliseconds;
    if (this.#timer !== null && this.#due <= due) return;
    this.cancel();
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#draw();
    }, milliseconds);
  }

  /** Draws no more, unless somebody wishes it again. */
  cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
