/** Processes on macOS and Windows, through systeminformation: a program of the system, so asked seldom. */
import os from "node:os";
import { t } from "@vscode/l10n";
import type { Reading } from "../../../protocol/reading.ts";
import { watchAttributes, type ProcessWatch } from "../../config/watch.ts";
import type { Host } from "../../host/host.ts";
import { Malformed, type Rhopalium } from "../rhopalium.ts";
import type { Library, SystemInformation } from "../systeminformation.ts";
import { matches } from "../wildcard.ts";
import { DEFAULT_TOP, type ProcessOptions } from "./linux.ts";
import * as names from "./metrics.ts";
import { Top } from "./top.ts";

/** One process as the library lists it. */
export type Listed = Awaited<ReturnType<Library["processes"]>>["list"][number];

const KIB = 1024;

/** Two starts of one pid that are nearer to each other are one: no system gives a pid again so soon. */
const TREMBLE_MS = 5000;

class OtherProcesses implements Rhopalium {
  readonly name = "process";
  readonly metrics = [
    ...names.TOP_METRICS.filter((info) => info.name !== names.THREADS),
    ...names.COUNT_METRICS,
    ...names.WATCH_METRICS.filter((info) => info.name !== names.WATCH_THREADS),
  ];
  readonly #host: Host;
  readonly #information: SystemInformation;
  readonly #top: number;
  readonly #watches: () => readonly ProcessWatch[];
  readonly #pinned = new Map<string, { readonly pid: number; readonly startedMs: number }>();
  /** By pid, as first told: the library makes it from an age in whole seconds, so that it trembles. */
  #starts = new Map<number, number>();
  readonly #cores: () => number;

  constructor(host: Host, information: SystemInformation, options: ProcessOptions, cores: () => number) {
    this.#host = host;
    this.#information = information;
    this.#top = options.top ?? DEFAULT_TOP;
    this.#watches = options.watches ?? (() => []);
    this.#cores = cores;
  }

  async read(signal: AbortSignal): Promise<readonly Reading[]> {
    const { list } = await this.#information.ask("the processes", (library) => library.processes(), signal);
    // There is always at least this one.
    if (!Array.isArray(list) || list.length === 0) throw new Malformed("systeminformation", t("it lists no process"));
    const sound = list.filter((one) => Number.isInteger(one.pid) && one.pid > 0 && amount(one.memRss) !== null);
    this.#starts = new Map(sound.map((one) => [one.pid, this.#startOf(one)]));
    const byCpu = new Top<Listed>(this.#top, (one) => this.#share(one) ?? 0);
    const byMemory = new Top<Listed>(this.#top, (one) => one.memRss);
    for (const one of sound) {
      byCpu.offer(one);
      byMemory.offer(one);
    }
    const readings: Reading[] = [];
    const seen = new Set<string>();
    for (const one of new Set([...byCpu.items, ...byMemory.items])) {
      const attributes = names.identity(one.pid, one.name.slice(0, 60), this.#startOf(one), "");
      const pid = String(one.pid);
      if (seen.has(pid)) continue; // A list that was made while it changed may name one twice.
      seen.add(pid);
      const share = this.#share(one);
      if (share !== null) readings.push({ metric: names.CPU, attributes, value: share });
      readings.push({ metric: names.MEMORY, attributes, value: one.memRss * KIB });
    }
    for (const watch of this.#watches()) this.#pushWatch(readings, watch, sound);
    const running = sound.filter((one) => one.state === "running").length;
    readings.push({ metric: names.COUNT, attributes: { "process.state": "running" }, value: running });
    readings.push({ metric: names.COUNT, attributes: { "process.state": "sleeping" }, value: sound.length - running });
    return readings;
  }

  /** macOS counts in percent of one core, Windows in percent of all. */
  #share(one: Listed): number | null {
    const percent = amount(one.cpu);
    if (percent === null) return null;
    return Math.min(1, percent / 100 / (this.#host.platform === "win32" ? 1 : Math.max(1, this.#cores())));
  }

  #pushWatch(into: Reading[], watch: ProcessWatch, list: readonly Listed[]): void {
    const attributes = watchAttributes(watch);
    const found = list.filter((one) => (watch.pid === 0 ? matches(watch.name, one.name) : this.#isPinned(watch, one)));
    into.push({ metric: names.WATCH_COUNT, attributes, value: found.length });
    if (found.length === 0) return;
    const cpu = found.reduce((total, one) => total + (this.#share(one) ?? 0), 0);
    into.push({ metric: names.WATCH_CPU, attributes, value: Math.min(1, cpu) });
    const memory = found.reduce((total, one) => total + one.memRss * KIB, 0);
    into.push({ metric: names.WATCH_MEMORY, attributes, value: memory });
  }

  #isPinned(watch: ProcessWatch, one: Listed): boolean {
    if (one.pid !== watch.pid) return false;
    let pin = this.#pinned.get(watch.id);
    const startedMs = this.#startOf(one);
    if (pin?.pid !== watch.pid) this.#pinned.set(watch.id, (pin = { pid: watch.pid, startedMs }));
    return Math.abs(pin.startedMs - startedMs) <= TREMBLE_MS;
  }

  #startOf(one: Listed): number {
    const told = startOf(one);
    const before = this.#starts.get(one.pid);
    return before !== undefined && Math.abs(before - told) <= TREMBLE_MS ? before : told;
  }

  dispose(): void {
    // Holds nothing.
  }
}

/** A number that makes sense; null for any other. */
export function amount(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

/** `2026-11-22 16:35:01` in local time; 0 where the system did not tell. */
export function startOf(one: Listed): number {
  const time = Date.parse(one.started.replace(" ", "T"));
  return Number.isFinite(time) ? time : 0;
}

/** The top processes by CPU and by memory, those watched, and how many there are. `cores` is Node's, but for tests. */
export function otherProcesses(
  host: Host,
  information: SystemInformation,
  options: ProcessOptions = {},
  cores: () => number = () => os.cpus().length,
): Rhopalium {
  return new OtherProcesses(host, information, options, cores);
}
