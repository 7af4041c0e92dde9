/** NVIDIA's GPUs: the newest word of nvidia-smi on each of them, and on what computes there. */
import type { Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { NoData } from "../rhopalium.ts";
import { type Device, PROCESS_MEMORY, deviceAttributes, pushDevice } from "./metrics.ts";
import { DEVICE_QUERY, type GpuProcess, PROCESS_QUERY, parseDevice, parseProcess } from "./nvidia-lines.ts";
import { NvidiaLoop, type Program } from "./nvidia-loop.ts";
import { NvidiaSilent } from "./nvidia-trouble.ts";

/** Two lines may be late or lost; a GPU that misses more is gone. */
const FRESH_INTERVALS = 3.5;

/** Series are bounded: those that hold most are told. */
const MOST_PROCESSES = 16;

/** Where nvidia-smi lies when the search path does not say: WSL, and Windows' own folder. */
const KNOWN_FOLDERS = ["/usr/bin", "/usr/local/bin", "/usr/lib/wsl/lib", "/run/current-system/sw/bin"];

/** How often its figures come, milliseconds. */
export interface NvidiaIntervals {
  readonly devicesMs: number;
  readonly processesMs: number;
}

/** How long a GPU that went away while others stayed is named. */
const GONE_TOLD_MS = 300_000;

interface Seen<T> {
  readonly value: T;
  readonly at: number;
}

/** Devices and processes, as long as each is wanted. */
export class Nvidia {
  readonly #host: Host;
  readonly #intervals: NvidiaIntervals;
  readonly #program: () => Program | null;
  readonly #devices = new Map<string, Seen<Device>>();
  readonly #processes = new Map<string, Seen<GpuProcess>>();
  readonly #gone = new Map<string, Seen<Device>>();
  readonly #deviceLoop: NvidiaLoop;
  readonly #processLoop: NvidiaLoop;

  /** `program` stands in for nvidia-smi; else it is looked for. */
  constructor(host: Host, intervals: NvidiaIntervals, program: Program | null = null) {
    this.#host = host;
    this.#intervals = intervals;
    this.#program = () => program ?? findNvidiaSmi(host);
    const common = { host, program: this.#program };
    this.#deviceLoop = new NvidiaLoop({
      ...common,
      question: `--query-gpu=${DEVICE_QUERY}`,
      intervalMs: intervals.devicesMs,
      mayBeSilent: false,
      onLine: (line) => {
        const parsed = parseDevice(line);
        if (parsed.kind === "value") {
          this.#keep(this.#devices, parsed.value.id, parsed.value);
          this.#gone.delete(parsed.value.id);
        }
        return parsed;
      },
    });
    this.#processLoop = new NvidiaLoop({
      ...common,
      question: `--query-compute-apps=${PROCESS_QUERY}`,
      intervalMs: intervals.processesMs,
      mayBeSilent: true,
      onLine: (line) => {
        const parsed = parseProcess(line);
        if (parsed.kind === "value") {
          this.#keep(this.#processes, `${parsed.value.device} ${parsed.value.pid}`, parsed.value);
        }
        return parsed;
      },
    });
  }

  /** Whether NVIDIA's tool is on this machine. */
  isHere(): boolean {
    return this.#program() !== null;
  }

  watchDevices(wanted: boolean): void {
    if (wanted) this.#deviceLoop.start();
    else this.#deviceLoop.stop();
    if (wanted) return;
    this.#devices.clear();
    this.#gone.clear();
  }

  watchProcesses(wanted: boolean): void {
    if (wanted) this.#processLoop.start();
    else this.#processLoop.stop();
    if (!wanted) this.#processes.clear();
  }

  /**
   * Adds the newest readings. Answers what is wrong; empty when nothing is. Throws NoData where there is no GPU.
   */
  read(into: Reading[]): string {
    const devices = this.#fresh(this.#devices, this.#intervals.devicesMs, (one) => this.#gone.set(one.value.id, one));
    for (const device of devices) pushDevice(into, device);
    this.#pushProcesses(into);
    const { trouble } = this.#deviceLoop;
    if (trouble === null) return this.#goneWords(devices.length);
    if (trouble instanceof NvidiaSilent && trouble.nothingHere && devices.length === 0)
      throw new NoData(trouble.message);
    return trouble.message;
  }

  /** That some went away while others stayed; when all did, the loop knows why. */
  #goneWords(left: number): string {
    const now = this.#host.clock.monotonic();
    for (const [id, { at }] of this.#gone) if (now - at > GONE_TOLD_MS) this.#gone.delete(id);
    if (left === 0 || this.#gone.size === 0) return "";
    const gone = [...this.#gone.values()].map(({ value }) => `${value.name} (${value.id})`);
    return `nvidia-smi no longer tells of ${gone.join(" and ")}: unplugged, or lost. Look at dmesg for Xid errors.`;
  }

  #pushProcesses(into: Reading[]): void {
    const largest = this.#fresh(this.#processes, this.#intervals.processesMs)
      .filter((one) => one.memory !== null)
      .sort((a, b) => (b.memory ?? 0) - (a.memory ?? 0))
      .slice(0, MOST_PROCESSES);
    for (const { device, pid, memory, name } of largest) {
      const known = this.#devices.get(device)?.value;
      const attributes = {
        ...deviceAttributes({ id: device, name: known?.name ?? "NVIDIA GPU" }),
        "process.pid": pid,
        "process.executable.name": name,
      };
      into.push({ metric: PROCESS_MEMORY, attributes, value: memory ?? 0 });
    }
  }

  #keep<T>(into: Map<string, Seen<T>>, id: string, value: T): void {
    into.set(id, { value, at: this.#host.clock.monotonic() });
  }

  /** Those heard of lately, in the order in which they first came, which is nvidia-smi's; the others are forgotten. */
  #fresh<T>(seen: Map<string, Seen<T>>, intervalMs: number, onGone?: (one: Seen<T>) => void): T[] {
    const oldest = this.#host.clock.monotonic() - FRESH_INTERVALS * intervalMs;
    for (const [id, one] of seen) {
      if (one.at >= oldest) continue;
      seen.delete(id);
      onGone?.(one);
    }
    return [...seen.values()].map((one) => one.value);
  }

  dispose(): void {
    this.watchDevices(false);
    this.watchProcesses(false);
  }
}

/** nvidia-smi by its full path; null where it is not. */
export function findNvidiaSmi(host: Host): Program | null {
  const windows = host.platform === "win32";
  const separator = windows ? "\\" : "/";
  const path = (host.env["PATH"] ?? host.env["Path"] ?? "").split(windows ? ";" : ":");
  const folders = windows
    ? [...path, `${host.env["SystemRoot"] ?? "C:\\Windows"}\\System32`]
    : [...path, ...KNOWN_FOLDERS];
  for (const folder of folders) {
    // What lies in the folder of the moment is not to be run.
    if (!(windows ? /^[A-Za-z]:\\/ : /^\//).test(folder)) continue;
    const file = `${folder.replace(/[\\/]$/, "")}${separator}${windows ? "nvidia-smi.exe" : "nvidia-smi"}`;
    if (host.files.exists(file)) return { file, args: [] };
  }
  return null;
}
