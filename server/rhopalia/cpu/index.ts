/** The CPU sensor of this platform. */
import type { Host } from "../../host/host.ts";
import type { Rhopalium } from "../rhopalium.ts";
import { SystemInformation } from "../systeminformation.ts";
import { otherCpu } from "./elsewhere.ts";
import { linuxCpu } from "./linux.ts";

/** CPU time by mode, of the machine and of each core, and load averages. */
export function cpuSensor(host: Host, information = new SystemInformation(host)): Rhopalium {
  return host.platform === "linux" ? linuxCpu(host) : otherCpu(host, information);
}
