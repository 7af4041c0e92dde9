/** What the kernel sensor gives. */
import type { Attributes, MetricInfo } from "../../../protocol/reading.ts";
import { KNOWN_LANGUAGES } from "./command.ts";

export const COUNT = "jupyter.kernel.count";
export const MEMORY = "jupyter.kernel.memory.usage";
export const UTILIZATION = "jupyter.kernel.memory.utilization";
export const CPU = "jupyter.kernel.cpu.cores";
export const CHILDREN = "jupyter.kernel.children";
export const DEATHS = "jupyter.kernel.deaths";
export const OWN_LIMIT = "jupyter.kernel.limit.utilization";
export const FROZEN = "jupyter.kernel.frozen";
export const DIED = "jupyter.kernel.died";

/** What happened, in one sentence: what the bell says of it. */
export const SENTENCE = "jupyter.kernel.sentence";
/** What one kernel is called, e.g. `python 4711`. */
export const NAME = "jupyter.kernel.name";

/** Kernels with series in history at one time; their numbers are given again, so that history has no more than these. */
export const MOST_SLOTS = 32;

/** Whose series it is: kernels come and go without end, so they are told apart by a number that is given again. */
export function slot(number: number, language: string): Attributes {
  return {
    "jupyter.kernel.number": String(number),
    "jupyter.kernel.language": KNOWN_LANGUAGES.has(language) ? language : "other",
  };
}

/** What the kernel sensor gives, on every platform. */
export const KERNEL_METRICS: readonly MetricInfo[] = [
  { name: COUNT, unit: "{process}", kind: "gauge", description: "Notebook kernels of this user that run" },
  {
    name: MEMORY,
    unit: "By",
    kind: "gauge",
    description: "Memory of a kernel and its children, shared pages counted once where the system tells",
  },
  {
    name: UTILIZATION,
    unit: "1",
    kind: "gauge",
    description: "Memory of a kernel and its children as a share of its tightest limit",
  },
  { name: CPU, unit: "{core}", kind: "gauge", description: "Cores that a kernel and its children use" },
  { name: CHILDREN, unit: "{process}", kind: "gauge", description: "Processes that a kernel has started" },
  { name: DEATHS, unit: "{event}", kind: "counter", description: "Kernels that died, by cause" },
  {
    name: OWN_LIMIT,
    unit: "1",
    kind: "gauge",
    description: "The share of a memory limit that a kernel has to itself or with others, tighter than the machine",
    transient: true,
  },
  {
    name: FROZEN,
    unit: "{event}",
    kind: "gauge",
    description: "1 while the memory guard of a kernel holds it frozen, with the reason in words",
    transient: true,
  },
  {
    name: DIED,
    unit: "{event}",
    kind: "gauge",
    description: "1 for five minutes after a kernel died, with what happened in words",
    transient: true,
  },
];
