/** Temperatures on Linux: the chips of /sys/class/hwmon, and the zones of /sys/class/thermal that no chip shows. */
import { t } from "@vscode/l10n";
import type { Attributes, Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { NoData, type Rhopalium } from "../rhopalium.ts";
import { namesIn, smallNumber, smallText } from "../small-file.ts";
import { LIMIT, plausible, TEMPERATURE, THERMAL_METRICS } from "./metrics.ts";

const HWMON = "/sys/class/hwmon";
const ZONES = "/sys/class/thermal";

/** A server with a chip for each core and module has some hundred; more is a fault of a driver. */
const MOST_SENSORS = 256;

function push(into: Reading[], attributes: Attributes, milli: number | null, criticalMilli: number | null): void {
  if (milli === null || !plausible(milli / 1000) || into.length >= 2 * MOST_SENSORS) return;
  into.push({ metric: TEMPERATURE, attributes, value: milli / 1000 });
  if (criticalMilli !== null && criticalMilli > 0 && plausible(criticalMilli / 1000)) {
    const limit = { ...attributes, "hw.limit_type": "high.critical" };
    into.push({ metric: LIMIT, attributes: limit, value: criticalMilli / 1000 });
  }
}

/** `temp1_input`, `temp1_label`, `temp1_crit` in millidegrees (Documentation/hwmon/sysfs-interface.rst). */
function pushChips(host: Host, into: Reading[]): ReadonlySet<string> {
  const chips = new Set<string>();
  for (const chip of namesIn(host, HWMON)) {
    const folder = `${HWMON}/${chip}`;
    const name = smallText(host, `${folder}/name`) ?? chip;
    chips.add(name);
    for (const file of namesIn(host, folder)) {
      const [, part] = /^(temp\d+)_input$/.exec(file) ?? [];
      if (part === undefined) continue;
      const label = smallText(host, `${folder}/${part}_label`) ?? "";
      const attributes = { "hw.id": `${chip}/${part}`, "hw.name": label === "" ? name : `${name} ${label}` };
      push(into, attributes, smallNumber(host, `${folder}/${file}`), smallNumber(host, `${folder}/${part}_crit`));
    }
  }
  return chips;
}

/** `temp` in millidegrees (Documentation/driver-api/thermal/sysfs-api.rst). */
function pushZones(host: Host, into: Reading[], chips: ReadonlySet<string>): void {
  for (const zone of namesIn(host, ZONES)) {
    if (!zone.startsWith("thermal_zone")) continue;
    const name = smallText(host, `${ZONES}/${zone}/type`) ?? zone;
    // The kernel shows most zones as a chip too, with dashes written as underscores.
    if (chips.has(name) || chips.has(name.replaceAll("-", "_"))) continue;
    push(into, { "hw.id": zone, "hw.name": name }, smallNumber(host, `${ZONES}/${zone}/temp`), critical(host, zone));
  }
}

function critical(host: Host, zone: string): number | null {
  for (const trip of [0, 1, 2, 3]) {
    if (smallText(host, `${ZONES}/${zone}/trip_point_${String(trip)}_type`) !== "critical") continue;
    return smallNumber(host, `${ZONES}/${zone}/trip_point_${String(trip)}_temp`);
  }
  return null;
}

/** Every temperature that can be read. Throws NoData when there is none. */
export function linuxThermal(host: Host): Rhopalium {
  return {
    name: "thermal",
    metrics: THERMAL_METRICS,
    read: () => {
      const readings: Reading[] = [];
      pushZones(host, readings, pushChips(host, readings));
      if (readings.length === 0)
        throw new NoData(t("this machine shows no temperatures, as most virtual machines do not"));
      return readings;
    },
    dispose: () => undefined,
  };
}
