/** All sensors of a host. */
import type { Host } from "../host/host.ts";
import { cpuSensor } from "./cpu/index.ts";
import { diskSensor, filesystemSensor } from "./disk/index.ts";
import { memorySensor } from "./memory/index.ts";
import { networkSensor } from "./network/index.ts";
import { pressureSensor } from "./pressure/index.ts";
import type { Rhopalium } from "./rhopalium.ts";
import { SystemInformation, type Library } from "./systeminformation.ts";

/** Every sensor of this platform, in the order in which faces show them. `library` stands in for systeminformation. */
export function hostSensors(host: Host, library: Library | null = null): Rhopalium[] {
  const information = new SystemInformation(host, library);
  const pressure = pressureSensor(host);
  return [
    cpuSensor(host, information),
    memorySensor(host, information),
    ...(pressure === null ? [] : [pressure]),
    filesystemSensor(host, information),
    diskSensor(host, information),
    networkSensor(host, information),
  ];
}
