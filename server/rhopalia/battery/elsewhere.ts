/** The battery on macOS and Windows, through systeminformation. */
import { t } from "@vscode/l10n";
import type { Reading } from "../../../protocol/reading.ts";
import { NoData, type Rhopalium } from "../rhopalium.ts";
import { given, type SystemInformation } from "../systeminformation.ts";
import { BATTERY_METRICS, CHARGE, CHARGING, NONE, ON_BATTERY, TIME_LEFT } from "./metrics.ts";

/** The machine's battery. Throws NoData when it has none. */
export function otherBattery(information: SystemInformation): Rhopalium {
  return {
    name: "battery",
    metrics: BATTERY_METRICS,
    read: async (signal) => {
      const battery = await information.ask("the battery", (library) => library.battery(), signal);
      if (!battery.hasBattery) throw new NoData(t("this machine has no battery"));
      const name = [battery.manufacturer, battery.model].filter(Boolean).join(" ") || "battery";
      const attributes = { "hw.id": "battery", "hw.name": name };
      const readings: Reading[] = [
        { metric: CHARGE, attributes, value: Math.min(1, given(battery.percent, "the battery's charge") / 100) },
        { metric: CHARGING, attributes, value: battery.isCharging ? 1 : 0 },
        { metric: ON_BATTERY, attributes: NONE, value: battery.acConnected ? 0 : 1 },
      ];
      // Minutes; the library says -1, null or 0 while the system has no estimate.
      const minutes: unknown = battery.timeRemaining;
      if (typeof minutes === "number" && minutes > 0 && !battery.acConnected) {
        const state = { ...attributes, "hw.state": "discharging" };
        readings.push({ metric: TIME_LEFT, attributes: state, value: minutes * 60 });
      }
      return readings;
    },
    dispose: () => undefined,
  };
}
