/** File systems and disk IO on macOS and Windows, through systeminformation. */
import { t } from "@vscode/l10n";
import type { Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { Counters } from "../counters.ts";
import { Malformed, NoData, type Rhopalium } from "../rhopalium.ts";
import { given, positive, type SystemInformation } from "../systeminformation.ts";
import * as names from "./metrics.ts";

/** macOS splits its disk into volumes; those but the first and the user's data serve the system, on the same space. */
const SYSTEM_VOLUME = /^\/(?:System\/Volumes\/(?!Data$)|private\/var\/vm|dev$|Volumes\/\.)/;

/** Types that are no store of files, or a read-only image. */
const NOT_COUNTED: ReadonlySet<string> = new Set(["devfs", "autofs", "nullfs", "cd9660", "udf", "cdfs"]);

/** Space of each file system. Throws Malformed when the library lists none. */
export function otherFilesystems(information: SystemInformation): Rhopalium {
  return {
    name: "filesystem",
    metrics: names.FILESYSTEM_METRICS,
    read: async (signal) => {
      const found = await information.ask("the file systems", (library) => library.fsSize(), signal);
      const readings: Reading[] = [];
      const seen = new Set<string>();
      for (const one of Array.isArray(found) ? found : []) {
        const counted = !NOT_COUNTED.has(one.type.toLowerCase()) && !SYSTEM_VOLUME.test(one.mount);
        // An empty drive has no size.
        if (!counted || !(one.size > 0) || seen.has(one.mount)) continue;
        seen.add(one.mount);
        const available = Math.min(one.size, given(one.available, `free space at ${one.mount}`));
        const used = Math.min(one.size, given(one.used, `used space at ${one.mount}`));
        names.pushFilesystem(
          readings,
          names.filesystemAttributes(one.fs, one.mount, one.type),
          one.size,
          used,
          available,
        );
      }
      if (readings.length === 0) throw new Malformed("systeminformation", t("it lists no file system with a size"));
      return readings;
    },
    dispose: () => undefined,
  };
}

/** Transfers of all disks together: these systems do not tell them apart. Throws NoData on Windows, which tells none. */
export function otherDiskIo(host: Host, information: SystemInformation): Rhopalium {
  const counters = new Counters(4);
  const attributes = names.diskAttributes(null);
  return {
    name: "disk",
    metrics: names.TRANSFER_METRICS,
    read: async (signal) => {
      if (host.platform === "win32") throw new NoData(t("Windows' disk counters are not read"));
      const bytes = await information.ask("the disks", (library) => library.fsStats(), signal);
      const operations = await information.ask("the disks", (library) => library.disksIO(), signal);
      if (bytes === null || operations === null) throw new NoData(t("this system tells no disk counters"));
      const { values } = counters;
      values[names.READ_BYTES] = positive(bytes.rx, "what the disks read since boot");
      values[names.WRITTEN_BYTES] = given(bytes.wx, "what the disks wrote since boot");
      values[names.READS] = positive(operations.rIO, "the reads since boot");
      values[names.WRITES] = given(operations.wIO, "the writes since boot");
      const readings: Reading[] = [];
      const rated = counters.update(host.clock.monotonic());
      names.pushTransfers(readings, attributes, values, rated ? counters.rates : null);
      return readings;
    },
    dispose: () => undefined,
  };
}
