/** What the memory sensor gives, on every platform. */
import type { Attributes, MetricInfo, Reading } from "../../../protocol/reading.ts";

const state = (name: string): Attributes => ({ "system.memory.state": name });
export const USED = state("used");
export const FREE = state("free");
export const CACHED = state("cached");
export const BUFFERS = state("buffers");

const paging = (name: string): Attributes => ({ "system.paging.state": name });
export const SWAP_USED = paging("used");
export const SWAP_FREE = paging("free");

export const NONE: Attributes = {};
export const BY_HOST: Attributes = { "gorgon.limit.source": "host" };

export const USAGE = "system.memory.usage";
export const LIMIT = "system.memory.limit";
export const UTILIZATION = "system.memory.utilization";
export const PAGING_USAGE = "system.paging.usage";
export const PAGING_UTILIZATION = "system.paging.utilization";

export const MEMORY_METRICS: readonly MetricInfo[] = [
  {
    name: USAGE,
    unit: "By",
    kind: "gauge",
    description: "Memory by state, of the machine or the tighter control group",
  },
  { name: LIMIT, unit: "By", kind: "gauge", description: "Memory that there is, and what sets the limit" },
  { name: UTILIZATION, unit: "1", kind: "gauge", description: "Used memory as a share of the limit" },
  { name: PAGING_USAGE, unit: "By", kind: "gauge", description: "Swap by state" },
  { name: PAGING_UTILIZATION, unit: "1", kind: "gauge", description: "Used swap as a share of all swap" },
];

/** Swap, the same on every platform: a machine without any has 0 bytes of it and no share. */
export function pushPaging(into: Reading[], total: number, free: number): void {
  const used = Math.max(0, total - free);
  into.push({ metric: PAGING_USAGE, attributes: SWAP_USED, value: used });
  into.push({ metric: PAGING_USAGE, attributes: SWAP_FREE, value: total - used });
  if (total > 0) into.push({ metric: PAGING_UTILIZATION, attributes: SWAP_USED, value: used / total });
}
