/** Who this process is to the history file: its writer, a follower of another's, or neither and why. */
import { silentLog, type Log } from "../../host/log.ts";
import type { Clock } from "../../host/host.ts";
import { moveAside } from "./private-file.ts";
import { faultOf, reasonOf, type Fault } from "./sqlite-errors.ts";
import { WriterLock } from "./writer-lock.ts";

/** A lock that another program holds for a moment is no trouble; one held over this many tries is. */
const BUSY_TRIES = 3;
/** The wait after a fault doubles up to this. */
const MAX_WAIT_MS = 60_000;

/** A file that can be opened by one writer and many readers. */
export interface SharedFile {
  /** False when the path leads to another file now, or to none. */
  readonly current: boolean;
  /** Sets how many pages it may have. */
  limitPages(pages: number): void;
  close(): void;
}

/** What access needs. */
export interface AccessOptions<F extends SharedFile> {
  readonly path: string;
  readonly clock: Clock;
  readonly log?: Log;
  /** The first wait after a fault, milliseconds. */
  readonly retryMs: number;
  /** Opens the file. Throws FileDamaged, FileNewer and SQLite's errors. */
  readonly open: (role: "writer" | "reader") => F;
  /** Hard limit of the file in pages, asked for at every flush. */
  readonly maxPages?: () => number;
  /** Whether the lock may be taken and held; always by default. */
  readonly mayWrite?: () => boolean;
}

interface Trouble {
  readonly reason: string;
  readonly waitMs: number;
  /** Monotonic. */
  readonly retryAt: number;
}

/** Holds lock and file, and mends what can be mended. */
export class StoreAccess<F extends SharedFile> {
  readonly #options: AccessOptions<F>;
  readonly #log: Log;
  #lock: WriterLock | null = null;
  #file: F | null = null;
  #following = false;
  /** Whether it might have been the writer when it was asked last. */
  #allowed = true;
  #trouble: Trouble | null = null;
  #busy = 0;
  /** What happened to the file; stays on the face until the process ends, because it explains a gap. */
  #notice = "";

  constructor(options: AccessOptions<F>) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
  }

  /** To read from; null when there is none now. */
  get file(): F | null {
    return this.#file;
  }

  get mode(): "writing" | "following" | "memory" {
    if (this.#lock === null) return this.#following ? "following" : "memory";
    return this.#file !== null && this.#trouble === null ? "writing" : "memory";
  }

  /** Whether writing makes sense now: also when the wait after a fault is over. */
  get canWrite(): boolean {
    return this.#lock !== null && this.#file !== null && !this.#waiting;
  }

  /** Whether this process is the one that writes, whatever keeps it from it now. */
  get leads(): boolean {
    return this.#lock !== null;
  }

  /** Whether this process follows by its leadership's word, which will tell when that changes, and can read the file. */
  get settled(): boolean {
    return this.#following && !this.#allowed && this.#file !== null && this.#trouble === null;
  }

  /** Why not `writing`, and what happened to the file. */
  get reason(): string {
    const parts = [this.#notice];
    if (this.#trouble !== null) parts.push(this.#trouble.reason);
    else if (this.mode === "following") parts.push("Another window's Gorgon writes the history; this one reads it.");
    return parts.filter((part) => part !== "").join(" ");
  }

  /** Takes the lock when it is free, opens the file when it is not open or was replaced. Never throws. */
  refresh(): void {
    if (this.#waiting) return;
    try {
      this.#refresh();
    } catch (error) {
      this.report(error);
    }
  }

  /** A write went through. */
  succeeded(): void {
    this.#busy = 0;
    if (this.#trouble === null) return;
    this.#trouble = null;
    this.#log.info(`History is written to ${this.#options.path} again.`);
  }

  /** Something done with lock or file threw this. Mends it, or plans when to try again. Never throws. */
  report(error: unknown): void {
    const fault = faultOf(error);
    if (fault === "busy") {
      this.#busy += 1;
      if (this.#busy >= BUSY_TRIES) this.#wait(fault, error);
    } else if ((fault === "damaged" || fault === "newer") && this.#lock !== null) {
      this.#beginAnew(fault, error);
    } else {
      // A full file can still be read; after anything else it is opened afresh.
      if (fault !== "full") this.#closeFile();
      this.#wait(fault, error);
    }
  }

  close(): void {
    this.#closeFile();
    this.#lock?.release();
    this.#lock = null;
  }

  get #waiting(): boolean {
    return this.#trouble !== null && this.#options.clock.monotonic() < this.#trouble.retryAt;
  }

  #refresh(): void {
    const { path, maxPages } = this.#options;
    if (this.#lock?.valid === false) {
      this.#log.warn(`The lock file of ${path} was removed; the lock is taken anew.`);
      this.#closeFile();
      this.#lock.release();
      this.#lock = null;
    }
    if (this.#file?.current === false) {
      this.#log.info(`${path} was replaced or removed; it is opened anew.`);
      this.#closeFile();
    }
    const mayWrite = this.#options.mayWrite?.() ?? true;
    this.#allowed = mayWrite;
    if (this.#lock !== null && !mayWrite) {
      this.#closeFile();
      this.#lock.release();
      this.#lock = null;
      this.#log.info(`This process writes the history no more: ${path}`);
    }
    if (this.#lock === null) {
      this.#lock = mayWrite ? WriterLock.take(`${path}.lock`) : null;
      if (this.#lock !== null && this.#following) this.#log.info(`This process writes the history now: ${path}`);
      if (this.#lock !== null) this.#closeFile();
      this.#following = this.#lock === null;
    }
    if (this.#file === null) this.#open();
    if (maxPages !== undefined && this.#lock !== null) this.#file?.limitPages(maxPages());
    if (this.#following) this.#trouble = null;
  }

  #open(): void {
    this.#file = this.#options.open(this.#lock === null ? "reader" : "writer");
  }

  #beginAnew(fault: "damaged" | "newer", cause: unknown): void {
    const { path, clock } = this.#options;
    try {
      this.#closeFile();
      const aside = moveAside(path, asideName(fault, cause), clock.now());
      this.#notice =
        fault === "damaged"
          ? `The history file was damaged (${reasonOf(cause)}). It was moved to ${aside}, and a new one was begun.`
          : `The history file is of a newer Gorgon (${reasonOf(cause)}). It was moved to ${aside}, and a new one was ` +
            "begun; update Gorgon and move it back to have it again.";
      this.#log.error(this.#notice);
      this.#open();
    } catch (error) {
      this.#wait("other", error);
    }
  }

  #wait(fault: Fault, error: unknown): void {
    const before = this.#trouble;
    // A follower looks again at every turn: it must see when the writer dies.
    const waitMs = this.#following
      ? 0
      : Math.min(MAX_WAIT_MS, before === null ? this.#options.retryMs : before.waitMs * 2);
    const reason = this.#following
      ? `Another window's Gorgon writes the history, but its file cannot be read now: ${reasonOf(error)}.`
      : `History is kept in memory only: ${whatIsWrong(fault, this.#options.path, reasonOf(error))}`;
    this.#trouble = { reason, waitMs, retryAt: this.#options.clock.monotonic() + waitMs };
    if (before?.reason !== reason) this.#log.warn(reason);
  }

  #closeFile(): void {
    try {
      this.#file?.close();
    } catch (error) {
      this.#log.debug(`${this.#options.path} did not close cleanly: ${reasonOf(error)}`);
    }
    this.#file = null;
  }
}

function asideName(fault: "damaged" | "newer", cause: unknown): string {
  if (fault === "damaged") return "corrupt";
  const version = (cause as { version?: unknown }).version;
  return `newer-v${typeof version === "number" ? String(version) : ""}`;
}

function whatIsWrong(fault: Fault, path: string, message: string): string {
  switch (fault) {
    case "full":
      return `there is no room for ${path} (${message}). Free some space; it goes on by itself.`;
    case "denied":
      return `${path} cannot be written (${message}). Allow this user to write there; it goes on by itself.`;
    case "busy":
      return `another program holds ${path} (${message}). Close it; it goes on by itself.`;
    default:
      return `${path} cannot be used (${message}). It is tried again within a minute.`;
  }
}
