/** The deaths of kernels: waits for what is still to be heard of one, and comes to a verdict. */
import { randomUUID } from "node:crypto";
import type { CellRecord } from "../../../protocol/cell.ts";
import type { DeathCause, KernelDeath } from "../../../protocol/kernel.ts";
import type { Clock, Disposable } from "../../host/host.ts";
import type { Log } from "../../host/log.ts";
import type { DeathReport } from "../../wire/kernel-watcher.ts";
import { diedAt, type DeathFacts } from "./evidence.ts";
import type { KernelEye } from "./eye.ts";
import { recordOf } from "./measure.ts";
import type { Tracked } from "./tracked.ts";
import { isAlarming, verdict } from "./verdict.ts";
import type { WatcherRunner } from "./watcher.ts";

/** Deaths are remembered for so long, and so many. */
export const REMEMBERED_MS = 3_600_000;
const MOST_DEATHS = 50;
/** How long the watcher's word is waited for, which itself waits until the process is reaped. */
const REPORT_WAIT_MS = 3500;
/** A window that closes ends its kernels a moment before itself. */
const ORPHAN_WAIT_MS = 1500;
/** Who asks a kernel to end may be heard of a moment later than its end. */
const LEAVE_WAIT_MS = 500;

/** What is needed to judge. */
export interface DeathsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly eye: Pick<KernelEye, "alive">;
  readonly runner: Pick<WatcherRunner, "watches" | "why">;
  /** Called when one is gone, before anything is concluded from what it ran. */
  readonly onVanished: (one: Tracked) => void;
  /** Called once for each death. */
  readonly onDeath: (one: Tracked, death: KernelDeath) => void;
}

/** Those that die, and those that died. */
export class Deaths {
  readonly #options: DeathsOptions;
  readonly #waiting = new Map<Tracked, Disposable>();
  readonly #told = new WeakSet<Tracked>();
  readonly #counts = new Map<DeathCause, number>();
  #deaths: readonly KernelDeath[] = [];
  #closed = false;

  constructor(options: DeathsOptions) {
    this.#options = options;
  }

  /** Since the worker began, by cause. */
  get counts(): ReadonlyMap<DeathCause, number> {
    return this.#counts;
  }

  /** Of the last so many milliseconds, newest first. */
  within(milliseconds: number): readonly KernelDeath[] {
    const now = this.#options.clock.now();
    return this.#deaths.filter(({ time }) => now - time < milliseconds);
  }

  /** A kernel is not there any more. */
  vanished(one: Tracked): void {
    this.#goes(one);
    // The watcher knows in a moment how it ended.
    const word = one.report === null && this.#options.runner.watches(one.found.pid);
    this.#in(one, word ? REPORT_WAIT_MS : this.#patience(one));
  }

  /** The watcher said how one ended. */
  hear(one: Tracked, report: DeathReport): void {
    this.#goes(one);
    one.report = report;
    this.#in(one, this.#patience(one));
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#waiting.values()) timer.dispose();
    this.#waiting.clear();
  }

  #goes(one: Tracked): void {
    if (one.gone) return;
    one.gone = true;
    this.#options.onVanished(one);
  }

  /** Who was idle and whose end nobody can explain may have ended with its window: whether that goes too shows soon. */
  #patience(one: Tracked): number {
    const { report, running, busy } = one;
    const unexplained = report === null || !report.exitKnown || report.signal === "SIGKILL";
    const oom = report?.oom ?? null;
    const explained = oom !== null && oom.after > oom.before;
    if (!unexplained || explained || one.isLeaving(this.#options.clock.now())) return 0;
    return running === null && !busy ? ORPHAN_WAIT_MS : LEAVE_WAIT_MS;
  }

  #in(one: Tracked, waitMs: number): void {
    this.#waiting.get(one)?.dispose();
    this.#waiting.delete(one);
    if (waitMs === 0) this.#conclude(one);
    else
      this.#waiting.set(
        one,
        this.#options.clock.schedule(() => this.#conclude(one), waitMs, { unref: true }),
      );
  }

  #conclude(one: Tracked): void {
    this.#waiting.delete(one);
    if (this.#closed || this.#told.has(one)) return;
    this.#told.add(one);
    const { log, onDeath } = this.#options;
    const death = verdict(this.#factsOf(one));
    this.#counts.set(death.cause, (this.#counts.get(death.cause) ?? 0) + 1);
    this.#deaths = [death, ...this.within(REMEMBERED_MS)].slice(0, MOST_DEATHS);
    log[isAlarming(death) ? "warn" : "info"](`kernel ${String(death.kernel.pid)}: ${death.sentence}`);
    onDeath(one, death);
  }

  #factsOf(one: Tracked): DeathFacts {
    const { kernel, found, report, running, busy, limit } = one;
    const { clock, runner, eye } = this.#options;
    const now = clock.now();
    const last = one.lastSize(diedAt({ report, time: now }));
    return {
      ...{ id: randomUUID(), kernel, time: now },
      ...{ connection: found.connection, folder: found.folder, ancestors: found.ancestors },
      report,
      unwatched: report === null ? runner.why : "",
      counted: report === null ? (one.kills?.since() ?? null) : null,
      leaving: one.isLeaving(now),
      orphaned: found.starter !== null && !eye.alive(found.starter),
      ...{ running, busy, lastBytes: last?.bytes ?? null, lastAt: last?.time ?? null },
      limit: limit === null ? null : { bytes: limit.bytes, source: limit.source },
    };
  }
}

/** The record of the cell that a kernel ran when it ended; null when it ran none, or nobody looked. */
export function lastRecord(one: Tracked, { cause, time }: KernelDeath): CellRecord | null {
  if (one.running === null) return null;
  const { cell, startedAt: from } = one.running;
  const run = { kernel: one.kernel, cell, from, to: Math.max(from, time), limit: one.limit };
  const outcome = cause === "ended" ? "interrupted" : "died";
  return recordOf({ ...run, outcome, idleSince: one.idleSince(from) }, one.looks);
}
