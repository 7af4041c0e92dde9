/** Keeps one nvidia-smi that goes on talking: started again with back-off when it ends, cut when it hangs. */
import type { Disposable, Host } from "../../host/host.ts";
import { ProgramFailed } from "../../host/programs.ts";
import type { Line } from "./nvidia-lines.ts";
import { NvidiaSilent, troubleOf } from "./nvidia-trouble.ts";

/** The wait before it is started again, doubled each time up to the longest. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

/** Where there is no GPU there will hardly be one soon (a box of them may still be plugged in). */
const NOTHING_HERE_WAIT_MS = 600_000;

/** Having talked this long it was well, and the next wait is the first again. */
const WELL_AFTER_MS = 30_000;

/** Without the persistence daemon a driver takes seconds for each GPU before the first line. */
const FIRST_LINE_MS = 30_000;

/** Lines in a row without sense before it is said aloud; a single one may be cut. */
const DAMAGED_IN_A_ROW = 3;

/** A complaint is over when this many intervals passed without it. */
const COMPLAINT_INTERVALS = 2.5;

/** What is run: a file and what comes before the question, so that a stand-in can answer in tests. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
}

/** What a loop is made from. */
export interface LoopOptions {
  readonly host: Host;
  readonly program: () => Program | null;
  readonly question: string;
  readonly intervalMs: number;
  /** It may say nothing and be well (no process computes): only its end is then a failure. */
  readonly mayBeSilent: boolean;
  /** Takes a line; answers what it was. */
  readonly onLine: (line: string) => Line<unknown>;
}

/** One supervised child. */
export class NvidiaLoop {
  readonly #options: LoopOptions;
  #child: Disposable | null = null;
  #timer: Disposable | null = null;
  #wanted = false;
  #waitMs = FIRST_WAIT_MS;
  #startedAt = 0;
  #heardAt = 0;
  #spoke = false;
  #words = "";
  #wordsAt = -Infinity;
  #damaged = 0;
  #lastDamage = "";
  #trouble: Error | null = null;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** Why it gives no figures; null while it does, or was only just started. */
  get trouble(): Error | null {
    if (this.#trouble !== null) return this.#trouble;
    if (this.#damaged < DAMAGED_IN_A_ROW) return null;
    return new NvidiaSilent(
      `nvidia-smi says what cannot be understood: ${this.#lastDamage}. Another driver version may help.`,
    );
  }

  start(): void {
    this.#wanted = true;
    this.#waitMs = FIRST_WAIT_MS;
    if (this.#child === null) this.#spawn();
  }

  /** Ends the child; what it said last is forgotten. */
  stop(): void {
    this.#wanted = false;
    this.#end();
    this.#trouble = null;
  }

  #spawn(): void {
    const program = this.#options.program();
    this.#end();
    if (program === null) {
      this.#failed(new NvidiaSilent("nvidia-smi is not installed any more.", true));
      return;
    }
    const { question, intervalMs, host } = this.#options;
    this.#startedAt = this.#heardAt = host.clock.monotonic();
    this.#spoke = false;
    this.#child = host.programs.stream(
      program.file,
      [...program.args, question, "--format=csv,noheader,nounits", `--loop-ms=${String(intervalMs)}`],
      {
        onLine: (line) => this.#hear(line),
        onEnd: ({ code, failure, stderr }) => {
          this.#child = null;
          this.#failed(this.#endReason(code, failure, stderr));
        },
      },
    );
    this.#watch();
  }

  #hear(line: string): void {
    this.#heardAt = this.#options.host.clock.monotonic();
    this.#spoke = true;
    if (line.trim() === "") return;
    const parsed = this.#options.onLine(line);
    if (parsed.kind === "value") {
      this.#damaged = 0;
      // A complaint that comes with every round, about another GPU, is not over with this one's figures.
      if (this.#heardAt - this.#wordsAt > COMPLAINT_INTERVALS * this.#options.intervalMs) {
        this.#trouble = null;
        this.#words = "";
      }
      if (this.#heardAt - this.#startedAt >= WELL_AFTER_MS) this.#waitMs = FIRST_WAIT_MS;
    } else if (parsed.kind === "words") {
      this.#wordsAt = this.#heardAt;
      this.#words = `${this.#words} ${parsed.text}`.trim().slice(-500);
      // It may go on all the same, for the other GPUs.
      this.#trouble = troubleOf(this.#words);
    } else {
      this.#damaged++;
      this.#lastDamage = JSON.stringify(line.slice(0, 60));
    }
  }

  /** Looks now and then whether it still talks. */
  #watch(): void {
    if (this.#options.mayBeSilent) return;
    const { host, intervalMs } = this.#options;
    const patienceMs = Math.max(5 * intervalMs, 10_000);
    const look = (): void => {
      const now = host.clock.monotonic();
      const allowedMs = this.#spoke ? patienceMs : Math.max(FIRST_LINE_MS, patienceMs);
      const silentMs = now - this.#heardAt;
      if (silentMs < allowedMs) {
        this.#timer = host.clock.schedule(look, allowedMs - silentMs, { unref: true });
        return;
      }
      this.#end();
      const seconds = String(Math.round(silentMs / 1000));
      this.#failed(
        new NvidiaSilent(
          `nvidia-smi has said nothing for ${seconds} s and was ended. The driver may hang: look at dmesg for Xid errors.`,
        ),
      );
    };
    this.#timer = host.clock.schedule(look, patienceMs, { unref: true });
  }

  #endReason(code: number | null, failure: Error | null, stderr: string): Error {
    if (failure !== null) {
      const gone = failure instanceof ProgramFailed && failure.code === "ENOENT";
      return gone ? new NvidiaSilent("nvidia-smi is not installed any more.", true) : failure;
    }
    const said = [this.#words, stderr].filter((text) => text !== "").join(" ");
    if (said !== "") return troubleOf(said);
    const how = code === null ? "was ended by a signal" : `ended by itself (exit code ${String(code)})`;
    return new NvidiaSilent(`nvidia-smi ${how} without a word.`);
  }

  #failed(reason: Error): void {
    this.#end();
    this.#trouble = reason;
    if (!this.#wanted) return;
    const nothing = reason instanceof NvidiaSilent && reason.nothingHere;
    const wait = nothing ? NOTHING_HERE_WAIT_MS : this.#waitMs;
    this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
    this.#timer = this.#options.host.clock.schedule(() => this.#spawn(), wait, { unref: true });
  }

  #end(): void {
    this.#timer?.dispose();
    this.#timer = null;
    this.#child?.dispose();
    this.#child = null;
    this.#damaged = 0;
    this.#words = "";
    this.#wordsAt = -Infinity;
  }
}
