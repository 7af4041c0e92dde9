/** The TCP sensor; Linux alone has it. Slow: for a crab of 30 s. */
import type { Host } from "../../host/host.ts";
import type { Rhopalium } from "../rhopalium.ts";
import { linuxTcp } from "./linux.ts";

/** Connections, retransmits and listen queues; null where they cannot be read. */
export function tcpSensor(host: Host): Rhopalium | null {
  return host.platform === "linux" ? linuxTcp(host) : null;
}
