/** Processes on Linux: a scan of /proc/<pid>/stat, and more of the few that stand out or are watched. */
import type { Attributes, Reading } from "../../../protocol/reading.ts";
import { watchAttributes, type ProcessWatch } from "../../config/watch.ts";
import type { Host } from "../../host/host.ts";
import { cpusIn } from "../cpu-list.ts";
import { pageBytes } from "../page-size.ts";
import { PartialFailure, type Rhopalium } from "../rhopalium.ts";
import { smallText } from "../small-file.ts";
import { matches } from "../wildcard.ts";
import { IoRates } from "./io.ts";
import * as names from "./metrics.ts";
import { commandOf, detailOf, programOf } from "./names.ts";
import { ProcessScan, type Process } from "./scan.ts";
import { bootedMs, TICKS_A_SECOND } from "./stat.ts";
import { Top } from "./top.ts";

/** How many are shown by CPU, and as many by memory. */
export const DEFAULT_TOP = 10;

/** What the kernel's letters mean (proc_pid_stat(5)), in OpenTelemetry's words. */
const STATES: Readonly<Record<string, string>> = {
  R: "running",
  T: "stopped",
  t: "stopped",
  Z: "defunct",
  X: "defunct",
};
const SLEEPING = "sleeping";

/** What the sensor can be told. */
export interface ProcessOptions {
  /** How many by CPU, and as many by memory; 10 by default. */
  readonly top?: number;
  /** Asked at every reading, so that a changed configuration counts at once. */
  readonly watches?: () => readonly ProcessWatch[];
}

class LinuxProcesses implements Rhopalium {
  readonly name = "process";
  readonly metrics = [
    ...names.TOP_METRICS,
    ...names.IO_METRICS,
    ...names.COUNT_METRICS,
    ...names.WATCH_METRICS,
    ...names.WATCH_IO_METRICS,
  ];
  readonly #host: Host;
  readonly #top: number;
  readonly #watches: () => readonly ProcessWatch[];
  readonly #scan: ProcessScan;
  readonly #io: IoRates;
  /** By pid watch: the process that had the pid when it was first seen. Another one with that pid is not it. */
  readonly #pinned = new Map<string, { readonly pid: number; readonly start: number }>();
  #pageBytes = 0;
  #bootedMs = NaN;

  constructor(host: Host, options: ProcessOptions) {
    this.#host = host;
    this.#top = options.top ?? DEFAULT_TOP;
    this.#watches = options.watches ?? (() => []);
    this.#scan = new ProcessScan(host);
    this.#io = new IoRates(host);
  }

  async read(signal: AbortSignal): Promise<readonly Reading[]> {
    const watches = this.#watches();
    const byName = watches.some((watch) => watch.pid === 0);
    const { processes, elapsedMs, malformed } = await this.#scan.run(signal, byName);
    const cores = coresOf(this.#host);
    const shareOf = (one: Process): number | null =>
      one.tickDelta === null || !(elapsedMs > 0)
        ? null
        : Math.min(1, (one.tickDelta * 1000) / TICKS_A_SECOND / elapsedMs / cores);

    const byCpu = new Top<Process>(this.#top, (one) => one.tickDelta ?? 0);
    const byMemory = new Top<Process>(this.#top, (one) => one.pages);
    const counts = new Map<string, number>([[SLEEPING, 0], ...Object.values(STATES).map((one) => [one, 0] as const)]);
    for (const one of processes.values()) {
      byCpu.offer(one);
      byMemory.offer(one);
      const state = STATES[one.state] ?? SLEEPING;
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    const watched = watches.map((watch) => ({ watch, found: this.#find(watch, processes) }));
    this.#forgetPins(watches);
    const shown = new Set([...byCpu.items, ...byMemory.items]);
    this.#io.begin();
    for (const one of new Set([...shown, ...watched.flatMap(({ found }) => found)])) this.#io.read(one);

    const readings: Reading[] = [];
    for (const one of shown) this.#push(readings, this.#identify(one), one, shareOf(one));
    for (const { watch, found } of watched) this.#pushWatch(readings, watch, found, shareOf);
    for (const [state, value] of counts) {
      readings.push({ metric: names.COUNT, attributes: { "process.state": state }, value });
    }
    if (malformed !== null) throw new PartialFailure(readings, malformed.message);
    return readings;
  }

  #push(into: Reading[], attributes: Attributes, one: Process, share: number | null): void {
    if (share !== null) into.push({ metric: names.CPU, attributes, value: share });
    into.push({ metric: names.MEMORY, attributes, value: one.pages * this.#page() });
    into.push({ metric: names.THREADS, attributes, value: one.threads });
    const io = this.#io.rates(one);
    if (io === null) return;
    into.push({ metric: names.IO_RATE, attributes: { ...attributes, ...names.READ }, value: io.read });
    into.push({ metric: names.IO_RATE, attributes: { ...attributes, ...names.WRITE }, value: io.write });
  }

  #pushWatch(
    into: Reading[],
    watch: ProcessWatch,
    found: readonly Process[],
    shareOf: (one: Process) => number | null,
  ): void {
    const attributes = watchAttributes(watch);
    into.push({ metric: names.WATCH_COUNT, attributes, value: found.length });
    if (found.length === 0) return;
    const sum = (valueOf: (one: Process) => number) => found.reduce((total, one) => total + valueOf(one), 0);
    const shares = found.map(shareOf);
    if (shares.some((one) => one !== null)) {
      const value = Math.min(
        1,
        shares.reduce<number>((total, one) => total + (one ?? 0), 0),
      );
      into.push({ metric: names.WATCH_CPU, attributes, value });
    }
    into.push({ metric: names.WATCH_MEMORY, attributes, value: sum((one) => one.pages) * this.#page() });
    into.push({ metric: names.WATCH_THREADS, attributes, value: sum((one) => one.threads) });
    const rates = found.map((one) => this.#io.rates(one)).filter((one) => one !== null);
    if (rates.length === 0) return;
    const read = rates.reduce((total, one) => total + one.read, 0);
    const write = rates.reduce((total, one) => total + one.write, 0);
    into.push({ metric: names.WATCH_IO, attributes: { ...attributes, ...names.READ }, value: read });
    into.push({ metric: names.WATCH_IO, attributes: { ...attributes, ...names.WRITE }, value: write });
  }

  #find(watch: ProcessWatch, processes: ReadonlyMap<number, Process>): readonly Process[] {
    if (watch.pid === 0) {
      return [...processes.values()].filter((one) => matches(watch.name, one.name) || matches(watch.name, one.program));
    }
    const one = processes.get(watch.pid);
    if (one === undefined) return [];
    let pin = this.#pinned.get(watch.id);
    if (pin?.pid !== watch.pid) this.#pinned.set(watch.id, (pin = { pid: watch.pid, start: one.start }));
    return pin.start === one.start ? [one] : [];
  }

  #forgetPins(watches: readonly ProcessWatch[]): void {
    const ids = new Set(watches.map((watch) => watch.id));
    for (const id of this.#pinned.keys()) if (!ids.has(id)) this.#pinned.delete(id);
  }

  #identify(one: Process): Attributes {
    const program = programOf(this.#host, one.pid, this.#scan.nameOf(one));
    const detail = detailOf(program, commandOf(this.#host, one.pid));
    return names.identity(one.pid, program, this.#booted() + (one.start * 1000) / TICKS_A_SECOND, detail);
  }

  /** Read once: it moves with every correction of the clock, and must not, because it names processes. */
  #booted(): number {
    if (Number.isNaN(this.#bootedMs)) {
      this.#bootedMs = bootedMs(this.#host);
    }
    return this.#bootedMs;
  }

  #page(): number {
    if (this.#pageBytes === 0) this.#pageBytes = pageBytes(this.#host);
    return this.#pageBytes;
  }

  dispose(): void {
    // Holds no files.
  }
}

function coresOf(host: Host): number {
  const online = cpusIn(smallText(host, "/sys/devices/system/cpu/online") ?? "");
  if (online !== null) return online;
  const listed = (smallText(host, "/proc/stat") ?? "").match(/^cpu\d+ /gm)?.length ?? 0;
  return Math.max(1, listed);
}

/** The top processes by CPU and by memory, those watched, and how many there are. Throws Unreadable. */
export function linuxProcesses(host: Host, options: ProcessOptions = {}): Rhopalium {
  return new LinuxProcesses(host, options);
}
