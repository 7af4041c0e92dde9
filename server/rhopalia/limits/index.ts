/** The limits sensor of this platform. */
import type { Host } from "../../host/host.ts";
import type { Rhopalium } from "../rhopalium.ts";
import { otherLimits } from "./elsewhere.ts";
import { linuxLimits } from "./linux.ts";

/** The tightest limits on memory, CPU, files and processes, throttling and OOM kills. */
export function limitsSensor(host: Host): Rhopalium {
  return host.platform === "linux" ? linuxLimits(host) : otherLimits(host);
}
