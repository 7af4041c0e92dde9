/** The processes that use most CPU and memory right now: all are looked at now and then, the suspects each time. */
import type { Attributes, MetricInfo, Reading } from "../../../protocol/reading.ts";
import type { Clock, Files, Host } from "../../host/host.ts";
import type { Rhopalium } from "../rhopalium.ts";

const CPU = "gorgon.runaway.cpu.cores";
const MEMORY = "gorgon.runaway.memory.usage";

/** How many of each are told. */
const TOLD = 3;
/** How many of each are watched between two looks at all. */
const SUSPECTS = 8;
/** A look at every process of a busy machine takes milliseconds: not at each read. */
const CENSUS_MS = 3000;
/** The kernel gives its times in USER_HZ, which is 100 on every Linux that Node runs on (proc(5), sysconf(3)). */
const TICK_S = 0.01;

/** Fields of /proc/pid/stat behind the name, counted from the state (proc_pid_stat(5)): utime, stime, starttime, rss. */
const UTIME = 11;
const STIME = 12;
const START = 19;
const RSS = 21;

/** One process as it was at a moment. */
interface Sight {
  readonly pid: number;
  /** Ticks since boot; with the pid it tells a process from a later one of the same number. */
  readonly start: number;
  readonly name: string;
  readonly cpuTicks: number;
  readonly bytes: number;
  readonly atMs: number;
}

/** What a sight and the one before it say. */
interface Usage {
  readonly sight: Sight;
  /** Cores in use since the sight before; null when there was none. */
  readonly cores: number | null;
}

/** What the sensor gives. */
export const RUNAWAY_METRICS: readonly MetricInfo[] = [
  {
    name: CPU,
    unit: "{core}",
    kind: "gauge",
    description: "Cores that a process uses; the three busiest",
    transient: true,
  },
  {
    name: MEMORY,
    unit: "By",
    kind: "gauge",
    description: "Resident memory of a process; the three largest",
    transient: true,
  },
];

class LinuxRunaway implements Rhopalium {
  readonly name = "runaway";
  readonly metrics = RUNAWAY_METRICS;
  readonly #files: Files;
  readonly #clock: Clock;
  readonly #pageBytes: number;
  #seen = new Map<number, Sight>();
  #suspects: readonly number[] = [];
  #censusAt = -Infinity;

  constructor(host: Host, pageBytes: number) {
    this.#files = host.files;
    this.#clock = host.clock;
    this.#pageBytes = pageBytes;
  }

  read(): readonly Reading[] {
    const now = this.#clock.monotonic();
    const census = now - this.#censusAt >= CENSUS_MS;
    const usages: Usage[] = [];
    const seen = new Map<number, Sight>();
    for (const pid of census ? this.#everyPid() : this.#suspects) {
      const sight = this.#look(pid, now);
      if (sight === null) continue; // It ended while we looked, which is no failure.
      seen.set(pid, sight);
      usages.push({ sight, cores: coresSince(this.#seen.get(pid), sight) });
    }
    const busiest = top(usages, (one) => one.cores ?? -1);
    const largest = top(usages, (one) => one.sight.bytes);
    if (census) {
      this.#censusAt = now;
      this.#suspects = [...new Set([...busiest, ...largest].map((one) => one.sight.pid))];
      this.#seen = seen;
    } else {
      // Only the suspects were seen; what was known of the others stays for the next look at all.
      for (const [pid, sight] of seen) this.#seen.set(pid, sight);
    }
    return [
      ...busiest.slice(0, TOLD).flatMap(({ sight, cores }) => (cores === null ? [] : [reading(CPU, sight, cores)])),
      ...largest.slice(0, TOLD).map(({ sight }) => reading(MEMORY, sight, sight.bytes)),
    ];
  }

  dispose(): void {
    this.#seen.clear();
  }

  #everyPid(): number[] {
    return this.#files
      .list("/proc")
      .filter((name) => /^[1-9]\d*$/.test(name))
      .map(Number);
  }

  #look(pid: number, atMs: number): Sight | null {
    let text: string;
    try {
      text = this.#files.text(`/proc/${String(pid)}/stat`);
    } catch {
      return null;
    }
    // The name stands in brackets and may hold blanks and brackets itself: the last closing one ends it.
    const open = text.indexOf("(");
    const close = text.lastIndexOf(")");
    if (open < 0 || close < open) return null;
    const fields = text.slice(close + 2).split(" ");
    const numbers = [UTIME, STIME, START, RSS].map((index) => Number(fields[index] ?? NaN));
    const [user = NaN, system = NaN, start = NaN, pages = NaN] = numbers;
    if (!numbers.every(Number.isFinite)) return null;
    const name = text.slice(open + 1, close);
    return { pid, start, name, cpuTicks: user + system, bytes: Math.max(0, pages) * this.#pageBytes, atMs };
  }
}

function coresSince(before: Sight | undefined, now: Sight): number | null {
  if (before?.start !== now.start) return null;
  const seconds = (now.atMs - before.atMs) / 1000;
  const ticks = now.cpuTicks - before.cpuTicks;
  return seconds > 0 && ticks >= 0 ? (ticks * TICK_S) / seconds : null;
}

function top(usages: readonly Usage[], by: (one: Usage) => number): Usage[] {
  return [...usages].sort((a, b) => by(b) - by(a)).slice(0, SUSPECTS);
}

function reading(metric: string, { pid, name }: Sight, value: number): Reading {
  const attributes: Attributes = { "process.pid": String(pid), "process.executable.name": name };
  return { metric, attributes, value };
}

/** The worst processes. `pageBytes`: the size of a memory page, which the kernel counts in. */
export function linuxRunaway(host: Host, pageBytes: number): Rhopalium {
  return new LinuxRunaway(host, pageBytes);
}
