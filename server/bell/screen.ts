/** Redraws a block of lines in place, and leaves the terminal as it was found. */

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_BELOW = "\u001b[J";
const CLEAR_LINE_END = "\u001b[K";

/** Where frames are drawn. */
export interface ScreenOutput {
  write(text: string): unknown;
  /** Lines of the terminal: a frame that is higher would scroll away from under the cursor. */
  readonly rows?: number | undefined;
}

/** A view that is drawn again and again at the same place. Call `end` however it ends. */
export class Screen {
  readonly #output: ScreenOutput;
  #height = 0;
  #ended = false;
  #begun = false;

  constructor(output: ScreenOutput) {
    this.#output = output;
  }

  /** Draws over the frame before. In one write, so that nothing flickers. */
  draw(lines: readonly string[]): void {
    if (this.#ended) return;
    const limit = Math.max(1, (this.#output.rows ?? Infinity) - 1);
    const shown = lines.slice(0, limit);
    const up = this.#height > 0 ? `\u001b[${String(this.#height)}A` : "";
    const text = shown.map((line) => `${line}${CLEAR_LINE_END}\n`).join("");
    this.#output.write(`${this.#begun ? "" : HIDE_CURSOR}${up}\r${text}${CLEAR_BELOW}`);
    this.#begun = true;
    this.#height = shown.length;
  }

  /** Shows the cursor again, below the last frame, which stays. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#begun) this.#output.write(SHOW_CURSOR);
  }
}
