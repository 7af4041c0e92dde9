import { describe, expect, test } from "vitest";
import { fixtureHost } from "../../host/fixture.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { probe, probeTwice, recorded } from "../probe.ts";
import { Malformed } from "../rhopalium.ts";
import { linuxCpu } from "./linux.ts";

const mode = (name: string, core?: number) =>
  core === undefined ? { "cpu.mode": name } : { "cpu.mode": name, "cpu.logical_number": String(core) };

/** A machine whose /proc/stat is written by the test. */
function machine(stat: string) {
  const clock = new ManualClock();
  const host = fixtureHost({ clock, files: { "/proc/stat": stat, "/proc/loadavg": "0.50 1.25 2.00 1/99 7\n" } });
  return { host, clock, sensor: linuxCpu(host) };
}

describe("the CPU sensor on Linux", () => {
  test("gives load and cores at the first reading, but no shares: an interval has two ends", async () => {
    const { host } = recorded("bare-debian");
    const first = await probe(linuxCpu(host));
    expect(first.value("system.cpu.load_average.1m")).toBe(0.52);
    expect(first.value("system.cpu.load_average.15m")).toBe(0.59);
    expect(first.value("system.cpu.logical.count")).toBe(4);
    expect(first.value("gorgon.cpu.busy")).toBeUndefined();
    expect(first.values("system.cpu.utilization", "cpu.mode")).toEqual([]);
  });

  test("tells the shares of the interval, of the whole and of each core", async () => {
    const { host, clock, sensor } = machine("cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 100 0 50 800 50 0 0 0 0 0\n");
    const line = "140 10 70 815 55 3 2 5 30 0";
    const second = await probeTwice(sensor, clock, 1000, () =>
      host.write("/proc/stat", `cpu  ${line}\ncpu0 ${line}\n`),
    );
    // 40 user + 10 nice + 20 system + 15 idle + 5 iowait + 5 interrupt + 5 steal = 100 ticks.
    const shares = { user: 0.4, nice: 0.1, system: 0.2, idle: 0.15, iowait: 0.05, interrupt: 0.05, steal: 0.05 };
    for (const [name, share] of Object.entries(shares)) {
      expect(second.value("system.cpu.utilization", mode(name))).toBeCloseTo(share, 12);
      expect(second.value("system.cpu.utilization", mode(name, 0))).toBeCloseTo(share, 12);
    }
    expect(second.value("gorgon.cpu.busy")).toBe(0.8);
  });

  test("gives no shares when less than a tick has passed, and then those of the whole time since", async () => {
    const before = "cpu  10 0 0 90 0 0 0 0 0 0\ncpu0 10 0 0 90 0 0 0 0 0 0\n";
    const { host, clock, sensor } = machine(before);
    const second = await probeTwice(sensor, clock, 1);
    expect(second.value("gorgon.cpu.busy")).toBeUndefined();
    host.write("/proc/stat", before.replaceAll("10 0 0 90", "60 0 0 140"));
    expect((await probe(sensor)).value("gorgon.cpu.busy")).toBeCloseTo(0.5, 12);
  });

  test("starts a new baseline when the counters go back, as after a restored machine", async () => {
    const { host, clock, sensor } = machine("cpu  1000 0 0 9000 0 0 0 0 0 0\ncpu0 1000 0 0 9000 0 0 0 0 0 0\n");
    const small = "cpu  10 0 0 90 0 0 0 0 0 0\ncpu0 10 0 0 90 0 0 0 0 0 0\n";
    const second = await probeTwice(sensor, clock, 1000, () => host.write("/proc/stat", small));
    expect(second.value("gorgon.cpu.busy")).toBeUndefined();
    host.write("/proc/stat", small.replaceAll("10 0 0 90", "20 0 0 180"));
    expect((await probe(sensor)).value("gorgon.cpu.busy")).toBeCloseTo(0.1, 12);
  });

  test("takes a step back of iowait alone for no time at all", async () => {
    const { host, clock, sensor } = machine("cpu  100 0 0 100 50 0 0 0 0 0\ncpu0 100 0 0 100 50 0 0 0 0 0\n");
    const line = "150 0 0 150 45 0 0 0 0 0";
    const second = await probeTwice(sensor, clock, 1000, () =>
      host.write("/proc/stat", `cpu  ${line}\ncpu0 ${line}\n`),
    );
    expect(second.value("system.cpu.utilization", mode("iowait"))).toBe(0);
    expect(second.value("gorgon.cpu.busy")).toBeCloseTo(0.5, 12);
  });

  test("follows cores that are taken away and come back", async () => {
    const both = "cpu  30 0 0 170 0 0 0 0 0 0\ncpu0 10 0 0 90 0 0 0 0 0 0\ncpu1 20 0 0 80 0 0 0 0 0 0\n";
    const one = "cpu  60 0 0 240 0 0 0 0 0 0\ncpu0 40 0 0 160 0 0 0 0 0 0\n";
    const again = "cpu  90 0 0 310 0 0 0 0 0 0\ncpu0 60 0 0 220 0 0 0 0 0 0\ncpu1 900 0 0 900 0 0 0 0 0 0\n";
    const { host, clock, sensor } = machine(both);
    const second = await probeTwice(sensor, clock, 1000, () => host.write("/proc/stat", one));
    expect(second.value("system.cpu.logical.count")).toBe(1);
    expect(second.values("system.cpu.utilization", "cpu.logical_number")).toEqual(["", "0"]);
    host.write("/proc/stat", again);
    const third = await probe(sensor);
    expect(third.value("system.cpu.logical.count")).toBe(2);
    expect(third.values("system.cpu.utilization", "cpu.logical_number")).toEqual(["", "0"]);
  });

  test("reads a machine of 512 cores, whose file is longer than one buffer", async () => {
    const text = (ticks: number) => {
      const rows = Array.from(
        { length: 512 },
        (_, core) => `cpu${String(core)} ${String(ticks)} 0 0 ${String(ticks * 3)} 0 0 0 0 0 0`,
      );
      return `cpu  ${String(ticks * 512)} 0 0 ${String(ticks * 512 * 3)} 0 0 0 0 0 0\n${rows.join("\n")}\nintr ${"0 ".repeat(9000)}\n`;
    };
    const { host, clock, sensor } = machine(text(100));
    const second = await probeTwice(sensor, clock, 1000, () => host.write("/proc/stat", text(200)));
    expect(second.value("system.cpu.logical.count")).toBe(512);
    expect(second.value("system.cpu.utilization", mode("user", 511))).toBeCloseTo(0.25, 12);
  });

  test("says in words what is wrong with a file that it cannot use", async () => {
    await expect(probe(machine("nothing here\n").sensor)).rejects.toThrow(Malformed);
    await expect(probe(machine("cpu  1 2 3\n").sensor)).rejects.toThrow("/proc/stat is not in the expected format");
    const { host } = recorded("bare-debian");
    host.fail("/proc/stat", "EACCES");
    await expect(probe(linuxCpu(host))).rejects.toThrow("/proc/stat cannot be read: this user may not read it");
  });
});
