/** A real load on every core, ended by pid. */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

/** Processes that do nothing but compute. */
export interface Burner {
  readonly pids: readonly number[];
  /** Ends them; resolves when all have gone. */
  stop(): Promise<void>;
}

/** How to burn. */
export interface BurnOptions {
  /** Busy loops; default one a core. */
  readonly cores?: number;
  /** Share of the time, 0..1, that each computes; default 1. */
  readonly share?: number;
  /** After so many milliseconds they end by themselves, even when nobody is left to stop them. */
  readonly limitMs?: number;
}

/** Computes for its share of every tenth of a second, until the limit; a loop that never pauses looks at the clock. */
const PROGRAM = `
  const [share, limit] = process.argv.slice(1).map(Number);
  const end = Date.now() + limit;
  const nap = new Int32Array(new SharedArrayBuffer(4));
  while (Date.now() < end) {
    const pause = performance.now() + share * 100;
    while (performance.now() < pause);
    if (share < 1) Atomics.wait(nap, 0, 0, (1 - share) * 100);
  }`;

/** Starts the load. */
export function burn({ cores = availableParallelism(), share = 1, limitMs = 90_000 }: BurnOptions = {}): Burner {
  const children = Array.from({ length: cores }, () =>
    spawn(process.execPath, ["-e", PROGRAM, String(share), String(limitMs)], { stdio: "ignore" }),
  );
  const gone = children.map((child) => new Promise<void>((resolve) => child.once("exit", () => resolve())));
  return {
    pids: children.flatMap((child) => child.pid ?? []),
    stop: async () => {
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(gone);
    },
  };
}
