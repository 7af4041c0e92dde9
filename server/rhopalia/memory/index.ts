/** The memory sensor of this platform. */
import type { Host } from "../../host/host.ts";
import type { Rhopalium } from "../rhopalium.ts";
import { SystemInformation } from "../systeminformation.ts";
import { otherMemory } from "./elsewhere.ts";
import { linuxMemory } from "./linux.ts";

/** Memory, swap, and the limit in force. */
export function memorySensor(host: Host, information = new SystemInformation(host)): Rhopalium {
  return host.platform === "linux" ? linuxMemory(host) : otherMemory(information);
}
