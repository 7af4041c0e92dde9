/** The sensors of macOS and Windows, on answers in the form that systeminformation gives there. */
import { describe, expect, test } from "vitest";
import { fixtureHost } from "../host/fixture.ts";
import { ManualClock } from "../host/manual-clock.ts";
import { otherCpu } from "./cpu/elsewhere.ts";
import { hostFacts } from "./facts.ts";
import { hostSensors } from "./index.ts";
import { probe, recorded } from "./probe.ts";
import { recordedLibrary } from "./recorded-library.ts";
import { Malformed, NoData, type Rhopalium } from "./rhopalium.ts";
import { NoAnswer, SystemInformation, type Library } from "./systeminformation.ts";

const GIB = 1024 ** 3;
const MOUNTPOINT = "system.filesystem.mountpoint";

function machine(platform: "darwin" | "win32", library: Library = recordedLibrary(platform)) {
  const clock = new ManualClock();
  const host = fixtureHost({ platform, clock });
  const sensors = new Map(hostSensors(host, library).map((one) => [one.name, one]));
  const sensor = (name: string): Rhopalium => {
    const found = sensors.get(name);
    if (found === undefined) throw new Error(`no sensor ${name}`);
    return found;
  };
  return { host, clock, sensor, names: [...sensors.keys()] };
}

describe("on macOS", () => {
  test("there are the same sensors but pressure, which is Linux's own", () => {
    expect(machine("darwin").names).toEqual(["cpu", "memory", "filesystem", "disk", "network"]);
  });

  test("CPU shares come from the times since boot, not from the library's own percentages", async () => {
    const { clock, host } = machine("darwin");
    const information = new SystemInformation(host, recordedLibrary("darwin"));
    const sensor = otherCpu(host, information, () => [1.5, 1.25, 1]);
    expect((await probe(sensor)).value("gorgon.cpu.busy")).toBeUndefined();
    clock.advance(2000);
    const found = await probe(sensor);
    // Core 0: 1000 user, 500 system, 500 idle of 2000 ms. Core 1: idle.
    expect(found.value("system.cpu.utilization", { "cpu.mode": "user", "cpu.logical_number": "0" })).toBeCloseTo(
      0.5,
      12,
    );
    expect(found.value("gorgon.cpu.busy")).toBeCloseTo(0.375, 12);
    expect(found.value("system.cpu.load_average.5m")).toBe(1.25);
    expect(found.values("system.cpu.utilization", "cpu.mode")).not.toContain("iowait");
  });

  test("memory that programs can get is not used, and swap is told", async () => {
    const found = await probe(machine("darwin").sensor("memory"));
    expect(found.value("system.memory.limit", { "gorgon.limit.source": "host" })).toBe(16 * GIB);
    expect(found.value("system.memory.utilization", { "system.memory.state": "used" })).toBe(9 / 16);
    expect(found.value("system.paging.utilization", { "system.paging.state": "used" })).toBe(0.25);
  });

  test("of the disk's volumes those of the system are left out", async () => {
    const found = await probe(machine("darwin").sensor("filesystem"));
    const mounts = found.values("system.filesystem.utilization", MOUNTPOINT);
    expect(mounts).toEqual(["/", "/System/Volumes/Data", "/Volumes/My Stick"]);
  });

  test("disk and network rates are made from the counters", async () => {
    const { clock, sensor } = machine("darwin");
    await probe(sensor("disk"));
    await probe(sensor("network"));
    clock.advance(2000);
    const disk = await probe(sensor("disk"));
    expect(disk.value("gorgon.disk.io.rate", { "disk.io.direction": "read" })).toBe(5_000_000);
    expect(disk.value("gorgon.disk.operations.rate", { "disk.io.direction": "write" })).toBe(50);
    const network = await probe(sensor("network"));
    const en0 = { "network.interface.name": "en0", "network.io.direction": "receive" };
    expect(network.value("gorgon.network.io.rate", en0)).toBe(50_000);
    expect(network.values("system.network.io", "network.interface.name")).toEqual(["en0"]);
  });

  test("the facts are told", async () => {
    const facts = await hostFacts(fixtureHost({ platform: "darwin" }), recordedLibrary("darwin"));
    expect(facts).toMatchObject({ os: "macOS 15.5", cpuModel: "Apple M2 Pro", cores: 10, memoryBytes: 16 * GIB });
    expect(facts.virtualization).toBe("");
  });
});

describe("on Windows", () => {
  test("CPU has no load averages, which Windows does not know", async () => {
    const { clock, sensor } = machine("win32");
    await probe(sensor("cpu"));
    clock.advance(2000);
    const found = await probe(sensor("cpu"));
    expect(found.value("gorgon.cpu.busy")).toBeCloseTo(0.5, 12);
    expect(found.value("system.cpu.load_average.1m")).toBeUndefined();
    expect(found.value("system.cpu.utilization", { "cpu.mode": "interrupt" })).toBeCloseTo(0.125, 12);
  });

  test("disk counters are not there, which is no failure; drives without a size are left out", async () => {
    const { sensor } = machine("win32");
    await expect(probe(sensor("disk"))).rejects.toThrow(NoData);
    expect((await probe(sensor("filesystem"))).values("system.filesystem.limit", MOUNTPOINT)).toEqual(["C:"]);
  });

  test("the facts name the virtual machine", async () => {
    const facts = await hostFacts(fixtureHost({ platform: "win32" }), recordedLibrary("win32"));
    expect(facts.os).toBe("Microsoft Windows 11 Pro 10.0.26100");
    expect(facts.virtualization).toBe("Hyper-V");
  });
});

describe("when the library fails, which it says with zeros and empty lists", () => {
  test.each([
    ["cpu", { currentLoad: [{ cpus: [] }] }],
    ["cpu", { currentLoad: [{}] }],
    ["memory", { mem: [{ total: 0, free: 0, available: 0, buffcache: 0, swaptotal: 0 }] }],
    ["memory", { mem: [{ total: NaN, available: 1 }] }],
    ["filesystem", { fsSize: [[]] }],
    ["network", { networkStats: [[]] }],
    ["disk", { fsStats: [{ rx: 0, wx: 0 }], disksIO: [{ rIO: 0, wIO: 0 }] }],
  ])("the %s sensor fails with a reason, and never reads 0", async (name, changes) => {
    const { sensor } = machine("darwin", recordedLibrary("darwin", changes));
    await expect(probe(sensor(name))).rejects.toThrow(Malformed);
  });

  test("facts stay as the system itself tells them", async () => {
    const nothing: Library = recordedLibrary("darwin", {
      mem: [{ total: 0 }],
      cpu: [{ cores: 0 }],
      osInfo: [{}],
      system: [{}],
    });
    const facts = await hostFacts(fixtureHost({ platform: "darwin" }), nothing);
    expect(facts.memoryBytes).toBeGreaterThan(0);
    expect(facts.cores).toBeGreaterThan(0);
    expect(facts.os).not.toBe("");
  });
});

describe("calls to the library", () => {
  test("are made one at a time", async () => {
    let running = 0;
    let most = 0;
    const library = recordedLibrary("darwin");
    const slow: Library = {
      ...library,
      mem: async () => {
        running++;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return library.mem();
      },
    };
    const information = new SystemInformation(fixtureHost(), slow);
    await Promise.all(Array.from({ length: 5 }, () => information.ask("the memory", (one) => one.mem())));
    expect(most).toBe(1);
  });

  test("that hang end at the deadline, and the next goes on", async () => {
    const clock = new ManualClock();
    const hanging: Library = { ...recordedLibrary("darwin"), mem: () => new Promise(() => undefined) };
    const information = new SystemInformation(fixtureHost({ clock }), hanging);
    const memory = information.ask("the memory", (one) => one.mem());
    const cpu = information.ask("the CPU", (one) => one.cpu());
    const refused = expect(memory).rejects.toThrow("The system gave no answer about the memory within 8 s.");
    await clock.advanceAsync(8000);
    await refused;
    expect((await cpu).cores).toBe(10);
  });

  test("are given up when the reading is called off", async () => {
    const hanging: Library = { ...recordedLibrary("darwin"), mem: () => new Promise(() => undefined) };
    const { sensor } = machine("darwin", hanging);
    const calledOff = new AbortController();
    const reading = probe(sensor("memory"), calledOff.signal);
    calledOff.abort();
    await expect(reading).rejects.toThrow(NoAnswer);
  });
});

describe("facts on Linux", () => {
  test("name the system without asking the name server", async () => {
    const { host } = recorded("bare-debian");
    const library: Library = {
      ...recordedLibrary("darwin"),
      osInfo: () => Promise.reject(new Error("osInfo runs hostname -f")),
    };
    expect((await hostFacts(host, library)).os).toBe("Debian GNU/Linux 12");
  });

  test("name the container", async () => {
    const { host } = recorded("container-v2");
    expect((await hostFacts(host, recordedLibrary("darwin"))).virtualization).toBe("docker");
  });
});

describe.runIf(process.platform === "linux")("systeminformation itself", () => {
  test("is loaded when first needed, and knows this machine", { timeout: 20_000 }, async () => {
    const { nodeHost } = await import("../host/node.ts");
    const facts = await hostFacts(nodeHost());
    expect(facts.cores).toBeGreaterThan(0);
    expect(facts.memoryBytes).toBeGreaterThan(0);
    expect(facts.kernel).toMatch(/^\d+\./);
  });
});
