/** What the process sensor gives, on every platform. */
import type { Attributes, MetricInfo } from "../../../protocol/reading.ts";

export const CPU = "process.cpu.utilization";
export const MEMORY = "process.memory.usage";
export const IO_RATE = "process.disk.io.rate";
export const THREADS = "process.thread.count";
export const COUNT = "system.process.count";
export const WATCH_COUNT = "gorgon.watch.process.count";
export const WATCH_CPU = "gorgon.watch.process.cpu.utilization";
export const WATCH_MEMORY = "gorgon.watch.process.memory.usage";
export const WATCH_THREADS = "gorgon.watch.process.thread.count";
export const WATCH_IO = "gorgon.watch.process.disk.io.rate";

export const READ: Attributes = { "disk.io.direction": "read" };
export const WRITE: Attributes = { "disk.io.direction": "write" };

/** Of single processes: they come and go, so their series are for now and not for history. */
export const TOP_METRICS: readonly MetricInfo[] = [
  {
    name: CPU,
    unit: "1",
    kind: "gauge",
    description: "Share of all cores that a process used since the last reading",
    transient: true,
  },
  { name: MEMORY, unit: "By", kind: "gauge", description: "Memory of a process that is in RAM (RSS)", transient: true },
  { name: THREADS, unit: "{thread}", kind: "gauge", description: "Threads of a process", transient: true },
];

export const IO_METRICS: readonly MetricInfo[] = [
  {
    name: IO_RATE,
    unit: "By/s",
    kind: "gauge",
    description: "What a process reads from and writes to disks, by direction",
    transient: true,
  },
];

export const COUNT_METRICS: readonly MetricInfo[] = [
  { name: COUNT, unit: "{process}", kind: "gauge", description: "Processes by state" },
];

/** Of watches: one series each, kept in history. */
export const WATCH_METRICS: readonly MetricInfo[] = [
  {
    name: WATCH_COUNT,
    unit: "{process}",
    kind: "gauge",
    description: "Processes that a watch finds; 0 when none runs",
  },
  { name: WATCH_CPU, unit: "1", kind: "gauge", description: "Share of all cores that the watched processes used" },
  { name: WATCH_MEMORY, unit: "By", kind: "gauge", description: "Memory of the watched processes that is in RAM" },
  { name: WATCH_THREADS, unit: "{thread}", kind: "gauge", description: "Threads of the watched processes" },
];

export const WATCH_IO_METRICS: readonly MetricInfo[] = [
  { name: WATCH_IO, unit: "By/s", kind: "gauge", description: "What the watched processes read and write on disks" },
];

/** What tells one process from every other, as long as the machine runs: its pid alone does not. */
export function identity(pid: number, name: string, startedMs: number, detail: string): Attributes {
  return {
    "process.pid": String(pid),
    "process.executable.name": name,
    "process.creation.time": new Date(startedMs).toISOString(),
    ...(detail === "" ? {} : { "gorgon.process.detail": detail }),
  };
}
