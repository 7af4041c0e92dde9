/** What a command reads from and writes to; in tests plain objects stand in for the process. */
import type { TerminalStyle } from "../bell/terminal-style.ts";
import { styleOf } from "../bell/terminal-style.ts";

/** An output. The process's own streams fit. */
export interface CliStream {
  /** False: wait for `drain` before more. */
  write(text: string): unknown;
  once?(event: "drain", listener: () => void): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** The surroundings of a command. */
export interface CliIo {
  readonly stdout: CliStream;
  readonly stderr: CliStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Overrides what `stdout` says of itself. */
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Ends the command in good order: Ctrl+C, or the reader of a pipe has gone. */
  readonly signal?: AbortSignal;
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
  return { stdout: process.stdout, stderr: process.stderr, env: process.env, signal: stop.signal };
}
