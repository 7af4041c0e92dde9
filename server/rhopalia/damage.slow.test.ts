import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Host } from "../host/host.ts";
import { parseMounts } from "../host/mounts.ts";
import { linuxCpu } from "./cpu/linux.ts";
import { linuxFilesystems } from "./disk/linux-filesystems.ts";
import { linuxDiskIo } from "./disk/linux-io.ts";
import { batterySensor } from "./battery/index.ts";
import { linuxLimits } from "./limits/linux.ts";
import { linuxMemory } from "./memory/linux.ts";
import { linuxNetwork } from "./network/linux.ts";
import { linuxPressure } from "./pressure/linux.ts";
import { linuxTcp } from "./tcp/linux.ts";
import { linuxProcesses } from "./process/linux.ts";
import { probe, recorded } from "./probe.ts";
import { Unreadable } from "./reason.ts";
import { Malformed, NoData, type Rhopalium } from "./rhopalium.ts";
import { thermalSensor } from "./thermal/index.ts";

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
  ["/proc/net/snmp", linuxTcp],
  ["/proc/net/netstat", linuxTcp],
  ["/proc/net/sockstat", linuxTcp],
  ["/proc/net/tcp", linuxTcp],
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

const OWN_MACHINES: readonly (readonly [string, string, (host: Host) => Rhopalium])[] = [
  ["limits/v2-nested", "/proc/self/cgroup", linuxLimits],
  ["limits/v2-nested", "/proc/self/limits", linuxLimits],
  ["limits/v2-nested", "/proc/self/status", linuxLimits],
  ["limits/v2-nested", "/proc/vmstat", linuxLimits],
  ["limits/v2-nested", "/sys/devices/system/cpu/online", linuxLimits],
  ["limits/v2-docker", "/sys/fs/cgroup/cpu.max", linuxLimits],
  ["limits/v2-docker", "/sys/fs/cgroup/cpu.stat", linuxLimits],
  ["limits/v2-docker", "/sys/fs/cgroup/memory.events", linuxLimits],
  ["limits/v2-docker", "/sys/fs/cgroup/memory.pressure", linuxPressure],
  ["limits/v1-docker", "/sys/fs/cgroup/cpu,cpuacct/cpu.stat", linuxLimits],
  ["process/desk", "/proc/700/stat", linuxProcesses],
  ["process/desk", "/proc/700/io", linuxProcesses],
  ["process/desk", "/proc/700/cmdline", linuxProcesses],
  ["process/desk", "/proc/stat", linuxProcesses],
  ["thermal/laptop", "/sys/class/hwmon/hwmon2/temp1_input", thermalSensor],
  ["thermal/laptop", "/sys/class/thermal/thermal_zone1/trip_point_1_temp", thermalSensor],
  ["battery/laptop", "/sys/class/power_supply/BAT0/energy_now", batterySensor],
  ["battery/laptop", "/sys/class/power_supply/BAT0/status", batterySensor],
];

describe("damaged files", () => {
  test.each(OWN_MACHINES)("of %s: %s gives true values or a typed reason", async (machine, path, make) => {
    const sound = recorded(machine).host.files.text(path);
    await fc.assert(
      fc.asyncProperty(damaged(sound), damaged(sound), async (first, second) => {
        const { host, clock } = recorded(machine);
        const sensor = make(host);
        for (const text of [first, second]) {
          host.write(path, text);
          await readsOrSays(sensor);
          clock.advance(1000);
        }
        host.write(path, sound);
        await probe(sensor);
        sensor.dispose();
      }),
      { numRuns: 60 },
    );
  });

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

  test("a table of connections counts each line once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 11 }), { maxLength: 50 }), async (states) => {
        const { host } = recorded("bare-debian");
        host.remove("/proc/net/tcp6");
        const line = (state: number) =>
          `   0: 0100007F:B00D 0100007F:BAEA 0${state.toString(16).toUpperCase()} 0:0 00:0\n`;
        host.write("/proc/net/tcp", `  sl  local_address\n${states.map(line).join("")}`);
        const found = await probe(linuxTcp(host));
        const counted = found.readings.filter((one) => one.metric === "system.network.connection.count");
        // 7 is `closed`, which no table holds.
        expect(counted.reduce((sum, one) => sum + one.value, 0)).toBe(states.filter((state) => state !== 7).length);
      }),
      { numRuns: 50 },
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
