/** Whether the machine runs on battery: no mains is online and a system battery discharges. Linux alone. */
import type { Host } from "../host/host.ts";

const SUPPLIES = "/sys/class/power_supply";

/**
 * True on battery, false on mains or without a battery, null where it cannot be told. Batteries of devices (mice,
 * pens: `scope` is `Device`) say nothing about the machine.
 */
export function onBattery(host: Host): boolean | null {
  if (host.platform !== "linux") return null;
  let names: readonly string[];
  try {
    names = host.files.list(SUPPLIES);
  } catch {
    return null; // A machine without the power-supply class.
  }
  let discharging = false;
  for (const name of names) {
    const file = (attribute: string) => textOf(host, `${SUPPLIES}/${name}/${attribute}`);
    if (file("scope") === "Device") continue;
    if (file("type") === "Battery") discharging ||= file("status") === "Discharging";
    else if (file("online") === "1") return false;
  }
  return discharging;
}

function textOf(host: Host, path: string): string {
  try {
    return host.files.text(path).trim();
  } catch {
    return ""; // Not every supply has every attribute.
  }
}
