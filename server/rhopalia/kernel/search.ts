/** Searches for kernels: at the sensor's pace, at once for who asks, and soon after a connection file came. */
import type { Clock, Disposable, Host } from "../../host/host.ts";
import { ConnectionFiles } from "./connection-files.ts";
import type { FoundKernel, KernelEye } from "./eye.ts";

/** Who asks is content with a search that began so short ago. */
const FRESH_MS = 300;
/** Polls tremble: a little early is in time. */
const EARLY = 0.9;
/**
 * When a search follows a connection file: a front end writes it, starts the kernel then, and a wrapper (a shell, `conda run`)
 * becomes or starts the kernel itself only later.
 */
const AFTER_MS = [150, 500, 1000, 2000] as const;
/** Where a search runs a program of the system, it is done once. */
const AFTER_SLOWLY_MS = [1500] as const;

/** What the search needs. */
export interface SearchOptions {
  readonly host: Host;
  readonly eye: KernelEye;
  /** False while the user has switched the sensor off. */
  readonly enabled: () => boolean;
  /** Everything found by a search that came to its end. */
  readonly onFound: (found: readonly FoundKernel[]) => void;
}

/** One search at a time. */
export class KernelSearch implements Disposable {
  readonly #options: SearchOptions;
  readonly #clock: Clock;
  readonly #files: ConnectionFiles;
  readonly #closing = new AbortController();
  #beganAt = -Infinity;
  #underWay: Promise<void> | null = null;
  /** When a connection file came last, and the search that follows. */
  #fileAt = -Infinity;
  #following: Disposable | null = null;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.#clock = options.host.clock;
    this.#files = new ConnectionFiles({ host: options.host, onFile: () => this.#expect() });
  }

  /** Searches when it is time again. Rejects as `KernelEye.scan` does. */
  async keepPace(signal: AbortSignal): Promise<void> {
    this.#files.open();
    if (this.#ageMs() < this.#options.eye.scanMs * EARLY) return;
    await this.#search(signal);
  }

  /** Searches, unless that was done a moment ago. Never rejects: what cannot be seen is said to the sensor's poll. */
  async now(): Promise<void> {
    if (this.#ageMs() < FRESH_MS || !this.#options.enabled()) return;
    await this.#search(this.#closing.signal).catch(() => undefined);
  }

  dispose(): void {
    this.#closing.abort();
    this.#following?.dispose();
    this.#files.dispose();
  }

  #ageMs(): number {
    return this.#clock.monotonic() - this.#beganAt;
  }

  #search(signal: AbortSignal): Promise<void> {
    this.#underWay ??= this.#searchOnce(signal).finally(() => (this.#underWay = null));
    return this.#underWay;
  }

  async #searchOnce(signal: AbortSignal): Promise<void> {
    const began = this.#clock.monotonic();
    const found = await this.#options.eye.scan(signal);
    if (signal.aborted || this.#closing.signal.aborted) return;
    this.#beganAt = began;
    this.#options.onFound(found);
  }

  #expect(): void {
    if (this.#closing.signal.aborted || !this.#options.enabled()) return;
    this.#fileAt = this.#clock.monotonic();
    this.#following ??= this.#follow();
  }

  #follow(): Disposable | null {
    const ageMs = this.#clock.monotonic() - this.#fileAt;
    const after = this.#options.eye.lookMs > 1000 ? AFTER_SLOWLY_MS : AFTER_MS;
    const dueMs = after.find((one) => one > ageMs);
    if (dueMs === undefined) return null;
    const search = () => {
      void this.#search(this.#closing.signal).catch(() => undefined); // the sensor's poll says why
      this.#following = this.#closing.signal.aborted ? null : this.#follow();
    };
    return this.#clock.schedule(search, dueMs - ageMs, { unref: true });
  }
}
