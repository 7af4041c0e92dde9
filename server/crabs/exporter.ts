/** The exporter: hands every snapshot to an arm, in order, through a bounded queue that never holds up the sender. */
import type { Snapshot } from "../../protocol/reading.ts";
import type { Clock, Disposable } from "../host/host.ts";
import { silentLog, type Log } from "../host/log.ts";
import { withDeadline } from "./deadline.ts";

/** Snapshots that wait; half an hour of a guardian's at 2 s. */
const QUEUE = 1000;
/** Handed over at once. */
const BATCH = 100;
const DEADLINE_MS = 10_000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
/** How long a closing exporter may take for what still waits. */
const FAREWELL_MS = 2000;

/** A link to another process. */
export interface Arm {
  readonly name: string;
  /**
   * Hands snapshots over, oldest first; resolves when the other side has them. Called again with the same ones after a
   * rejection, so the other side must know a snapshot by its id. `signal` aborts at the deadline. Never called twice at
   * a time.
   */
  deliver(snapshots: readonly Snapshot[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** How an exporter is doing. */
export interface ExporterStats {
  readonly delivered: number;
  readonly waiting: number;
  /** Oldest ones given up because the queue was full, or that were left at the end. */
  readonly dropped: number;
  /** Attempts that failed. */
  readonly failures: number;
  /** Why the last attempt failed; empty when it did not. */
  readonly reason: string;
  /** How long the last attempt took, milliseconds. */
  readonly lastMs: number;
}

/** What an exporter needs. */
export interface ExporterOptions {
  readonly arm: Arm;
  readonly clock: Clock;
  readonly log?: Log;
  /** Snapshots that may wait; 1,000 by default. */
  readonly queueSize?: number;
  /** Snapshots handed over at once; 100 by default. */
  readonly batchSize?: number;
  /** Milliseconds that one hand-over may take; 10,000 by default. */
  readonly deadlineMs?: number;
}

/** Feeds one arm. */
export class CrabExporter {
  readonly name: string;
  readonly #arm: Arm;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #queueSize: number;
  readonly #batchSize: number;
  readonly #deadlineMs: number;
  readonly #queue: Snapshot[] = [];
  /** How many at the head of the queue are being handed over. */
  #inFlight = 0;
  #delivered = 0;
  #dropped = 0;
  #failures = 0;
  #consecutive = 0;
  #reason = "";
  #lastMs = 0;
  #timer: Disposable | null = null;
  #running: Promise<void> | null = null;
  /** A hand-over that passed its deadline and has not ended yet: the arm is not called again before it does. */
  #hanging: Promise<void> | null = null;
  #closed = false;

  /** Throws RangeError for sizes that cannot be. */
  constructor(options: ExporterOptions) {
    this.#arm = options.arm;
    this.name = options.arm.name;
    this.#clock = options.clock;
    this.#log = options.log ?? silentLog;
    this.#queueSize = whole("queue", options.queueSize ?? QUEUE);
    this.#batchSize = whole("batch", options.batchSize ?? BATCH);
    this.#deadlineMs = whole("deadline", options.deadlineMs ?? DEADLINE_MS);
  }

  /** Takes a snapshot. Returns at once; the oldest one that waits gives way when there is no room. */
  offer(snapshot: Snapshot): void {
    if (this.#closed) return;
    if (this.#queue.length >= this.#queueSize) {
      // Those under way may have arrived already: the oldest of the others goes.
      const gone = this.#queue.splice(Math.min(this.#inFlight, this.#queue.length - 1), 1);
      this.#inFlight = Math.min(this.#inFlight, this.#queue.length);
      this.#dropped += gone.length;
      if (this.#dropped === 1) this.#log.warn(`${this.name}: the queue is full; the oldest snapshots are dropped`);
    }
    this.#queue.push(snapshot);
    this.#pump();
  }

  stats(): ExporterStats {
    return {
      delivered: this.#delivered,
      waiting: this.#queue.length,
      dropped: this.#dropped,
      failures: this.#failures,
      reason: this.#reason,
      lastMs: this.#lastMs,
    };
  }

  /** Makes a last attempt with what waits, for two seconds at most, and closes the arm. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.dispose();
    this.#timer = null;
    await this.#within(this.#drain());
    this.#dropped += this.#queue.length;
    this.#queue.length = 0;
    await this.#arm.close();
  }

  async #drain(): Promise<void> {
    await this.#running;
    while (this.#queue.length > 0 && this.#hanging === null) {
      const before = this.#queue.length;
      await this.#handOver();
      if (this.#queue.length === before) return;
    }
  }

  async #within(work: Promise<void>): Promise<void> {
    await withDeadline(() => work, FAREWELL_MS, this.#clock).result.catch(() => undefined);
  }

  #pump(): void {
    if (this.#running !== null || this.#timer !== null || this.#closed || this.#queue.length === 0) return;
    this.#running = this.#handOver().finally(() => {
      this.#running = null;
      this.#next();
    });
  }

  #next(): void {
    if (this.#closed || this.#queue.length === 0) return;
    if (this.#consecutive === 0) {
      this.#pump();
      return;
    }
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#consecutive - 1));
    this.#timer = this.#clock.schedule(
      () => {
        this.#timer = null;
        this.#pump();
      },
      waitMs,
      { unref: true },
    );
  }

  async #handOver(): Promise<void> {
    if (this.#hanging !== null) {
      this.#consecutive += 1;
      return;
    }
    const batch = this.#queue.slice(0, this.#batchSize);
    this.#inFlight = batch.length;
    const began = this.#clock.monotonic();
    const attempt = withDeadline((signal) => this.#arm.deliver(batch, signal), this.#deadlineMs, this.#clock);
    const work = { ended: false };
    const hanging = attempt.ended.then(() => {
      work.ended = true;
      this.#hanging = null;
    });
    try {
      await attempt.result;
      this.#queue.splice(0, this.#inFlight);
      this.#delivered += batch.length;
      if (this.#consecutive > 0) this.#log.info(`${this.name}: takes snapshots again`);
      this.#consecutive = 0;
      this.#reason = "";
    } catch (error) {
      this.#failures += 1;
      this.#consecutive += 1;
      this.#reason = error instanceof Error && error.message !== "" ? error.message : String(error);
      const message = `${this.name}: a hand-over failed: ${this.#reason}`;
      if (this.#consecutive === 1) this.#log.warn(message);
      else this.#log.debug(message);
      await Promise.resolve();
      if (!work.ended) this.#hanging = hanging;
    } finally {
      this.#inFlight = 0;
      this.#lastMs = this.#clock.monotonic() - began;
    }
  }
}

/** Feeds an exporter with every snapshot of a hub until disposed. */
export function exportFrom(
  hub: { on(event: "snapshot", listener: (snapshot: Snapshot) => void): Disposable },
  exporter: Pick<CrabExporter, "offer">,
): Disposable {
  return hub.on("snapshot", (snapshot) => exporter.offer(snapshot));
}

function whole(what: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`The exporter's ${what} cannot be ${String(value)}: give a whole number of at least 1.`);
}
