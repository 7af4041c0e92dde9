import { describe, expect, test } from "vitest";
import { fixtureHost } from "../host/fixture.ts";
import { onBattery } from "./power.ts";

/** A machine with these supplies. */
function machine(supplies: Readonly<Record<string, Readonly<Record<string, string>>>>, platform = "linux") {
  const files = Object.entries(supplies).flatMap(([name, attributes]) =>
    Object.entries(attributes).map(([attribute, text]) => [
      `/sys/class/power_supply/${name}/${attribute}`,
      `${text}\n`,
    ]),
  );
  return fixtureHost({ files: Object.fromEntries(files) as Record<string, string>, platform: platform as "linux" });
}

const MAINS = { type: "Mains", online: "1" };
const BATTERY = { type: "Battery", status: "Discharging", capacity: "80" };

describe("whether the machine runs on battery", () => {
  test("is so when its battery discharges and no mains is online", () => {
    expect(onBattery(machine({ AC: { ...MAINS, online: "0" }, BAT0: BATTERY }))).toBe(true);
    expect(
      onBattery(machine({ AC: { ...MAINS, online: "0" }, BAT0: { ...BATTERY, status: "Full" }, BAT1: BATTERY })),
    ).toBe(true);
  });

  test("is not so on mains, also over USB-C, even when the charger is too weak for the load", () => {
    expect(onBattery(machine({ AC: MAINS, BAT0: { ...BATTERY, status: "Charging" } }))).toBe(false);
    expect(onBattery(machine({ BAT0: BATTERY, ucsi: { type: "USB", online: "1" } }))).toBe(false);
  });

  test("is not so because a mouse runs on one", () => {
    expect(onBattery(machine({ hid0: { ...BATTERY, scope: "Device" } }))).toBe(false);
  });

  test("is not known without the system's word", () => {
    expect(onBattery(fixtureHost())).toBeNull();
    expect(onBattery(machine({ BAT0: BATTERY }, "darwin"))).toBeNull();
  });
});
