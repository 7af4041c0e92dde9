/** The network sensor of this platform. */
import type { Host } from "../../host/host.ts";
import type { Rhopalium } from "../rhopalium.ts";
import { SystemInformation } from "../systeminformation.ts";
import { otherNetwork } from "./elsewhere.ts";
import { linuxNetwork } from "./linux.ts";

/** Traffic of each interface. */
export function networkSensor(host: Host, information = new SystemInformation(host)): Rhopalium {
  return host.platform === "linux" ? linuxNetwork(host) : otherNetwork(host, information);
}
