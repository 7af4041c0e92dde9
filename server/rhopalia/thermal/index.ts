/** The temperature sensor of this platform. */
import type { Host } from "../../host/host.ts";
import type { Rhopalium } from "../rhopalium.ts";
import { SystemInformation } from "../systeminformation.ts";
import { otherThermal } from "./elsewhere.ts";
import { linuxThermal } from "./linux.ts";

/** Temperatures of the machine's parts. NoData where it shows none, as virtual machines do. */
export function thermalSensor(host: Host, information = new SystemInformation(host)): Rhopalium {
  return host.platform === "linux" ? linuxThermal(host) : otherThermal(host, information);
}
