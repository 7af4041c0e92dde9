/** All sensors of a host. */
import type { Watch } from "../config/watch.ts";
import type { SqlQuery } from "../config/sql.ts";
import type { Host } from "../host/host.ts";
import { batterySensor } from "./battery/index.ts";
import { cpuSensor } from "./cpu/index.ts";
import { diskSensor, filesystemSensor } from "./disk/index.ts";
import { fileSensor } from "./file/index.ts";
import { limitsSensor } from "./limits/index.ts";
import { memorySensor } from "./memory/index.ts";
import { networkSensor } from "./network/index.ts";
import { pressureSensor } from "./pressure/index.ts";
import { processSensor } from "./process/index.ts";
import type { Rhopalium } from "./rhopalium.ts";
import { sqlSensor } from "./sql/index.ts";
import { SystemInformation, type Library } from "./systeminformation.ts";
import { tcpSensor } from "./tcp/index.ts";
import { thermalSensor } from "./thermal/index.ts";
import { uptimeSensor } from "./uptime/index.ts";

/** Every sensor of this platform, in the order in which faces show them. `library` stands in for systeminformation. */
export function hostSensors(
  host: Host,
  library: Library | null = null,
  information = new SystemInformation(host, library),
): Rhopalium[] {
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

/** Milliseconds between two readings of the slow sensors that are wanted more often than their crab polls. */
export const SLOW_SENSOR_INTERVALS_MS: Readonly<Record<string, number>> = { process: 10_000 };

/** What the slow sensors can be told. */
export interface SlowOptions {
  /** The library behind the sensors off Linux; the same as the other sensors' where there are any. */
  readonly information?: SystemInformation;
  /** What is watched; asked at every reading. */
  readonly watches?: () => readonly Watch[];
  /** Queries whose latency is measured; asked at every reading. */
  readonly sql?: () => readonly SqlQuery[];
}

/** Sensors that are wide or change slowly, for a crab that polls every half minute. */
export function slowSensors(host: Host, options: SlowOptions = {}): Rhopalium[] {
  const { information = new SystemInformation(host), watches = () => [], sql = () => [] } = options;
  const tcp = tcpSensor(host);
  return [
    processSensor(host, { watches: () => watches().filter((watch) => watch.kind === "process") }, information),
    limitsSensor(host),
    thermalSensor(host, information),
    batterySensor(host, information),
    uptimeSensor(host),
    ...(tcp === null ? [] : [tcp]),
    fileSensor(host, () => watches().filter((watch) => watch.kind === "file")),
    sqlSensor(host, sql),
  ];
}
