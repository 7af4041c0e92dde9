/** Runs the small Python program that sees how kernels end: while there are some, with an interpreter that works. */
import { t } from "@vscode/l10n";
import type { Clock, Disposable, Host, StreamEnd, Talking } from "../../host/host.ts";
import type { Log } from "../../host/log.ts";
import { parseWatcherLine, type DeathReport } from "../../wire/kernel-watcher.ts";

/** It stays for so long after the last kernel: notebooks are closed and opened again. */
const LINGER_MS = 15_000;
/** Pause before it is started again, doubled each time up to the longest; and how long it must run to begin anew. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
const SETTLED_MS = 30_000;

/** What the runner needs. */
export interface WatcherOptions {
  readonly host: Pick<Host, "clock" | "programs">;
  readonly log: Log;
  /** Path of the program; null where it was not packed. */
  readonly program: string | null;
  /** Interpreters to try, the best first; asked at every start. */
  readonly pythons: () => readonly string[];
  readonly onDied: (report: DeathReport) => void;
}

/** A process to be watched. */
export interface Watched {
  readonly pid: number;
  readonly startedAt: number;
  /** Where faulthandler writes; empty where it does not. */
  readonly faults: string;
}

/** Keeps the program running while something is to be watched. */
export class WatcherRunner {
  readonly #options: WatcherOptions;
  readonly #clock: Clock;
  readonly #watched = new Map<number, Watched>();
  readonly #confirmed = new Set<number>();
  /** Interpreters that could not run it, since the last time that one could. */
  readonly #failed = new Set<string>();
  #talking: Talking | null = null;
  #linger: Disposable | null = null;
  #restart: Disposable | null = null;
  #startedAt = -Infinity;
  #pauseMs = FIRST_PAUSE_MS;
  #why = "";
  #closed = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#clock = options.host.clock;
  }

  /** Why it does not run although it should, in words; empty when it does. */
  get why(): string {
    return this.#why;
  }

  /** Watches a process; again with other words, when more is known of it. */
  watch(watched: Watched): void {
    if (this.#closed) return;
    this.#watched.set(watched.pid, watched);
    if (this.#talking !== null) this.#say({ watch: watched });
    else if (this.#restart === null) this.#start();
  }

  /** Watches it no more. */
  forget(pid: number): void {
    this.#confirmed.delete(pid);
    if (!this.#watched.delete(pid)) return;
    this.#say({ forget: { pid } });
    if (this.#watched.size > 0) return;
    this.#linger?.dispose();
    this.#linger = this.#clock.schedule(() => this.#rest(), LINGER_MS, { unref: true });
  }

  /** Whether it said that it watches this process, so that it will say how it ends. */
  watches(pid: number): boolean {
    return this.#talking !== null && this.#confirmed.has(pid);
  }

  close(): void {
    this.#closed = true;
    this.#watched.clear();
    this.#rest();
  }

  #rest(): void {
    this.#linger?.dispose();
    this.#linger = null;
    if (this.#watched.size > 0) return;
    this.#restart?.dispose();
    this.#restart = null;
    this.#talking?.dispose();
    this.#talking = null;
    this.#confirmed.clear();
    this.#why = "";
  }

  #start(): void {
    this.#restart?.dispose();
    this.#restart = null;
    if (this.#closed || this.#watched.size === 0 || this.#talking !== null) return;
    const { program, pythons, log, host } = this.#options;
    if (program === null) {
      this.#why = t("The program that watches kernels (watcher.py) is missing from this installation.");
      return;
    }
    const python = [...new Set(pythons())].find((one) => !this.#failed.has(one));
    if (python === undefined) {
      if (this.#why === "") log.info("No Python was found that can watch kernels; how one ends is not seen.");
      this.#why = t("No Python was found that can watch kernels. Install Python 3.8 or later as python3.");
      this.#again();
      return;
    }
    log.debug(`kernels are watched with ${python}`);
    this.#startedAt = this.#clock.monotonic();
    this.#why = "";
    // Isolated: neither the environment nor the user's site may change what it does.
    this.#talking = host.programs.stream(python, ["-I", program], {
      input: true,
      onLine: (line) => this.#hear(line),
      onEnd: (end) => this.#ended(python, end),
    });
    for (const watched of this.#watched.values()) this.#say({ watch: watched });
  }

  #hear(line: string): void {
    const said = parseWatcherLine(line);
    if (said === null) {
      this.#options.log.debug("The watcher of kernels said something that is not understood.");
      return;
    }
    if ("watching" in said) {
      if (this.#watched.has(said.watching.pid)) this.#confirmed.add(said.watching.pid);
      // It works: who failed before may have been in the making.
      this.#failed.clear();
      return;
    }
    if (!this.#watched.has(said.died.pid)) return;
    this.#options.onDied(said.died);
  }

  #ended(python: string, { code, failure, stderr }: StreamEnd): void {
    this.#talking = null;
    const worked = this.#confirmed.size > 0;
    this.#confirmed.clear();
    if (this.#closed) return;
    const why = failure?.message ?? (stderr === "" ? `exit code ${String(code)}` : stderr.split("\n").at(-1));
    this.#options.log.debug(`The watcher of kernels ended: ${why ?? ""}`);
    if (!worked) {
      // Another interpreter may do, at once.
      this.#failed.add(python);
      this.#start();
      return;
    }
    if (this.#clock.monotonic() - this.#startedAt >= SETTLED_MS) this.#pauseMs = FIRST_PAUSE_MS;
    this.#again();
  }

  #again(): void {
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    this.#restart?.dispose();
    this.#restart = this.#clock.schedule(
      () => {
        this.#failed.clear();
        this.#start();
      },
      pauseMs,
      { unref: true },
    );
  }

  #say(message: { readonly watch: Watched } | { readonly forget: { readonly pid: number } }): void {
    this.#talking?.write(JSON.stringify(message));
  }
}
