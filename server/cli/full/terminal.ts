/** The whole terminal for one view: the alternate screen, keys, sizes; and the terminal as it was found, however it ends. */
import type { Clock, Disposable } from "../../host/host.ts";
import type { CliIo } from "../io.ts";
import { type Key, KeyReader } from "./keys.ts";

/** The alternate screen, no cursor, and no wrapping: a line that is measured wrongly must not push the others down. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J";
const LEAVE = "\u001b[0m\u001b[?7h\u001b[?1049l\u001b[?25h";
/** Escape alone is known only by what does not follow it. Terminals send a sequence in one piece. */
const ESCAPE_MS = 50;
const RESUME_MS = 50;
/** What a terminal that does not tell its size most likely has. */
const USUAL_ROWS = 24;
const FEWEST_ROWS = 3;

/** Who is told. */
export interface TerminalListeners {
  /** A key; Ctrl+C and Ctrl+Z are keys here. */
  readonly onKey: (key: Key) => void;
  /** Everything must be drawn anew: another size, or another program had the terminal. */
  readonly onRedraw: () => void;
}

/** Takes the terminal when it is made. `close` gives it back; so do the end of the process and its signal. */
export class FullTerminal {
  readonly #io: CliIo;
  readonly #clock: Clock;
  readonly #listeners: TerminalListeners;
  readonly #keys = new KeyReader();
  readonly #disposables: Disposable[] = [];
  #shown: readonly string[] = [];
  #taken = false;
  #closed = false;
  #rawBefore = false;
  #late: Disposable | null = null;

  constructor(io: CliIo, clock: Clock, listeners: TerminalListeners) {
    this.#io = io;
    this.#clock = clock;
    this.#listeners = listeners;
    const { stdin, stdout, signal } = io;
    const hear = (chunk: Buffer | string) => this.#hear(String(chunk));
    const resize = () => this.#redraw();
    const close = () => this.close();
    if (stdin?.isTTY === true) {
      stdin.on("data", hear);
      this.#disposables.push({ dispose: () => stdin.off("data", hear) });
    }
    stdout.on?.("resize", resize);
    signal?.addEventListener("abort", close, { once: true });
    this.#disposables.push(
      { dispose: () => stdout.off?.("resize", resize) },
      { dispose: () => signal?.removeEventListener("abort", close) },
    );
    const ending = io.onEnd?.(close);
    if (ending !== undefined) this.#disposables.push(ending);
    this.#take();
  }

  /** Whether keys can be read: not where the input comes from elsewhere. */
  get hasKeys(): boolean {
    return this.#io.stdin?.isTTY === true;
  }

  /** Lines of the terminal now. */
  get rows(): number {
    const rows = this.#io.stdout.rows ?? 0;
    return Math.max(FEWEST_ROWS, rows > 0 ? rows : USUAL_ROWS);
  }

  /** Shows these lines from the top; only those that changed are written, all in one write. */
  draw(lines: readonly string[]): void {
    if (!this.#taken) return;
    const rows = this.rows;
    let text = "";
    for (let row = 0; row < rows; row++) {
      const line = lines[row] ?? "";
      // Cleared first: at the right edge clearing the rest would take the last character.
      if (line !== this.#shown[row]) text += `\u001b[${String(row + 1)};1H\u001b[2K${line}`;
    }
    this.#shown = Array.from({ length: rows }, (_, row) => lines[row] ?? "");
    if (text !== "") this.#io.stdout.write(text);
  }

  /** Gives the terminal back as it was found. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#late?.dispose();
    for (const one of this.#disposables) one.dispose();
    this.#release();
  }

  #take(): void {
    if (this.#closed || this.#io.signal?.aborted === true) return;
    const { stdin, stdout } = this.#io;
    if (this.hasKeys && stdin !== undefined) {
      this.#rawBefore = stdin.isRaw === true;
      stdin.setRawMode?.(true);
      stdin.resume();
    }
    this.#shown = [];
    this.#taken = true;
    stdout.write(ENTER);
  }

  #release(): void {
    if (!this.#taken) return;
    this.#taken = false;
    const { stdin, stdout } = this.#io;
    stdout.write(LEAVE);
    if (!this.hasKeys || stdin === undefined) return;
    stdin.setRawMode?.(this.#rawBefore);
    stdin.pause();
  }

  #redraw(): void {
    if (!this.#taken) return;
    this.#shown = [];
    this.#io.stdout.write("\u001b[2J");
    this.#listeners.onRedraw();
  }

  #hear(text: string): void {
    this.#late?.dispose();
    this.#late = null;
    for (const key of this.#keys.feed(text)) this.#press(key);
    if (!this.#keys.waiting || this.#closed) return;
    this.#late = this.#clock.schedule(() => this.#keys.settle().forEach((key) => this.#press(key)), ESCAPE_MS);
  }

  #press(key: Key): void {
    if (this.#closed) return;
    if (key.name === "suspend") this.#suspend();
    else this.#listeners.onKey(key);
  }

  /** Stops as any program does at Ctrl+Z; when it goes on it takes the terminal again. */
  #suspend(): void {
    const { suspend } = this.#io;
    if (suspend === undefined) return;
    this.#release();
    suspend();
    // While the process is stopped no timer runs; where nobody could wake it, it was not stopped.
    this.#clock.schedule(() => {
      this.#take();
      this.#redraw();
    }, RESUME_MS);
  }
}
