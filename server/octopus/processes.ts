/** The processes that stand out now, from the newest readings of single processes. */
import type { Attributes } from "../../protocol/reading.ts";
import type { ProcessList, ProcessRow } from "../../protocol/state.ts";
import type { Hub, Latest } from "./hub.ts";

const MEMORY = "process.memory.usage";
const GPU_MEMORY = "gorgon.gpu.process.memory";

/** A value that missed this many of its polls is not read any more. */
const STALE_INTERVALS = 3;

/**
 * Every process of the newest scan: the top by CPU and the top by memory together, so that a face that sorts them by
 * either has the first of each right, and every process that the GPUs tell of. Null before there was a scan. `cores`
 * turns shares of the machine into cores; `now` tells whether GPUs are still read, milliseconds since the epoch.
 */
export function processesOf(hub: Pick<Hub, "latest">, cores: number, now = 0): ProcessList | null {
  const found = hub.latest(MEMORY);
  // Processes that left the top a scan ago are still known; only those of the newest scan are of now.
  const newest = found.reduce<Latest | null>((top, one) => (top === null || one.time > top.time ? one : top), null);
  if (newest === null) return null;
  const { time, intervalMs } = newest;
  const cpu = byIdentity(hub.latest("process.cpu.utilization"), time);
  const threads = byIdentity(hub.latest("process.thread.count"), time);
  const io = byIdentity(hub.latest("process.disk.io.rate"), time);
  const onGpus = gpuHolders(hub.latest(GPU_MEMORY), now);
  const rows = found
    .filter((one) => one.time === time)
    .map(({ reading: { attributes, value } }): ProcessRow => {
      const key = identityOf(attributes);
      const share = cpu.get(key);
      return {
        pid: Number(attributes["process.pid"] ?? 0),
        name: attributes["process.executable.name"] ?? "",
        detail: attributes["gorgon.process.detail"] ?? "",
        startedAt: Date.parse(attributes["process.creation.time"] ?? "") || 0,
        cpu: share === undefined ? null : share * Math.max(1, cores),
        memoryBytes: value,
        gpuMemoryBytes: onGpus.get(Number(attributes["process.pid"] ?? 0))?.bytes ?? null,
        ioRate: io.get(key) ?? null,
        threads: threads.get(key) ?? null,
      };
    });
  const listed = new Set(rows.map((row) => row.pid));
  for (const [pid, { name, bytes }] of onGpus) if (!listed.has(pid)) rows.push(onlyOnGpu(pid, name, bytes));
  return { time, intervalMs, rows };
}

/** What each process holds of all GPUs together, bytes by pid; null while nobody needs it, so that it is not read. */
export function gpuMemoryOf(hub: Pick<Hub, "latest">, now: number): ReadonlyMap<number, number> | null {
  const holders = gpuHolders(hub.latest(GPU_MEMORY), now);
  return holders.size === 0 ? null : new Map([...holders].map(([pid, { bytes }]) => [pid, bytes]));
}

/** GPUs know a pid and a program, nothing else. */
function onlyOnGpu(pid: number, name: string, gpuMemoryBytes: number): ProcessRow {
  const unknown = { cpu: null, memoryBytes: null, ioRate: null, threads: null };
  return { pid, name, detail: "", startedAt: 0, ...unknown, gpuMemoryBytes };
}

/** What each process holds of all GPUs together, by pid. */
function gpuHolders(found: readonly Latest[], now: number): ReadonlyMap<number, { name: string; bytes: number }> {
  const holders = new Map<number, { name: string; bytes: number }>();
  for (const { reading, time, intervalMs } of found) {
    const pid = Number(reading.attributes["process.pid"]);
    if (now - time > STALE_INTERVALS * intervalMs || !Number.isSafeInteger(pid)) continue;
    const before = holders.get(pid)?.bytes ?? 0;
    holders.set(pid, { name: reading.attributes["process.executable.name"] ?? "", bytes: before + reading.value });
  }
  return holders;
}

function identityOf(attributes: Attributes): string {
  return `${attributes["process.pid"] ?? ""} ${attributes["process.creation.time"] ?? ""}`;
}

/** Values of one moment by process; both directions of traffic together. */
function byIdentity(found: readonly Latest[], time: number): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { reading, time: at } of found) {
    if (at !== time) continue;
    const key = identityOf(reading.attributes);
    sums.set(key, (sums.get(key) ?? 0) + reading.value);
  }
  return sums;
}
