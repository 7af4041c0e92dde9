/** What the limits sensor gives. */
import type { Attributes, MetricInfo } from "../../../protocol/reading.ts";

export const MEMORY = "gorgon.limit.memory";
export const CPU = "gorgon.limit.cpu";
export const FILES = "gorgon.limit.files";
export const PROCESSES = "gorgon.limit.processes";
export const PERIODS = "gorgon.cgroup.cpu.periods";
export const THROTTLED_PERIODS = "gorgon.cgroup.cpu.throttled.periods";
export const THROTTLED_TIME = "gorgon.cgroup.cpu.throttled.time";
export const THROTTLED_RATIO = "gorgon.cgroup.cpu.throttled.ratio";
export const OOM_KILLS = "gorgon.oom.kills";

/** What sets a limit, in the words of the memory sensor: `host`, `cgroup /user.slice`, `MEM_LIMIT`... */
export const source = (text: string): Attributes => ({ "gorgon.limit.source": text });

/** Whose figures they are. */
export const cgroup = (name: string): Attributes => ({ "gorgon.cgroup": name });

export const LIMIT_METRICS: readonly MetricInfo[] = [
  { name: MEMORY, unit: "By", kind: "gauge", description: "The tightest limit on memory, and what sets it" },
  { name: CPU, unit: "{core}", kind: "gauge", description: "The tightest limit on CPU in cores, and what sets it" },
  { name: FILES, unit: "{file}", kind: "gauge", description: "Files that one process may have open" },
  { name: PROCESSES, unit: "{process}", kind: "gauge", description: "The tightest limit on processes and threads" },
  { name: PERIODS, unit: "{event}", kind: "counter", description: "Periods in which a CPU quota was in force" },
  {
    name: THROTTLED_PERIODS,
    unit: "{event}",
    kind: "counter",
    description: "Periods in which a control group used up its CPU quota and was made to wait",
  },
  { name: THROTTLED_TIME, unit: "s", kind: "counter", description: "Time that a control group was made to wait" },
  {
    name: THROTTLED_RATIO,
    unit: "1",
    kind: "gauge",
    description: "Share of the periods since the last reading in which a control group was made to wait",
  },
  { name: OOM_KILLS, unit: "{event}", kind: "counter", description: "Processes killed because memory ran out" },
];
