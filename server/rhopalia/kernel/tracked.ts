/** One kernel that is watched: what was seen of it, what is said of it, and what follows. */
import { t } from "@vscode/l10n";
import type { CellRef, KernelRef } from "../../../protocol/cell.ts";
import type { GuardState, KernelState, KernelUsage, RunningCell } from "../../../protocol/kernel.ts";
import type { Level } from "../../../protocol/level.ts";
import type { FoundKernel, TreeSight } from "./eye.ts";
import type { KillCount } from "./kill-count.ts";
import { levelOfShare, type KernelLimit } from "./limit.ts";
import { Looks, type Look } from "./looks.ts";
import type { DeathReport } from "../../wire/kernel-watcher.ts";
import type { SharedMemory } from "./shared.ts";

/** CPU is told over at least so long: the system counts it in hundredths of a second. */
const CPU_OVER_MS = 900;
/** Ends of runs that are remembered. */
const MOST_ENDS = 100;
/** Who was asked to end and has not for so long will not. */
const LEAVING_HOLDS_MS = 60_000;
/** Who uses so much of a core is at work, whether or not somebody says at what. */
const BUSY_CORES = 0.2;

/** So long a process takes at most to die, with gigabytes to give back. */
const DYING_MS = 1000;

/** What a kernel is tracked with. */
export interface TrackedOptions {
  /** Null: no process of this machine; all that is known is what its package says. */
  readonly found: FoundKernel | null;
  readonly kernel: KernelRef;
  /** Its number among those with series in history; 0: it has none. */
  readonly number: number;
  readonly shared: SharedMemory;
}

/** A kernel as found, or as it greeted. */
export class Tracked {
  readonly number: number;
  readonly shared: SharedMemory;
  readonly looks = new Looks();
  kernel: KernelRef;
  executable: string;
  /** Where faulthandler writes; empty where it does not. */
  faults = "";
  measured = false;
  limit: KernelLimit | null = null;
  limitAt = -Infinity;
  gpuBytes: number | null = null;
  kills: KillCount | null = null;
  /** Seen to be gone, and not told yet. */
  gone = false;
  /** What the watcher program said of its end. */
  report: DeathReport | null = null;
  #guard: GuardState | null = null;
  #frozen = "";
  #found: FoundKernel;
  #local: boolean;
  #level: Level = "UNKNOWN";
  #pids: readonly number[] = [];
  #running: { readonly cell: CellRef; readonly startedAt: number } | null = null;
  #peakBytes = 0;
  #leavingAt = -Infinity;
  #cores: number | null = null;
  readonly #ends: number[] = [];

  constructor({ found, kernel, number, shared }: TrackedOptions) {
    const { pid, startedAt, language } = kernel;
    const nothing = { connection: "", folder: "", ancestors: [], executable: "", starter: null };
    this.#found = found ?? { pid, startedAt, language, ...nothing };
    this.#local = found !== null;
    this.kernel = kernel;
    this.number = number;
    this.shared = shared;
    this.executable = this.#found.executable;
  }

  /** The process, as it was found. */
  get found(): FoundKernel {
    return this.#found;
  }

  /** A process of this machine that can be looked at. */
  get local(): boolean {
    return this.#local;
  }

  /** It is a process of this machine after all. */
  settle(found: FoundKernel): void {
    this.#found = found;
    this.#local = true;
  }

  /** Kernel and children at the last look. */
  get pids(): readonly number[] {
    return this.#pids;
  }

  /** The cell that it runs, as far as somebody said. */
  get running(): { readonly cell: CellRef; readonly startedAt: number } | null {
    return this.#running;
  }

  /** What its memory guard does; null: it has none. */
  get guard(): GuardState | null {
    return this.#guard;
  }

  set guard(guard: GuardState | null) {
    if (guard?.phase !== "frozen") this.#frozen = "";
    // Told once and then kept word for word: it names an alert.
    else if (this.#frozen === "") {
      const words = { pid: this.kernel.pid, reason: guard.reason };
      this.#frozen = t(
        "The kernel of process {pid} is frozen by its memory guard and waits for an answer (continue, interrupt or end): {reason}",
        words,
      );
    }
    this.#guard = guard;
  }

  /** Why it is frozen, in a sentence; empty while it is not. */
  get frozen(): string {
    return this.#frozen;
  }

  /** Whether it was at work when it was last looked at. */
  get busy(): boolean {
    return (this.#cores ?? 0) >= BUSY_CORES;
  }

  /** Memory of kernel and children as it counts against a limit, bytes; null before the first look. */
  get bytes(): number | null {
    const { last } = this.looks;
    return last === null ? null : Math.max(last.rssBytes, last.treeBytes ?? 0);
  }

  /**
   * What it had before it died then, and when that was seen; null where nobody looked. Of who is killed for want of memory the
   * system takes the memory before the process is gone: a look that falls into that says nothing.
   */
  lastSize(diedAt: number): { readonly bytes: number; readonly time: number } | null {
    const [before, last] = [this.looks.before((this.looks.last?.time ?? 0) - 1), this.looks.last];
    if (last === null) return null;
    const size = ({ rssBytes, treeBytes }: Look) => Math.max(rssBytes, treeBytes ?? 0);
    const taken = diedAt - last.time < DYING_MS && before !== null && size(last) < size(before);
    const look = taken ? before : last;
    return { bytes: size(look), time: look.time };
  }

  /** Of the limit; null where either is not known. */
  get share(): number | null {
    const { bytes, limit } = this;
    return bytes === null || limit === null ? null : bytes / limit.bytes;
  }

  /** Takes in what was seen now. */
  see(sight: TreeSight): void {
    const { pids, ...rest } = sight;
    this.#pids = pids;
    const treeBytes = pids.length === 1 ? sight.rssBytes : this.shared.bytes;
    const look: Look = { ...rest, children: pids.length - 1, treeBytes };
    this.looks.add(look);
    this.#cores = look.cores ?? this.#coresAt(look) ?? this.#cores;
    if (this.#running !== null) this.#peakBytes = Math.max(this.#peakBytes, look.rssBytes);
    this.#level = levelOfShare(this.share, this.#level);
  }

  /** It runs a cell now, or none. */
  run(running: { readonly cell: CellRef; readonly startedAt: number } | null, now: number): void {
    if (this.#running !== null) this.ended(now);
    this.#running = running;
    this.#peakBytes = 0;
    // What it ran as it was asked to end may be heard of later.
    if (running !== null && running.startedAt > this.#leavingAt) this.#leavingAt = -Infinity;
  }

  /** A run of it ended then. */
  ended(time: number): void {
    this.#ends.push(time);
    if (this.#ends.length > MOST_ENDS) this.#ends.shift();
  }

  /** When the last run ended that ended before this time; 0: none is known. */
  idleSince(time: number): number {
    return this.#ends.reduce((latest, one) => (one <= time && one > latest ? one : latest), 0);
  }

  /** It was asked to end. */
  leave(now: number): void {
    this.#leavingAt = now;
  }

  /** Whether its end would surprise nobody. */
  isLeaving(now: number): boolean {
    return now - this.#leavingAt < LEAVING_HOLDS_MS;
  }

  /** What it uses now; null before the first look. */
  usage(): KernelUsage | null {
    const { last } = this.looks;
    if (last === null) return null;
    const { time, rssBytes, treeBytes, children, threads } = last;
    return { time, rssBytes, treeBytes, cores: this.#cores, children, threads, gpuBytes: this.gpuBytes };
  }

  /** Everything of it, for faces. */
  state(): KernelState {
    const { found, kernel, measured, guard, limit } = this;
    const { connection, folder, ancestors } = found;
    return {
      ...{ kernel, connection, folder, ancestors, measured, guard },
      usage: this.usage(),
      running: this.#runningCell(),
      limit: limit === null ? null : { bytes: limit.bytes, source: limit.source },
      level: this.#level,
    };
  }

  #runningCell(): RunningCell | null {
    return this.#running === null ? null : { ...this.#running, peakBytes: this.#peakBytes };
  }

  #coresAt(look: Look): number | null {
    if (look.cpuMs === null) return null;
    const earlier = this.looks.before(look.time - CPU_OVER_MS);
    const cpuMs = earlier?.cpuMs ?? null;
    return earlier === null || cpuMs === null ? null : Math.max(0, look.cpuMs - cpuMs) / (look.time - earlier.time);
  }
}
