/** What the battery sensor gives, on every platform. */
import type { Attributes, MetricInfo } from "../../../protocol/reading.ts";

export const CHARGE = "hw.battery.charge";
export const TIME_LEFT = "hw.battery.time_left";
export const CHARGING = "gorgon.battery.charging";
export const ON_BATTERY = "gorgon.power.on_battery";

export const NONE: Attributes = {};

export const BATTERY_METRICS: readonly MetricInfo[] = [
  { name: CHARGE, unit: "1", kind: "gauge", description: "Charge of a battery as a share of what it holds now" },
  { name: TIME_LEFT, unit: "s", kind: "gauge", description: "Time until a battery is empty, or full, at this rate" },
  { name: CHARGING, unit: "1", kind: "gauge", description: "1 while a battery is being charged, otherwise 0" },
  { name: ON_BATTERY, unit: "1", kind: "gauge", description: "1 while the machine runs from its battery, otherwise 0" },
];
