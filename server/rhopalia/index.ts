/** All sensors of a host. */
import type { Host } from "../host/host.ts";
import { cpuSensor } from "./cpu/index.ts";
import { diskSensor, filesystemSensor } from "./disk/index.ts";
import { memorySensor } from "./memory/index.ts";
import { networkSensor } from "./network/index.ts";
import { pressureSensor } from "./pressure/index.ts";
import type { Rhopalium } from "./rhopalium.ts";
import { SystemInformation, type Library } from "./systeminformation.ts";
import { tcpSensor } from "./tcp/index.ts";

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

/** The sensors of a slow crab (30 s): what changes slowly, or costs more than a poll every 2 s may. */
export function slowSensors(host: Host): Rhopalium[] {
  const tcp = tcpSensor(host);
  return tcp === null ? [] : [tcp];
}
