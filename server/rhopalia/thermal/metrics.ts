/** What the temperature sensor gives, on every platform. */
import type { MetricInfo } from "../../../protocol/reading.ts";

export const TEMPERATURE = "hw.temperature";
export const LIMIT = "hw.temperature.limit";

export const THERMAL_METRICS: readonly MetricInfo[] = [
  { name: TEMPERATURE, unit: "Cel", kind: "gauge", description: "Temperature of a part of the machine" },
  { name: LIMIT, unit: "Cel", kind: "gauge", description: "The temperature that its maker calls critical" },
];

/** Chips that are off or not wired answer with -273, 0 K or 255: no part of a computer that runs has such a value. */
export function plausible(celsius: number): boolean {
  return celsius > -60 && celsius < 200;
}
