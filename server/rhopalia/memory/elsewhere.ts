/** Memory on macOS and Windows, through systeminformation. */
import type { Reading } from "../../../protocol/reading.ts";
import type { Rhopalium } from "../rhopalium.ts";
import { given, positive, type SystemInformation } from "../systeminformation.ts";
import * as names from "./metrics.ts";

/** Memory and swap. Throws Malformed when the library says 0 for what cannot be. */
export function otherMemory(information: SystemInformation): Rhopalium {
  return {
    name: "memory",
    metrics: names.MEMORY_METRICS,
    read: async (signal) => {
      const memory = await information.ask("the memory", (library) => library.mem(), signal);
      const total = positive(memory.total, "all memory");
      const available = Math.min(total, positive(memory.available, "available memory"));
      const used = total - available;
      const readings: Reading[] = [
        { metric: names.USAGE, attributes: names.USED, value: used },
        { metric: names.USAGE, attributes: names.FREE, value: Math.min(total, given(memory.free, "free memory")) },
        { metric: names.LIMIT, attributes: names.BY_HOST, value: total },
        { metric: names.UTILIZATION, attributes: names.USED, value: used / total },
      ];
      const cached = given(memory.buffcache, "cached memory");
      // Windows does not tell, and the library says 0.
      if (cached > 0) readings.push({ metric: names.USAGE, attributes: names.CACHED, value: cached });
      const swap = given(memory.swaptotal, "all swap");
      // No swap and not found out look the same here.
      if (swap > 0) names.pushPaging(readings, swap, Math.min(swap, given(memory.swapfree, "free swap")));
      return readings;
    },
    dispose: () => undefined,
  };
}
