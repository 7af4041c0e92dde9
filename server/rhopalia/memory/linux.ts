/** Memory on Linux: /proc/meminfo, and the control group where it is tighter than the machine. */
import type { Attributes, MetricInfo, Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { memoryLimit, type MemoryLimit } from "../cgroup.ts";
import type { Rhopalium } from "../rhopalium.ts";
import { Source } from "../source.ts";
import * as names from "./metrics.ts";

const AVAILABLE = "system.linux.memory.available";

/** How often the limits are looked for again: they change seldom, and a process can be moved. */
const LIMIT_LOOK_MS = 10_000;

const KEYS = [
  "MemTotal:",
  "MemFree:",
  "MemAvailable:",
  "Buffers:",
  "Cached:",
  "SReclaimable:",
  "SwapTotal:",
  "SwapFree:",
].map((key) => Buffer.from(key));
const [TOTAL, FREE, AVAIL, BUFFERS, CACHED, RECLAIMABLE, SWAP_TOTAL, SWAP_FREE] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** Finds some `key value` lines in a file, each given with all that stands before its number. */
class Fields {
  readonly values: Float64Array;
  readonly #keys: readonly Buffer[];
  readonly #source: Source;

  constructor(source: Source, keys: readonly Buffer[]) {
    this.#source = source;
    this.#keys = keys;
    this.values = new Float64Array(keys.length);
  }

  /** NaN stays where a key was not found. Throws Unreadable and Malformed. */
  read(): Float64Array {
    const scanner = this.#source.scan();
    const keys = this.#keys;
    const values = this.values.fill(NaN);
    for (let missing = keys.length; missing > 0 && !scanner.ended; scanner.nextLine()) {
      for (let index = 0; index < keys.length; index++) {
        const key = keys[index];
        if (key === undefined || !scanner.startsWith(key)) continue;
        scanner.at += key.length;
        values[index] = scanner.whole();
        missing--;
        break;
      }
    }
    return values;
  }

  dispose(): void {
    this.#source.dispose();
  }
}

/** The control group that limits us, with its files kept open. */
class LimitingGroup {
  readonly limit: MemoryLimit;
  readonly attributes: Attributes;
  readonly #usage: Source;
  readonly #stat: Fields;

  constructor(host: Host, limit: MemoryLimit) {
    const { version, folder, name } = limit.cgroup;
    this.limit = limit;
    this.attributes = { "gorgon.limit.source": `cgroup ${name}` };
    const file = version === 2 ? "memory.current" : "memory.usage_in_bytes";
    const keys = version === 2 ? ["inactive_file ", "file "] : ["total_inactive_file ", "total_cache "];
    this.#usage = new Source(host, `${folder}/${file}`, { atOnce: true });
    this.#stat = new Fields(
      new Source(host, `${folder}/memory.stat`, { atOnce: true }),
      keys.map((key) => Buffer.from(key)),
    );
  }

  push(into: Reading[]): void {
    const { bytes } = this.limit;
    const current = this.#usage.scan().whole();
    const [inactive = 0, cached = 0] = this.#stat.read();
    // Inactive file pages are given back before anything is killed; Docker and Kubernetes count the same way.
    const used = Math.max(0, current - (Number.isNaN(inactive) ? 0 : inactive));
    into.push({ metric: names.USAGE, attributes: names.USED, value: used });
    into.push({ metric: names.USAGE, attributes: names.FREE, value: Math.max(0, bytes - current) });
    if (!Number.isNaN(cached)) into.push({ metric: names.USAGE, attributes: names.CACHED, value: cached });
    into.push({ metric: names.LIMIT, attributes: this.attributes, value: bytes });
    // Pages charged to a group can exceed a limit that was lowered under it.
    into.push({ metric: names.UTILIZATION, attributes: names.USED, value: bytes > 0 ? Math.min(1, used / bytes) : 1 });
  }

  dispose(): void {
    this.#usage.dispose();
    this.#stat.dispose();
  }
}

/** What the sensor gives on Linux. */
export const LINUX_MEMORY_METRICS: readonly MetricInfo[] = [
  ...names.MEMORY_METRICS,
  { name: AVAILABLE, unit: "By", kind: "gauge", description: "Memory of the machine that programs can still get" },
];

class LinuxMemory implements Rhopalium {
  readonly name = "memory";
  readonly metrics = LINUX_MEMORY_METRICS;
  readonly #host: Host;
  readonly #meminfo: Fields;
  readonly #source: Source;
  #group: LimitingGroup | null = null;
  #lookedAt = -Infinity;

  constructor(host: Host) {
    this.#host = host;
    this.#source = new Source(host, "/proc/meminfo", { atOnce: true });
    this.#meminfo = new Fields(this.#source, KEYS);
  }

  read(): readonly Reading[] {
    const readings: Reading[] = [];
    const kib = this.#meminfo.read();
    const total = bytes(kib[TOTAL]);
    const free = bytes(kib[FREE]);
    const buffers = bytes(kib[BUFFERS], 0);
    // Slabs that can be reclaimed are cache too, as free(1) counts them.
    const cached = bytes(kib[CACHED], 0) + bytes(kib[RECLAIMABLE], 0);
    if (!(total > 0) || Number.isNaN(free)) throw this.#source.malformed("MemTotal or MemFree is missing");
    // Kernels before 3.14 do not estimate it.
    const available = Math.min(total, bytes(kib[AVAIL], free + buffers + cached));
    readings.push({ metric: AVAILABLE, attributes: names.NONE, value: available });
    const swapTotal = bytes(kib[SWAP_TOTAL], 0);
    names.pushPaging(readings, swapTotal, Math.min(swapTotal, bytes(kib[SWAP_FREE], 0)));

    const group = this.#limiting(total);
    if (group !== null) {
      group.push(readings);
      return readings;
    }
    const used = total - available;
    readings.push({ metric: names.USAGE, attributes: names.USED, value: used });
    readings.push({ metric: names.USAGE, attributes: names.FREE, value: free });
    readings.push({ metric: names.USAGE, attributes: names.CACHED, value: cached });
    readings.push({ metric: names.USAGE, attributes: names.BUFFERS, value: buffers });
    readings.push({ metric: names.LIMIT, attributes: names.BY_HOST, value: total });
    readings.push({ metric: names.UTILIZATION, attributes: names.USED, value: used / total });
    return readings;
  }

  #limiting(machineBytes: number): LimitingGroup | null {
    const now = this.#host.clock.monotonic();
    if (now - this.#lookedAt < LIMIT_LOOK_MS) return this.#group;
    this.#lookedAt = now;
    const limit = memoryLimit(this.#host, machineBytes);
    const before = this.#group?.limit;
    if (limit?.bytes === before?.bytes && limit?.cgroup.folder === before?.cgroup.folder) return this.#group;
    this.#group?.dispose();
    this.#group = limit === null ? null : new LimitingGroup(this.#host, limit);
    return this.#group;
  }

  dispose(): void {
    this.#meminfo.dispose();
    this.#group?.dispose();
    this.#group = null;
  }
}

/** meminfo's kB are KiB. */
function bytes(kib: number | undefined, absent = NaN): number {
  return kib === undefined || Number.isNaN(kib) ? absent : kib * 1024;
}

/** Memory, swap and the limit in force. Throws Unreadable or Malformed. */
export function linuxMemory(host: Host): Rhopalium {
  return new LinuxMemory(host);
}
