/** The pressure sensor, where the system keeps such figures: Linux alone. */
import type { Host } from "../../host/host.ts";
import type { Rhopalium } from "../rhopalium.ts";
import { linuxPressure } from "./linux.ts";

/** Waiting for CPU, memory and IO; null on systems that do not have such figures at all. */
export function pressureSensor(host: Host): Rhopalium | null {
  return host.platform === "linux" ? linuxPressure(host) : null;
}
