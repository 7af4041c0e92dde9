/** What the CPU sensor gives, on every platform. */
import type { Attributes, MetricInfo } from "../../../protocol/reading.ts";

/** `cpu.mode` of the OpenTelemetry conventions, in the order in which the sensors keep their shares. */
export const MODES = ["user", "nice", "system", "idle", "iowait", "interrupt", "steal"] as const;

export const BUSY = "gorgon.cpu.busy";
export const UTILIZATION = "system.cpu.utilization";
export const COUNT = "system.cpu.logical.count";
export const LOADS = [
  "system.cpu.load_average.1m",
  "system.cpu.load_average.5m",
  "system.cpu.load_average.15m",
] as const;

/** The attributes of the whole machine, one for each mode. */
export const WHOLE: readonly Attributes[] = MODES.map((mode) => ({ "cpu.mode": mode }));

/** The attributes of one core, one for each mode. */
export function coreAttributes(core: number): readonly Attributes[] {
  return MODES.map((mode) => ({ "cpu.mode": mode, "cpu.logical_number": String(core) }));
}

/** Attributes of a series that has none; one object for all. */
export const NONE: Attributes = {};

/** Without load averages, which Windows does not have. */
export const CPU_METRICS: readonly MetricInfo[] = [
  {
    name: BUSY,
    unit: "1",
    kind: "gauge",
    description: "Share of time in which the cores were not idle, nor waiting for IO",
  },
  {
    name: UTILIZATION,
    unit: "1",
    kind: "gauge",
    description: "Share of time by mode: of the whole machine, and of each core",
  },
  { name: COUNT, unit: "{core}", kind: "gauge", description: "Logical cores online" },
];

export const LOAD_METRICS: readonly MetricInfo[] = LOADS.map((name, index) => ({
  name,
  unit: "{thread}",
  kind: "gauge",
  description: `Threads running or waiting, averaged over ${["1 minute", "5 minutes", "15 minutes"][index] ?? ""}`,
}));
