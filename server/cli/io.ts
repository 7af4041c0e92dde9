/** What a command reads from and writes to; in tests plain objects stand in for the process. */
import type { TerminalStyle } from "../bell/terminal-style.ts";
import { styleOf } from "../bell/terminal-style.ts";
import type { Disposable } from "../host/host.ts";

/** Errors that are kept while a screen is shown. */
const MOST_HELD = 100;

/** An output. The process's own streams fit. */
export interface CliStream {
  /** False: wait for `drain` before more. */
  write(text: string): unknown;
  once?(event: "drain", listener: () => void): unknown;
  /** The terminal has another size. */
  on?(event: "resize", listener: () => void): unknown;
  off?(event: "resize", listener: () => void): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** An input from which keys can be read. The process's own fits. */
export interface CliInput {
  readonly isTTY?: boolean | undefined;
  readonly isRaw?: boolean | undefined;
  setRawMode?(raw: boolean): unknown;
  on(event: "data", listener: (chunk: Buffer | string) => void): unknown;
  off(event: "data", listener: (chunk: Buffer | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** The surroundings of a command. */
export interface CliIo {
  /** Absent: no keys. */
  readonly stdin?: CliInput;
  readonly stdout: CliStream;
  readonly stderr: CliStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Overrides what `stdout` says of itself. */
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Ends the command in good order: Ctrl+C, or the reader of a pipe has gone. */
  readonly signal?: AbortSignal;
  /** Calls the listener when the process ends, however it does short of SIGKILL, before its last words are printed. */
  readonly onEnd?: (listener: () => void) => Disposable;
  /** Stops this process and its job, as Ctrl+Z does, until they are to go on. Absent where there is no such thing. */
  readonly suspend?: () => void;
}

/** Keeps what is said while a screen is shown; the oldest goes first where it is too much. */
export class HeldLines implements CliStream {
  #texts: string[] = [];

  write(text: string): void {
    this.#texts.push(text);
    if (this.#texts.length > MOST_HELD) this.#texts.shift();
  }

  /** Says it all, once. */
  release(stream: CliStream): void {
    for (const text of this.#texts) stream.write(text);
    this.#texts = [];
  }
}

/** Wrong use of the command line: told on stderr, with exit code 64. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** How the output can be written to now; asked again for each frame, because a window can change its width. */
export function styleNow(io: CliIo): TerminalStyle {
  return styleOf({
    env: io.env,
    isTTY: io.isTTY ?? io.stdout.isTTY === true,
    columns: io.columns ?? io.stdout.columns,
  });
}

/**
 * This process's streams. The first Ctrl+C (or SIGTERM, SIGHUP, a closed pipe) ends the command in good order, a
 * second one at once.
 */
export function processIo(): CliIo {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stop.abort());
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    stop.abort();
  });
  const { stdin, stdout, stderr, env } = process;
  const suspending = process.platform === "win32" ? {} : { suspend };
  return { stdin, stdout, stderr, env, signal: stop.signal, onEnd, ...suspending };
}

function onEnd(listener: () => void): Disposable {
  // An error that nobody caught is printed between the two.
  const events = ["uncaughtExceptionMonitor", "exit"] as const;
  for (const event of events) process.once(event, listener);
  return {
    dispose: () => {
      for (const event of events) process.removeListener(event, listener);
    },
  };
}

function suspend(): void {
  // The whole job, as the terminal would: the shell waits for the process that started this one.
  process.kill(0, "SIGTSTP");
}
