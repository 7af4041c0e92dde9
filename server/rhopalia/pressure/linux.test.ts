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
    expect(found.value("gorgon.pressure.ratio", of("cpu", "some", "10s"))).toBeCloseTo(0.0153, 12);
    expect(found.value("gorgon.pressure.ratio", of("io", "full", "300s"))).toBeCloseTo(0.006, 12);
    expect(found.value("gorgon.pressure.time", of("io", "some"))).toBe(87.654321);
    expect(found.readings).toHaveLength(3 * 2 * 4);
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
    expect(found.value("gorgon.pressure.ratio", of("cpu", "some", "60s"))).toBeCloseTo(0.002, 12);
  });

  test("refuses a line that breaks off, and one that may not be read", async () => {
    const { host } = recorded("bare-debian");
    host.write("/proc/pressure/io", "some avg10=0.10 avg60\n");
    await expect(probe(linuxPressure(host))).rejects.toThrow(Malformed);
    host.fail("/proc/pressure/io", "EACCES");
    await expect(probe(linuxPressure(host))).rejects.toThrow("/proc/pressure/io cannot be read");
  });
});
