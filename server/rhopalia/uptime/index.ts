/** How long the machine has been running. */
import os from "node:os";
import type { MetricInfo, Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { Malformed, type Rhopalium } from "../rhopalium.ts";
import { Source } from "../source.ts";

const UPTIME = "system.uptime";

/** What the sensor gives. */
export const UPTIME_METRICS: readonly MetricInfo[] = [
  { name: UPTIME, unit: "s", kind: "gauge", description: "Time since the machine started" },
];

/** Seconds since the machine (or, where it is virtual to it, the container) started. `system` is Node's, but for tests. */
export function uptimeSensor(host: Host, system: () => number = os.uptime): Rhopalium {
  const source = host.platform === "linux" ? new Source(host, "/proc/uptime", { atOnce: true }) : null;
  return {
    name: "uptime",
    metrics: UPTIME_METRICS,
    read: (): readonly Reading[] => {
      const value = source === null ? system() : source.scan().decimal();
      if (!Number.isFinite(value) || value < 0) throw new Malformed("The system", `an uptime of ${String(value)} s`);
      return [{ metric: UPTIME, attributes: {}, value }];
    },
    dispose: () => source?.dispose(),
  };
}
