/** Walks /proc and keeps the few numbers of every process, in pieces, so that the event loop is never held up. */
import type { Host } from "../../host/host.ts";
import { codeOf, Unreadable } from "../reason.ts";
import { Malformed } from "../rhopalium.ts";
import { Scanner } from "../scanner.ts";
import { programOf } from "./names.ts";
import { emptyStat, parseStat } from "./stat.ts";

/** So many are read at a time, some 2 ms of work, before everybody else has a turn. */
export const PIECE = 150;

/** What a process that vanishes, or is not ours to read, answers. */
const GONE: ReadonlySet<string> = new Set(["ENOENT", "ESRCH", "EACCES", "EPERM"]);

/** One process. Objects are kept and filled again while the process lives. */
export interface Process {
  readonly pid: number;
  /** Clock ticks since the machine started. */
  readonly start: number;
  state: string;
  ticks: number;
  /** CPU time since the scan before; null when there was none, or it was not seen then and is older. */
  tickDelta: number | null;
  threads: number;
  pages: number;
  /** The kernel's short name (at most 15 bytes) and the program's file name; empty unless names were asked for. */
  name: string;
  program: string;
}

interface Kept extends Process {
  seenIn: number;
  nameBytes: Buffer;
}

/** What a scan found. */
export interface Scanned {
  readonly processes: ReadonlyMap<number, Process>;
  /** Since the scan before; NaN for the first. */
  readonly elapsedMs: number;
  /** The first line that could not be understood; null when all could. */
  readonly malformed: Malformed | null;
}

/** Scans again and again. */
export class ProcessScan {
  readonly #host: Host;
  readonly #processes = new Map<number, Kept>();
  readonly #scanner = new Scanner("/proc/<pid>/stat");
  readonly #stat = emptyStat();
  #scan = 0;
  #scannedMs = NaN;
  /** The start of the youngest process of the last scan: what is unknown and started later is new since then. */
  #youngest = Infinity;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Reads every process. `withNames`: their names are wanted too. Throws Unreadable when /proc cannot be listed. */
  async run(signal: AbortSignal, withNames: boolean): Promise<Scanned> {
    const scan = ++this.#scan;
    const now = this.#host.clock.monotonic();
    const elapsedMs = now - this.#scannedMs;
    let youngest = 0;
    let malformed: Malformed | null = null;
    let read = 0;
    for (const name of this.#list()) {
      if (!isPid(name)) continue;
      if (read++ > 0 && read % PIECE === 0) {
        await turn();
        // Half a scan would take what it did not reach for gone, and then for new.
        if (signal.aborted) throw new Error("The scan of /proc was called off before its end.");
      }
      try {
        const one = this.#read(name, scan, withNames);
        if (one !== null && one.start > youngest) youngest = one.start;
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        malformed ??= error;
      }
    }
    for (const [pid, one] of this.#processes) if (one.seenIn !== scan) this.#processes.delete(pid);
    this.#youngest = youngest;
    this.#scannedMs = now;
    return { processes: this.#processes, elapsedMs, malformed };
  }

  /** The short name of a process of the last scan. */
  nameOf(one: Process): string {
    const kept = this.#processes.get(one.pid);
    return kept === undefined ? "" : kept.nameBytes.toString("utf8");
  }

  #list(): readonly string[] {
    try {
      return this.#host.files.list("/proc");
    } catch (error) {
      throw new Unreadable("/proc", error);
    }
  }

  #read(pidText: string, scan: number, withNames: boolean): Kept | null {
    const file = this.#host.files.live(`/proc/${pidText}/stat`, { atOnce: true });
    try {
      this.#scanner.reset(file.read());
    } catch (error) {
      if (GONE.has(codeOf(error))) return null;
      throw new Unreadable(`/proc/${pidText}/stat`, error);
    } finally {
      file.dispose();
    }
    const stat = this.#stat;
    const scanner = this.#scanner;
    if (scanner.bytes.length === 0) return null; // It ended between opening and reading.
    parseStat(scanner, stat);
    const pid = Number(pidText);
    const name = scanner.bytes.subarray(stat.nameFrom, stat.nameTo);
    let one = this.#processes.get(pid);
    if (one?.start === stat.start) {
      // Time that went back is damage, or a clock of the kernel that was mended: no figure.
      one.tickDelta = stat.ticks >= one.ticks ? stat.ticks - one.ticks : null;
    } else {
      const tickDelta = stat.start > this.#youngest ? stat.ticks : null;
      const { start } = stat;
      const fresh = { state: "", ticks: 0, threads: 0, pages: 0, name: "", program: "", seenIn: 0 };
      one = { ...fresh, pid, start, tickDelta, nameBytes: Buffer.from(name) };
      this.#processes.set(pid, one);
    }
    if (!one.nameBytes.equals(name)) {
      one.nameBytes = Buffer.from(name);
      one.name = ""; // It runs another program now, or renamed itself.
    }
    if (withNames && one.name === "") {
      one.name = one.nameBytes.toString("utf8");
      one.program = programOf(this.#host, pid, one.name);
    }
    one.state = stat.state;
    one.ticks = stat.ticks;
    one.threads = stat.threads;
    one.pages = stat.pages;
    one.seenIn = scan;
    return one;
  }
}

/** Whether a name in /proc is a process. */
export function isPid(name: string): boolean {
  const first = name.charCodeAt(0);
  return first >= 0x31 && first <= 0x39 && /^\d{1,10}$/.test(name);
}

/** Lets everybody else have a turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
