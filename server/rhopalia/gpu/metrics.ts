/** What the GPU sensor gives, whoever made the GPU. */
import type { Attributes, MetricInfo, Reading } from "../../../protocol/reading.ts";

export const UTILIZATION = "hw.gpu.utilization";
export const MEMORY_USAGE = "hw.gpu.memory.usage";
export const MEMORY_LIMIT = "hw.gpu.memory.limit";
export const MEMORY_UTILIZATION = "hw.gpu.memory.utilization";
export const TEMPERATURE = "hw.temperature";
export const POWER = "hw.power";
export const PROCESS_MEMORY = "gorgon.gpu.process.memory";

export const GPU_METRICS: readonly MetricInfo[] = [
  { name: UTILIZATION, unit: "1", kind: "gauge", description: "Share of time in which the GPU had work" },
  { name: MEMORY_USAGE, unit: "By", kind: "gauge", description: "Memory of the GPU in use" },
  { name: MEMORY_LIMIT, unit: "By", kind: "gauge", description: "Memory that the GPU has" },
  { name: MEMORY_UTILIZATION, unit: "1", kind: "gauge", description: "Share of the GPU's memory in use" },
  { name: TEMPERATURE, unit: "Cel", kind: "gauge", description: "Temperature of the GPU" },
  { name: POWER, unit: "W", kind: "gauge", description: "Power that the GPU draws" },
  {
    name: PROCESS_MEMORY,
    unit: "By",
    kind: "gauge",
    description: "Memory of the GPU that a process holds",
    // Processes come and go: their series are for now and not for history.
    transient: true,
  },
];

/** One GPU at one moment. Null: the system does not tell it (the face shows nothing, never 0). */
export interface Device {
  /** The UUID, or the address on the bus. */
  readonly id: string;
  readonly name: string;
  /** 0..1. */
  readonly utilization: number | null;
  readonly memoryUsed: number | null;
  readonly memoryTotal: number | null;
  /** Degrees Celsius. */
  readonly temperature: number | null;
  /** Watts. */
  readonly power: number | null;
}

/** The attributes of a GPU's series. */
export function deviceAttributes({ id, name }: Pick<Device, "id" | "name">): Attributes {
  return { "hw.id": id, "hw.name": name };
}

/** The readings of one GPU. */
export function pushDevice(into: Reading[], device: Device): void {
  const attributes = deviceAttributes(device);
  // Of temperature and power there are other kinds in a machine.
  const typed = { ...attributes, "hw.type": "gpu" };
  const push = (metric: string, value: number | null, labels = attributes) => {
    if (value !== null) into.push({ metric, attributes: labels, value });
  };
  const { memoryUsed, memoryTotal } = device;
  push(UTILIZATION, device.utilization);
  push(MEMORY_USAGE, memoryUsed);
  push(MEMORY_LIMIT, memoryTotal);
  if (memoryUsed !== null && memoryTotal !== null && memoryTotal > 0) {
    push(MEMORY_UTILIZATION, Math.min(1, memoryUsed / memoryTotal));
  }
  push(TEMPERATURE, device.temperature, typed);
  push(POWER, device.power, typed);
}
