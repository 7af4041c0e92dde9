/** The process sensor of this platform. */
import type { Host } from "../../host/host.ts";
import type { Rhopalium } from "../rhopalium.ts";
import { SystemInformation } from "../systeminformation.ts";
import { otherProcesses } from "./elsewhere.ts";
import { linuxProcesses, type ProcessOptions } from "./linux.ts";

/** The top processes by CPU and by memory, those watched, and how many there are. */
export function processSensor(
  host: Host,
  options: ProcessOptions = {},
  information = new SystemInformation(host),
): Rhopalium {
  return host.platform === "linux" ? linuxProcesses(host, options) : otherProcesses(host, information, options);
}
