/** The battery sensor of this platform. */
import { t } from "@vscode/l10n";
import type { Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { NoData, type Rhopalium } from "../rhopalium.ts";
import { SystemInformation } from "../systeminformation.ts";
import { otherBattery } from "./elsewhere.ts";
import { BATTERY_METRICS, CHARGE, CHARGING, NONE, ON_BATTERY, TIME_LEFT } from "./metrics.ts";
import { onBattery, readBatteries } from "./supply.ts";

export { onBattery } from "./supply.ts";

function linuxBattery(host: Host): Rhopalium {
  return {
    name: "battery",
    metrics: BATTERY_METRICS,
    read: () => {
      const batteries = readBatteries(host);
      if (batteries.length === 0) throw new NoData(t("this machine has no battery"));
      const readings: Reading[] = [];
      for (const { id, name, charge, status, secondsLeft } of batteries) {
        const attributes = { "hw.id": id, "hw.name": name };
        if (charge !== null) readings.push({ metric: CHARGE, attributes, value: charge });
        if (secondsLeft !== null) {
          readings.push({ metric: TIME_LEFT, attributes: { ...attributes, "hw.state": status }, value: secondsLeft });
        }
        readings.push({ metric: CHARGING, attributes, value: status === "charging" ? 1 : 0 });
      }
      readings.push({ metric: ON_BATTERY, attributes: NONE, value: onBattery(host) === true ? 1 : 0 });
      return readings;
    },
    dispose: () => undefined,
  };
}

/** Charge, charging and whether the machine runs from it. NoData where there is no battery. */
export function batterySensor(host: Host, information = new SystemInformation(host)): Rhopalium {
  return host.platform === "linux" ? linuxBattery(host) : otherBattery(information);
}
