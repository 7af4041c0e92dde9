import { describe, expect, test } from "vitest";
import { fixtureHost } from "../../host/fixture.ts";
import { nodeHost } from "../../host/node.ts";
import { probe, recorded } from "../probe.ts";
import { recordedLibrary } from "../recorded-library.ts";
import { NoData } from "../rhopalium.ts";
import { SystemInformation } from "../systeminformation.ts";
import { thermalSensor } from "./index.ts";

const of = (id: string, name: string) => ({ "hw.id": id, "hw.name": name });

describe("the temperature sensor on Linux", () => {
  test("reads chips with their labels and limits, below zero too", async () => {
    const { host } = recorded("thermal/laptop");
    const found = await probe(thermalSensor(host));
    expect(found.value("hw.temperature", of("hwmon2/temp1", "coretemp Package id 0"))).toBe(61);
    const limit = { ...of("hwmon2/temp1", "coretemp Package id 0"), "hw.limit_type": "high.critical" };
    expect(found.value("hw.temperature.limit", limit)).toBe(100);
    expect(found.value("hw.temperature", of("hwmon10/temp1", "nvme Composite"))).toBe(-4);
  });

  test("reads a zone once, and only where no chip shows it", async () => {
    const { host } = recorded("thermal/laptop");
    const found = await probe(thermalSensor(host));
    expect(found.values("hw.temperature", "hw.id")).toEqual([
      "hwmon0/temp1",
      "hwmon2/temp1",
      "hwmon2/temp2",
      "hwmon10/temp1",
      "thermal_zone1",
    ]);
    const limit = { ...of("thermal_zone1", "x86_pkg_temp"), "hw.limit_type": "high.critical" };
    expect(found.value("hw.temperature.limit", limit)).toBe(105);
  });

  test("leaves out a chip that sleeps, forbids or answers nonsense", async () => {
    const { host } = recorded("thermal/laptop");
    host.fail("/sys/class/hwmon/hwmon10/temp1_input", "ENODATA");
    host.fail("/sys/class/hwmon/hwmon2/temp2_input", "EACCES");
    const ids = (await probe(thermalSensor(host))).values("hw.temperature", "hw.id");
    expect(ids).not.toContain("hwmon10/temp1");
    expect(ids).not.toContain("hwmon2/temp2");
    expect(ids.filter((id) => /hwmon1[12]/.test(id))).toEqual([]);
  });

  test("names a chip as it names itself", async () => {
    const name = '<b>"hot"</b> {job="x"}';
    const files = { "/sys/class/hwmon/hwmon0/name": name, "/sys/class/hwmon/hwmon0/temp1_input": "50000\n" };
    const found = await probe(thermalSensor(fixtureHost({ files })));
    expect(found.value("hw.temperature", of("hwmon0/temp1", name))).toBe(50);
  });

  test("has nothing to read where the machine shows none, which is no failure", async () => {
    await expect(probe(thermalSensor(fixtureHost()))).rejects.toThrow(NoData);
  });
});

describe("the temperature sensor elsewhere", () => {
  test("reads the CPU's where the system tells, and says why where it does not", async () => {
    const windows = fixtureHost({ platform: "win32" });
    const found = await probe(thermalSensor(windows, new SystemInformation(windows, recordedLibrary("win32"))));
    expect(found.value("hw.temperature", of("cpu", "CPU"))).toBe(48.5);
    const mac = fixtureHost({ platform: "darwin" });
    const silent = thermalSensor(mac, new SystemInformation(mac, recordedLibrary("darwin")));
    await expect(probe(silent)).rejects.toThrow("macOS shows temperatures to programs with a driver of their own only");
  });
});

test.runIf(process.platform === "linux")("on this machine there are temperatures, or a reason why not", async () => {
  const outcome = await probe(thermalSensor(nodeHost())).catch((error: unknown) => error);
  if (outcome instanceof Error) expect(outcome).toBeInstanceOf(NoData);
});
