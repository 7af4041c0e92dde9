import { describe, expect, test } from "vitest";
import { fixtureHost } from "../../host/fixture.ts";
import { nodeHost } from "../../host/node.ts";
import { probe, recorded } from "../probe.ts";
import { recordedLibrary } from "../recorded-library.ts";
import { NoData } from "../rhopalium.ts";
import { SystemInformation } from "../systeminformation.ts";
import { batterySensor, onBattery } from "./index.ts";

const BAT = "/sys/class/power_supply/BAT0";
const battery = { "hw.id": "BAT0", "hw.name": "SMP 02DL005" };

describe("the battery sensor on Linux", () => {
  test("tells charge, time left and that the machine runs from it; a mouse's battery is not the machine's", async () => {
    const { host } = recorded("battery/laptop");
    const found = await probe(batterySensor(host));
    expect(found.value("hw.battery.charge", battery)).toBe(0.6);
    expect(found.value("hw.battery.time_left", { ...battery, "hw.state": "discharging" })).toBe(9000);
    expect(found.value("gorgon.battery.charging", battery)).toBe(0);
    expect(found.value("gorgon.power.on_battery")).toBe(1);
    expect(found.values("hw.battery.charge", "hw.id")).toEqual(["BAT0"]);
  });

  test("counts the time to full while it is charged", async () => {
    const { host } = recorded("battery/laptop");
    host.write("/sys/class/power_supply/AC/online", "1\n");
    host.write(`${BAT}/status`, "Charging\n");
    host.write(`${BAT}/power_now`, "40000000\n");
    const found = await probe(batterySensor(host));
    expect(found.value("hw.battery.time_left", { ...battery, "hw.state": "charging" })).toBe(1800);
    expect(found.value("gorgon.battery.charging", battery)).toBe(1);
    expect(found.value("gorgon.power.on_battery")).toBe(0);
  });

  test("makes do with a percentage, and a gauge that shows over full", async () => {
    const { host } = recorded("battery/laptop");
    for (const file of ["energy_now", "energy_full", "power_now"]) host.remove(`${BAT}/${file}`);
    expect((await probe(batterySensor(host))).value("hw.battery.charge", battery)).toBe(0.59);
    host.write(`${BAT}/capacity`, "104\n");
    expect((await probe(batterySensor(host))).value("hw.battery.charge", battery)).toBe(1);
  });

  test("has nothing to read without a battery, which is no failure", async () => {
    await expect(probe(batterySensor(fixtureHost()))).rejects.toThrow(NoData);
  });
});

describe("whether the machine runs from its battery", () => {
  test("is told by the plug, then by the battery", () => {
    const { host } = recorded("battery/laptop");
    expect(onBattery(host)).toBe(true);
    // Beside a weak plug a battery may discharge: the plug counts.
    host.write("/sys/class/power_supply/AC/online", "1\n");
    expect(onBattery(host)).toBe(false);
    host.write("/sys/class/power_supply/AC/online", "0\n");
    host.write(`${BAT}/status`, "Unknown\n");
    expect(onBattery(host)).toBe(false);
  });

  test("is not known without a battery, nor off Linux", () => {
    expect(onBattery(fixtureHost())).toBeNull();
    expect(onBattery(fixtureHost({ platform: "darwin" }))).toBeNull();
  });
});

describe("the battery sensor elsewhere", () => {
  test("tells the same through the library", async () => {
    const mac = fixtureHost({ platform: "darwin" });
    const found = await probe(batterySensor(mac, new SystemInformation(mac, recordedLibrary("darwin"))));
    const one = { "hw.id": "battery", "hw.name": "Apple bq20z451" };
    expect(found.value("hw.battery.charge", one)).toBe(0.5);
    expect(found.value("hw.battery.time_left", { ...one, "hw.state": "discharging" })).toBe(185 * 60);
    expect(found.value("gorgon.power.on_battery")).toBe(1);
    const windows = fixtureHost({ platform: "win32" });
    const none = batterySensor(windows, new SystemInformation(windows, recordedLibrary("win32")));
    await expect(probe(none)).rejects.toThrow("this machine has no battery");
  });
});

test.runIf(process.platform === "linux")("on this machine there is a battery, or a reason why not", async () => {
  const outcome = await probe(batterySensor(nodeHost())).catch((error: unknown) => error);
  expect(outcome instanceof NoData).toBe(onBattery(nodeHost()) === null);
});
