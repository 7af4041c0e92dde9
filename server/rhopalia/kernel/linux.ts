/** Kernels on Linux: found in /proc by their command lines, looked at with the few files of their processes. */
import type { Host } from "../../host/host.ts";
import { pageBytes } from "../page-size.ts";
import { commandOf } from "../process/names.ts";
import { isPid, PIECE, turn } from "../process/scan.ts";
import { bootedMs, emptyStat, parseStat, TICKS_A_SECOND, type Stat } from "../process/stat.ts";
import { Unreadable } from "../reason.ts";
import { Scanner } from "../scanner.ts";
import { smallText } from "../small-file.ts";
import { kernelCommand } from "./command.ts";
import { START_TREMBLE_MS, type FoundKernel, type IoSight, type KernelEye, type Looked } from "./eye.ts";
import { TreeCpu } from "./tree-cpu.ts";

const LOOK_MS = 1000;
const SCAN_MS = 4000;
/** A process may become another program soon after it began (fork and exec): it is read again for so long. */
const YOUNG_MS = 10_000;
/** And now and then later, in case a pid was given again between two scans. */
const AGAIN_MS = 60_000;
/** Of more parents, processes of one kernel and threads whose children are asked for, the rest is left out. */
const MOST_ANCESTORS = 32;
const MOST_PROCESSES = 256;
const MOST_THREADS = 512;
const MS_A_TICK = 1000 / TICKS_A_SECOND;

/** A process whose command line was read. */
interface Read {
  readonly firstAt: number;
  readAt: number;
  /** Null: no kernel. */
  candidate: Candidate | null;
}

interface Candidate extends Pick<FoundKernel, "language" | "connection"> {
  readonly pid: number;
  /** The whole command line: a fork has the same as its parent, a wrapper another. */
  readonly words: string;
}

/** The eye on Linux. */
export class LinuxEye implements KernelEye {
  readonly lookMs = LOOK_MS;
  readonly scanMs = SCAN_MS;
  readonly #host: Host;
  readonly #scanner = new Scanner("/proc/<pid>/stat");
  readonly #known = new Map<number, Read>();
  readonly #cpu = new Map<number, TreeCpu>();
  /** By parent, from the last scan; only where the system does not tell a process's children. */
  #census: Map<number, number[]> | null = null;
  #pageBytes = 0;
  #bootedMs = NaN;
  #user: string | null = null;

  constructor(host: Host) {
    this.#host = host;
  }

  async scan(signal: AbortSignal): Promise<readonly FoundKernel[]> {
    const now = this.#host.clock.monotonic();
    const present = new Set<number>();
    let read = 0;
    for (const name of this.#list()) {
      if (!isPid(name)) continue;
      const pid = Number(name);
      present.add(pid);
      const known = this.#known.get(pid);
      if (known !== undefined && !isDue(known, now)) continue;
      const candidate = candidateOf(pid, commandOf(this.#host, pid));
      if (known === undefined) this.#known.set(pid, { firstAt: now, readAt: now, candidate });
      else Object.assign(known, { readAt: now, candidate });
      if (++read % PIECE !== 0) continue;
      await turn();
      if (signal.aborted) return [];
    }
    for (const pid of [...this.#known.keys()]) if (!present.has(pid)) this.#known.delete(pid);
    if (this.#census !== null) this.#census = this.#takeCensus(present);
    const candidates = [...this.#known.values()].flatMap(({ candidate }) => candidate ?? []);
    return this.#kernelsAmong(candidates).flatMap((one) => this.#foundAs(one) ?? []);
  }

  find(pid: number, startedAt: number, language: string): FoundKernel | null {
    const found = this.#foundAs({ pid, language, connection: "" });
    if (found === null || Math.abs(found.startedAt - startedAt) > START_TREMBLE_MS) return null;
    const connection = candidateOf(pid, commandOf(this.#host, pid))?.connection ?? "";
    return { ...found, connection };
  }

  look({ pid, startedAt }: Pick<FoundKernel, "pid" | "startedAt">): Looked {
    const stat = emptyStat();
    if (!this.#stat(pid, stat) || isDead(stat)) return "gone";
    if (Math.abs(this.#startMs(stat) - startedAt) > START_TREMBLE_MS) return "gone";
    const peakBytes = this.#peak(pid);
    // It is ending: its memory is given back already, and what is left of it would be taken for its last size.
    if (stat.pages === 0 && peakBytes === null) return "gone";
    let cpu = this.#cpu.get(pid);
    if (cpu?.start !== stat.start) this.#cpu.set(pid, (cpu = new TreeCpu(pid, stat.start)));
    const rssBytes = stat.pages * this.#page();
    let sumBytes = rssBytes;
    let { threads } = stat;
    cpu.begin();
    cpu.see(pid, stat);
    const pids = [pid];
    for (const child of this.#descendants(pid)) {
      if (!this.#stat(child, stat)) continue;
      cpu.see(child, stat);
      if (isDead(stat)) continue;
      pids.push(child);
      sumBytes += stat.pages * this.#page();
      threads += stat.threads;
    }
    const used = cpu.end();
    return {
      time: this.#host.clock.now(),
      rssBytes,
      sumBytes,
      peakBytes,
      cpuMs: used.ticks * MS_A_TICK,
      childCpuMs: used.childTicks * MS_A_TICK,
      cores: null,
      pids,
      threads,
      io: this.#io(pid),
    };
  }

  async shared(pids: readonly number[]): Promise<number | null> {
    let sum: number | null = null;
    for (const [index, pid] of pids.entries()) {
      try {
        // Walks the process's pages: outside the event loop.
        const text = (await this.#host.files.bytes(`/proc/${String(pid)}/smaps_rollup`)).toString("latin1");
        const [, kib = ""] = /^Pss:\s+(\d{1,15}) kB$/m.exec(text) ?? [];
        if (kib !== "") sum = (sum ?? 0) + Number(kib) * 1024;
      } catch {
        // Without the kernel's own the sum says nothing; a child may have ended by now.
        if (index === 0) return null;
      }
    }
    return sum;
  }

  ancestors(pid: number): readonly number[] {
    const found: number[] = [];
    const stat = emptyStat();
    let current = pid;
    while (found.length < MOST_ANCESTORS && this.#stat(current, stat)) {
      if (stat.parent <= 0 || found.includes(stat.parent)) break;
      found.push(stat.parent);
      current = stat.parent;
    }
    return found;
  }

  alive(pid: number): boolean {
    const stat = emptyStat();
    return this.#stat(pid, stat) && !isDead(stat);
  }

  forget(pid: number): void {
    this.#cpu.delete(pid);
    this.#known.delete(pid);
  }

  #list(): readonly string[] {
    try {
      return this.#host.files.list("/proc");
    } catch (error) {
      throw new Unreadable("/proc", error);
    }
  }

  /**
   * Of candidates for one connection those that are it: a kernel that forked has children with its own command line, and
   * `conda run` and the like stand above it with another one.
   */
  #kernelsAmong(candidates: readonly Candidate[]): readonly Candidate[] {
    const kernels: Candidate[] = [];
    for (const group of Map.groupBy(candidates, ({ connection }) => connection).values()) {
      if (group.length === 1) {
        kernels.push(...group);
        continue;
      }
      const above = new Map(group.map(({ pid }) => [pid, new Set(this.ancestors(pid))]));
      const unforked = group.filter(
        (one) => !group.some((other) => above.get(one.pid)?.has(other.pid) === true && other.words === one.words),
      );
      kernels.push(...unforked.filter((one) => !unforked.some((other) => above.get(other.pid)?.has(one.pid) === true)));
    }
    return kernels;
  }

  #foundAs({ pid, language, connection }: Pick<FoundKernel, "pid" | "language" | "connection">): FoundKernel | null {
    const stat = emptyStat();
    if (!this.#stat(pid, stat) || isDead(stat) || !this.#isOwn(pid)) return null;
    const folder = this.#link(pid, "cwd");
    const executable = this.#link(pid, "exe");
    const startedAt = this.#startMs(stat);
    const ancestors = this.ancestors(pid);
    const isWrapper = (one: number) =>
      connection !== "" && commandOf(this.#host, one).some((word) => word.includes(connection));
    const starter = ancestors.find((one) => one !== 1 && !isWrapper(one)) ?? null;
    return { pid, startedAt, language, connection, folder, executable, ancestors, starter };
  }

  #isOwn(pid: number): boolean {
    this.#user ??= userOf(smallText(this.#host, "/proc/self/status") ?? "");
    return userOf(smallText(this.#host, `/proc/${String(pid)}/status`) ?? "") === this.#user;
  }

  /** Empty where it may not be read, and where what it led to is gone. */
  #link(pid: number, name: "cwd" | "exe"): string {
    try {
      const target = this.#host.files.link(`/proc/${String(pid)}/${name}`);
      return target.endsWith(" (deleted)") ? "" : target;
    } catch {
      return "";
    }
  }

  /** False when the process is gone, is not to be read, or makes no sense. */
  #stat(pid: number, into: Stat): boolean {
    const file = this.#host.files.live(`/proc/${String(pid)}/stat`, { atOnce: true });
    try {
      this.#scanner.reset(file.read());
      if (this.#scanner.bytes.length === 0) return false;
      parseStat(this.#scanner, into);
      return true;
    } catch {
      return false;
    } finally {
      file.dispose();
    }
  }

  #startMs({ start }: Stat): number {
    if (Number.isNaN(this.#bootedMs)) this.#bootedMs = bootedMs(this.#host);
    return this.#bootedMs + start * MS_A_TICK;
  }

  #page(): number {
    if (this.#pageBytes === 0) this.#pageBytes = pageBytes(this.#host);
    return this.#pageBytes;
  }

  #peak(pid: number): number | null {
    const status = smallText(this.#host, `/proc/${String(pid)}/status`) ?? "";
    const [, kib = ""] = /^VmHWM:\s+(\d{1,15}) kB$/m.exec(status) ?? [];
    return kib === "" ? null : Number(kib) * 1024;
  }

  #io(pid: number): IoSight | null {
    const text = smallText(this.#host, `/proc/${String(pid)}/io`);
    if (text === null) return null;
    const value = (key: string) => Number(new RegExp(`^${key}: (\\d{1,19})$`, "m").exec(text)?.[1] ?? NaN);
    const io = {
      diskRead: value("read_bytes"),
      diskWrite: value("write_bytes"),
      read: value("rchar"),
      write: value("wchar"),
    };
    return Object.values(io).every(Number.isFinite) ? io : null;
  }

  /** Every process below one, the nearest first. */
  #descendants(pid: number): readonly number[] {
    const found = [pid];
    let threads = 0;
    for (let index = 0; index < found.length && found.length < MOST_PROCESSES; index++) {
      const current = found[index] ?? 0;
      if (this.#census !== null) {
        found.push(...(this.#census.get(current) ?? []));
        continue;
      }
      for (const thread of this.#threads(current).slice(0, MOST_THREADS - threads)) {
        threads++;
        for (const child of this.#children(current, thread)) if (!found.includes(child)) found.push(child);
      }
    }
    return found.slice(1, MOST_PROCESSES);
  }

  #threads(pid: number): readonly string[] {
    try {
      return this.#host.files.list(`/proc/${String(pid)}/task`);
    } catch {
      return [];
    }
  }

  #children(pid: number, thread: string): readonly number[] {
    const text = smallText(this.#host, `/proc/${String(pid)}/task/${thread}/children`);
    // A kernel without CONFIG_PROC_CHILDREN, as a sandbox's: from now on the scan tells who is whose child.
    if (text === null && thread === String(pid) && this.alive(pid)) this.#census = new Map();
    return (text ?? "").split(" ").filter(isPid).map(Number);
  }

  #takeCensus(pids: ReadonlySet<number>): Map<number, number[]> {
    const children = new Map<number, number[]>();
    const stat = emptyStat();
    for (const pid of pids) {
      if (!this.#stat(pid, stat)) continue;
      const siblings = children.get(stat.parent);
      if (siblings === undefined) children.set(stat.parent, [pid]);
      else siblings.push(pid);
    }
    return children;
  }
}

function isDue({ firstAt, readAt }: Read, now: number): boolean {
  return now - firstAt < YOUNG_MS || now - readAt >= AGAIN_MS;
}

function candidateOf(pid: number, argv: readonly string[]): Candidate | null {
  const command = kernelCommand(argv);
  return command === null ? null : { ...command, pid, words: argv.join("\0") };
}

/** The real user, as the system writes it. */
function userOf(status: string): string {
  return /^Uid:\s+(\d+)/m.exec(status)?.[1] ?? "";
}

/** It has ended, and nobody has asked how yet. */
function isDead({ state }: Stat): boolean {
  return state === "Z" || state === "X" || state === "x";
}
