/** The worst processes of this platform, where they can be told twice a second: Linux alone. */
import type { Host } from "../../host/host.ts";
import type { Rhopalium } from "../rhopalium.ts";
import { linuxRunaway } from "./linux.ts";
import { pageBytes } from "../page-size.ts";

/** The processes that use most CPU and memory; null where each look would start a program. */
export function runawaySensor(host: Host): Rhopalium | null {
  return host.platform === "linux" ? linuxRunaway(host, pageBytes(host)) : null;
}
