import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Host } from "../host/host.ts";
import { parseMounts } from "../host/mounts.ts";
import { linuxCpu } from "./cpu/linux.ts";
import { linuxFilesystems } from "./disk/linux-filesystems.ts";
import { linuxDiskIo } from "./disk/linux-io.ts";
import { linuxMemory } from "./memory/linux.ts";
import { linuxNetwork } from "./network/linux.ts";
import { linuxPressure } from "./pressure/linux.ts";
import { probe, recorded } from "./probe.ts";
import { Unreadable } from "./reason.ts";
import { Malformed, NoData, type Rhopalium } from "./rhopalium.ts";

const SENSORS: readonly (readonly [string, (host: Host) => Rhopalium])[] = [
  ["/proc/stat", linuxCpu],
  ["/proc/loadavg", linuxCpu],
  ["/proc/meminfo", linuxMemory],
  ["/sys/fs/cgroup/memory.stat", linuxMemory],
  ["/sys/fs/cgroup/memory.current", linuxMemory],
  ["/proc/self/cgroup", linuxMemory],
  ["/proc/self/mountinfo", linuxMemory],
  ["/proc/self/mountinfo", linuxFilesystems],
  ["/proc/diskstats", linuxDiskIo],
  ["/proc/net/dev", linuxNetwork],
  ["/proc/pressure/io", linuxPressure],
];

/** Text with a piece cut out, doubled, overwritten with anything, or put in another place. */
function damaged(text: string): fc.Arbitrary<string> {
  const place = fc.nat({ max: text.length });
  return fc
    .tuple(
      place,
      place,
      fc.oneof(fc.string(), fc.constantFrom("", "-1", "9".repeat(40), "\n\n", "NaN", "1e9", " ", "cpu")),
    )
    .map(([a, b, piece]) => text.slice(0, Math.min(a, b)) + piece + text.slice(Math.max(a, b)));
}

/** Reads; what is known to be wrong is fine, and `probe` refuses NaN, negative values, ratios over 1 and doubles. */
async function readsOrSays(sensor: Rhopalium): Promise<void> {
  try {
    await probe(sensor);
  } catch (error) {
    const typed = error instanceof Malformed || error instanceof Unreadable || error instanceof NoData;
    if (!typed || error.message.includes("\n")) throw error;
  }
}

describe("damaged files", () => {
  test.each(SENSORS)("%s gives true values or a typed reason", async (path, make) => {
    const machine = path.startsWith("/sys/fs/cgroup") || path === "/proc/self/cgroup" ? "container-v2" : "bare-debian";
    const sound = recorded(path.startsWith("/proc/pressure") ? "bare-debian" : machine).host.files.text(path);
    await fc.assert(
      fc.asyncProperty(damaged(sound), damaged(sound), async (first, second) => {
        const { host, clock } = recorded(machine);
        const sensor = make(host);
        host.write(path, first);
        await readsOrSays(sensor);
        clock.advance(1000);
        host.write(path, second);
        await readsOrSays(sensor);
        clock.advance(1000);
        host.write(path, sound);
        // One sound file later all is well again.
        await probe(sensor);
        sensor.dispose();
      }),
      { numRuns: 60 },
    );
  });

  test("the list of mounts never breaks its parser", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const mount of parseMounts(text)) expect(mount.mountPoint).toMatch(/^\//);
      }),
    );
  });
});
