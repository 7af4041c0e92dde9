import { describe, expect, test } from "vitest";
import { probe, recorded } from "../probe.ts";
import { Malformed, NoData } from "../rhopalium.ts";
import { linuxPressure } from "./linux.ts";

const of = (resource: string, kind: string, window?: string) => ({
  "gorgon.pressure.resource": resource,
  "gorgon.pressure.kind": kind,
  ...(window === undefined ? {} : { "gorgon.pressure.window": window }),
});

describe("the pressure sensor", () => {
  test("gives shares of time by resource, kind and window, and the time itself", async () => {
    const { host } = recorded("bare-debian");
    const found = await probe(linuxPressure(host));
    expect(found.value("gorgon.pressure.ratio", of("cpu", "some", "10s"))).toBe(0.0153);
    expect(found.value("gorgon.pressure.ratio", of("io", "full", "300s"))).toBe(0.006);
    expect(found.value("gorgon.pressure.time", of("io", "some"))).toBe(87.654321);
    expect(found.readings).toHaveLength(3 * 2 * 4);
  });

  test("gives the figures of this process' own control group beside the machine's", async () => {
    const { host } = recorded("limits/v2-docker");
    const found = await probe(linuxPressure(host));
    const mine = { "gorgon.cgroup": "/" };
    expect(found.value("gorgon.pressure.ratio", { ...of("memory", "some", "10s"), ...mine })).toBe(0.31);
    expect(found.value("gorgon.pressure.time", { ...of("cpu", "some"), ...mine })).toBe(1.5);
    const slice = recorded("limits/v2-user-slice").host;
    const name = "/user.slice/user-1000.slice/user@1000.service/app.slice/app-code-4242.scope";
    expect((await probe(linuxPressure(slice))).values("gorgon.pressure.ratio", "gorgon.cgroup")).toEqual([name]);
  });

  test("of the root group gives nothing, because that is the machine", async () => {
    const { host } = recorded("limits/v2-docker");
    host.remove("/sys/fs/cgroup/cgroup.events");
    await expect(probe(linuxPressure(host))).rejects.toThrow(NoData);
  });

  test("goes on with the machine's when its group is taken away, and finds the new one", async () => {
    const { host, clock } = recorded("bare-debian");
    const group = "/sys/fs/cgroup/user.slice";
    const line = "some avg10=50.00 avg60=0.20 avg300=0.30 total=5\n";
    host.write("/proc/self/cgroup", "0::/user.slice\n");
    host.write(`${group}/cgroup.events`, "populated 1\n");
    host.write(`${group}/cpu.pressure`, line);
    const sensor = linuxPressure(host);
    const mine = { ...of("cpu", "some", "10s"), "gorgon.cgroup": "/user.slice" };
    expect((await probe(sensor)).value("gorgon.pressure.ratio", mine)).toBe(0.5);
    host.fail(`${group}/cpu.pressure`, "ENODEV");
    clock.advance(1000);
    expect((await probe(sensor)).readings).toHaveLength(3 * 2 * 4);
    host.write(`${group}/cpu.pressure`, line);
    clock.advance(60_000);
    expect((await probe(sensor)).value("gorgon.pressure.ratio", mine)).toBe(0.5);
  });

  test("has nothing to read on a kernel without it, which is no failure", async () => {
    const { host } = recorded("container-v1");
    await expect(probe(linuxPressure(host))).rejects.toThrow(NoData);
    for (const resource of ["cpu", "memory", "io"]) host.fail(`/proc/pressure/${resource}`, "EOPNOTSUPP");
    await expect(probe(linuxPressure(host))).rejects.toThrow(NoData);
  });

  test("gives what an older kernel has: no full line for the CPU", async () => {
    const { host } = recorded("bare-debian");
    host.write("/proc/pressure/cpu", "some avg10=0.10 avg60=0.20 avg300=0.30 total=5\n");
    const found = await probe(linuxPressure(host));
    expect(found.value("gorgon.pressure.ratio", of("cpu", "full", "10s"))).toBeUndefined();
    expect(found.value("gorgon.pressure.ratio", of("cpu", "some", "60s"))).toBe(0.002);
  });

  test("refuses a line that breaks off, and one that may not be read", async () => {
    const { host } = recorded("bare-debian");
    host.write("/proc/pressure/io", "some avg10=0.10 avg60\n");
    await expect(probe(linuxPressure(host))).rejects.toThrow(Malformed);
    host.fail("/proc/pressure/io", "EACCES");
    await expect(probe(linuxPressure(host))).rejects.toThrow("/proc/pressure/io cannot be read");
  });
});
