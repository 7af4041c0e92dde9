import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { nodeHost } from "../../host/node.ts";
import { ownCgroups } from "../cgroup.ts";
import { probe, recorded } from "../probe.ts";
import { Malformed } from "../rhopalium.ts";
import { linuxMemory } from "./linux.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const used = { "system.memory.state": "used" };
const limitOf = (source: string) => ({ "gorgon.limit.source": source });

describe("the memory sensor on Linux", () => {
  test("on bare metal counts as used what programs could not get", async () => {
    const { host } = recorded("bare-debian");
    const found = await probe(linuxMemory(host));
    expect(found.value("system.memory.limit", limitOf("host"))).toBe(16303412 * KIB);
    expect(found.value("system.linux.memory.available")).toBe(9876540 * KIB);
    expect(found.value("system.memory.usage", used)).toBe((16303412 - 9876540) * KIB);
    expect(found.value("system.memory.usage", { "system.memory.state": "cached" })).toBe((6123440 + 512344) * KIB);
    expect(found.value("system.memory.utilization", used)).toBeCloseTo((16303412 - 9876540) / 16303412, 12);
    expect(found.value("system.paging.usage", { "system.paging.state": "used" })).toBe((8388604 - 8126460) * KIB);
    expect(found.value("system.paging.utilization", { "system.paging.state": "used" })).toBeCloseTo(0.03125, 4);
  });

  test("in a container with cgroup v2 measures against the container's limit, and names it", async () => {
    const { host } = recorded("container-v2");
    const found = await probe(linuxMemory(host));
    expect(found.value("system.memory.limit", limitOf("cgroup /"))).toBe(512 * MIB);
    expect(found.value("system.memory.usage", used)).toBe(256 * MIB);
    expect(found.value("system.memory.utilization", used)).toBe(0.5);
    expect(found.value("system.memory.limit", limitOf("host"))).toBeUndefined();
    // The machine's own figure stays.
    expect(found.value("system.linux.memory.available")).toBe(21000000 * KIB);
  });

  test("in a container with cgroup v1 does the same", async () => {
    const { host } = recorded("container-v1");
    const found = await probe(linuxMemory(host));
    expect(found.value("system.memory.limit", limitOf("cgroup /docker/6a4f9d0c2b"))).toBe(1024 * MIB);
    expect(found.value("system.memory.usage", used)).toBe(512 * MIB);
    expect(found.value("system.memory.utilization", used)).toBe(0.5);
  });

  test("finds a version 1 limit that is set above what the container can see", async () => {
    const { host } = recorded("container-v1");
    host.write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    const found = await probe(linuxMemory(host));
    expect(found.value("system.memory.limit", limitOf("cgroup /docker/6a4f9d0c2b"))).toBe(1024 * MIB);
  });

  test("takes the tightest limit on the way up, such as MemoryMax on a user's slice", async () => {
    const { host, clock } = recorded("bare-debian");
    const sensor = linuxMemory(host);
    expect((await probe(sensor)).values("system.memory.limit", "gorgon.limit.source")).toEqual(["host"]);
    host.write("/sys/fs/cgroup/user.slice/memory.max", `${String(12_000 * MIB)}\n`);
    host.write("/sys/fs/cgroup/user.slice/user-1000.slice/memory.max", `${String(10_000 * MIB)}\n`);
    host.write("/sys/fs/cgroup/user.slice/user-1000.slice/memory.current", `${String(5_000 * MIB)}\n`);
    host.write(
      "/sys/fs/cgroup/user.slice/user-1000.slice/memory.stat",
      `file ${String(2000 * MIB)}\ninactive_file ${String(1000 * MIB)}\n`,
    );
    clock.advance(10_000);
    const found = await probe(sensor);
    expect(found.value("system.memory.limit", limitOf("cgroup /user.slice/user-1000.slice"))).toBe(10_000 * MIB);
    expect(found.value("system.memory.utilization", used)).toBe(0.4);
  });

  test("takes a limit beyond the machine's memory for none", async () => {
    const { host } = recorded("container-v2");
    host.write("/sys/fs/cgroup/memory.max", "99999999999999\n");
    expect((await probe(linuxMemory(host))).values("system.memory.limit", "gorgon.limit.source")).toEqual(["host"]);
  });

  test("fails with a reason when the group is taken away under it, and looks again", async () => {
    const { host, clock } = recorded("container-v2");
    const sensor = linuxMemory(host);
    await probe(sensor);
    host.remove("/sys/fs/cgroup/memory.current");
    host.remove("/sys/fs/cgroup/memory.max");
    await expect(probe(sensor)).rejects.toThrow("/sys/fs/cgroup/memory.current cannot be read");
    clock.advance(10_000);
    expect((await probe(sensor)).values("system.memory.limit", "gorgon.limit.source")).toEqual(["host"]);
  });

  test("says what is missing from a file that it cannot use, and never says 0", async () => {
    const { host } = recorded("bare-debian");
    host.write("/proc/meminfo", "MemFree: 12 kB\n");
    await expect(probe(linuxMemory(host))).rejects.toThrow(Malformed);
    host.write("/proc/meminfo", "MemTotal: 0 kB\nMemFree: 0 kB\n");
    await expect(probe(linuxMemory(host))).rejects.toThrow("MemTotal or MemFree is missing");
  });
});

describe("the control groups of a process", () => {
  test("are its own and those above it, as far as they can be seen", () => {
    const { host } = recorded("bare-debian");
    expect(ownCgroups(host, "memory").map((one) => one.name)).toEqual([
      "/user.slice/user-1000.slice/user@1000.service/app.slice/code.scope",
      "/user.slice/user-1000.slice/user@1000.service/app.slice",
      "/user.slice/user-1000.slice/user@1000.service",
      "/user.slice/user-1000.slice",
      "/user.slice",
      "/",
    ]);
  });

  test("are found by controller where version 1 is mounted", () => {
    const { host } = recorded("container-v1");
    expect(ownCgroups(host, "cpu")).toEqual([
      { version: 1, folder: "/sys/fs/cgroup/cpu,cpuacct", name: "/docker/6a4f9d0c2b" },
    ]);
    expect(ownCgroups(host, "io")).toEqual([]);
  });

  test("in a path that the mount does not hold stand for the mount's own root", () => {
    const { host } = recorded("container-v2");
    host.write("/proc/self/cgroup", "0::/../../other.scope\n");
    expect(ownCgroups(host, "memory").map((one) => one.folder)).toEqual(["/sys/fs/cgroup"]);
  });

  test("are none on a kernel without them", () => {
    const { host } = recorded("bare-debian");
    host.remove("/proc/self/cgroup");
    expect(ownCgroups(host, "memory")).toEqual([]);
  });
});

describe.runIf(process.platform === "linux")("the memory sensor on this machine", () => {
  test("agrees with the kernel's own total, or names the group that is tighter", async () => {
    const sensor = linuxMemory(nodeHost());
    const found = await probe(sensor);
    const [source = ""] = found.values("system.memory.limit", "gorgon.limit.source");
    const total = Number(/^MemTotal:\s+(\d+)/.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]) * KIB;
    const limit = found.value("system.memory.limit", limitOf(source)) ?? NaN;
    if (source === "host") expect(limit).toBe(total);
    else expect(limit).toBeLessThan(total);
    expect(found.value("system.memory.utilization", used)).toBeGreaterThan(0);
    sensor.dispose();
  });
});
