/** Temperatures on macOS and Windows, through systeminformation, which gives them on few machines. */
import { t } from "@vscode/l10n";
import type { Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { NoData, type Rhopalium } from "../rhopalium.ts";
import type { SystemInformation } from "../systeminformation.ts";
import { plausible, TEMPERATURE, THERMAL_METRICS } from "./metrics.ts";

function whyNone(platform: NodeJS.Platform): string {
  switch (platform) {
    case "darwin":
      return t("macOS shows temperatures to programs with a driver of their own only (osx-temperature-sensor)");
    case "win32":
      return t("Windows shows temperatures to administrators only, and only where the mainboard gives them");
    default:
      return t("this system shows no temperatures");
  }
}

/** The CPU's temperature, where the system tells. */
export function otherThermal(host: Host, information: SystemInformation): Rhopalium {
  return {
    name: "thermal",
    metrics: THERMAL_METRICS,
    read: async (signal) => {
      const found = await information.ask("the temperatures", (library) => library.cpuTemperature(), signal);
      const readings: Reading[] = [];
      // The library says null, -1 or 0 for what it could not find out.
      const push = (id: string, name: string, value: unknown) => {
        if (typeof value !== "number" || !(value > 0) || !plausible(value)) return;
        readings.push({ metric: TEMPERATURE, attributes: { "hw.id": id, "hw.name": name }, value });
      };
      push("cpu", "CPU", found.main);
      found.cores.forEach((value, core) => push(`cpu/core${String(core)}`, `CPU core ${String(core)}`, value));
      if (readings.length === 0) throw new NoData(whyNone(host.platform));
      return readings;
    },
    dispose: () => undefined,
  };
}
