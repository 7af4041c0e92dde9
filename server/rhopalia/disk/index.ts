/** The disk sensors of this platform. Two, so that a file system that hangs never delays the IO counters. */
import type { Host } from "../../host/host.ts";
import type { Rhopalium } from "../rhopalium.ts";
import { SystemInformation } from "../systeminformation.ts";
import { otherDiskIo, otherFilesystems } from "./elsewhere.ts";
import { linuxFilesystems } from "./linux-filesystems.ts";
import { linuxDiskIo } from "./linux-io.ts";

/** Space of each file system. */
export function filesystemSensor(host: Host, information = new SystemInformation(host)): Rhopalium {
  return host.platform === "linux" ? linuxFilesystems(host) : otherFilesystems(information);
}

/** Transfers and operations of each disk. */
export function diskSensor(host: Host, information = new SystemInformation(host)): Rhopalium {
  return host.platform === "linux" ? linuxDiskIo(host) : otherDiskIo(host, information);
}
