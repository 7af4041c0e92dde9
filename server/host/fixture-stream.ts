/** A long-lived program for tests: it says what the test says, when the test says it. */
import type { StreamEnd, StreamOptions, Talking } from "./host.ts";

/** One program that a `FixtureHost` was asked to stream. */
export class FixtureStream implements Talking {
  readonly file: string;
  readonly args: readonly string[];
  /** Whether it still runs: neither ended nor called off. */
  running = true;
  /** What was said to it, oldest first. */
  readonly heard: string[] = [];
  readonly #options: StreamOptions;

  constructor(file: string, args: readonly string[], options: StreamOptions) {
    this.file = file;
    this.args = args;
    this.#options = options;
  }

  write(line: string): void {
    if (this.running) this.heard.push(line);
  }

  /** Says some lines. */
  say(...lines: readonly string[]): void {
    for (const line of lines) if (this.running) this.#options.onLine(line);
  }

  /** Ends by itself. */
  end(end: Partial<StreamEnd> = {}): void {
    if (!this.running) return;
    this.running = false;
    this.#options.onEnd({ code: 0, failure: null, stderr: "", ...end });
  }

  dispose(): void {
    this.running = false;
  }
}
