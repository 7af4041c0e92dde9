/** What /sys/class/power_supply says: batteries of the machine itself, and whether a plug gives power. */
import type { Host } from "../../host/host.ts";
import { namesIn, smallNumber, smallText } from "../small-file.ts";

const FOLDER = "/sys/class/power_supply";

/** More than a rack's worth; a driver that lists more is at fault. */
const MOST_SUPPLIES = 64;

/** One battery of the machine. */
export interface Battery {
  readonly id: string;
  readonly name: string;
  /** 0 to 1; null when it does not tell. */
  readonly charge: number | null;
  readonly status: "charging" | "discharging" | "other";
  /** Seconds to empty (discharging) or full (charging); null when it cannot be told. */
  readonly secondsLeft: number | null;
}

/** Folders of the batteries that feed the machine: those of mice and headsets have the scope `Device`. */
function batteriesOf(host: Host, supplies: readonly string[]): string[] {
  return supplies.filter(
    (id) =>
      smallText(host, `${FOLDER}/${id}/type`) === "Battery" &&
      smallText(host, `${FOLDER}/${id}/scope`) !== "Device" &&
      smallNumber(host, `${FOLDER}/${id}/present`) !== 0,
  );
}

function statusOf(host: Host, id: string): Battery["status"] {
  const text = smallText(host, `${FOLDER}/${id}/status`);
  return text === "Charging" ? "charging" : text === "Discharging" ? "discharging" : "other";
}

/** Every battery that feeds the machine. Drivers give energy (microwatt hours) or charge (microampere hours). */
export function readBatteries(host: Host): readonly Battery[] {
  return batteriesOf(host, namesIn(host, FOLDER).slice(0, MOST_SUPPLIES)).map((id) => {
    const number = (file: string) => smallNumber(host, `${FOLDER}/${id}/${file}`);
    const status = statusOf(host, id);
    const now = number("energy_now") ?? number("charge_now");
    const full = number("energy_full") ?? number("charge_full");
    const percent = number("capacity");
    const charge = now !== null && full !== null && full > 0 ? now / full : percent === null ? null : percent / 100;
    const rate = Math.abs((number("energy_now") === null ? number("current_now") : number("power_now")) ?? 0);
    const missing = now === null ? null : status === "discharging" ? now : full === null ? null : full - now;
    const timed = status !== "other" && rate > 0 && missing !== null && missing >= 0;
    const maker = [smallText(host, `${FOLDER}/${id}/manufacturer`), smallText(host, `${FOLDER}/${id}/model_name`)];
    return {
      id,
      name: maker.filter((word) => word !== null && word !== "").join(" ") || id,
      // A worn battery's gauge may show a little over full, and under empty.
      charge: charge === null ? null : Math.min(1, Math.max(0, charge)),
      status,
      secondsLeft: timed ? (missing / rate) * 3600 : null,
    };
  });
}

/**
 * Whether the machine runs from its battery: true, false, or null where it has none or does not tell. Cheap (a few
 * small files) and at once, for choosing a polling rate. Off Linux it is null: there the reading of
 * `gorgon.power.on_battery` says it.
 */
export function onBattery(host: Host): boolean | null {
  if (host.platform !== "linux") return null;
  const supplies = namesIn(host, FOLDER).slice(0, MOST_SUPPLIES);
  const batteries = batteriesOf(host, supplies);
  if (batteries.length === 0) return null;
  // A plug that gives power settles it: a battery may discharge a little beside a weak one.
  const plugged = supplies.some((id) => {
    const type = smallText(host, `${FOLDER}/${id}/type`);
    return (type === "Mains" || type === "USB") && smallNumber(host, `${FOLDER}/${id}/online`) === 1;
  });
  if (plugged) return false;
  return batteries.some((id) => statusOf(host, id) === "discharging");
}
