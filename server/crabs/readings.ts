/** Checks what a sensor gave: only finite numbers of declared metrics pass, and what does not is named. */
import type { MetricInfo, Reading } from "../../protocol/reading.ts";

/** How many offending metrics a reason names before it only counts them. */
const NAMED = 3;

/** The readings that may be shown, and in words what is wrong with the others; empty when nothing is. */
export interface Checked {
  readonly readings: readonly Reading[];
  readonly reason: string;
}

/** Sorts the good readings from the bad. `given` may be anything: a sensor can come from anywhere. */
export function checkReadings(given: unknown, declared: readonly MetricInfo[]): Checked {
  if (!Array.isArray(given)) return { readings: [], reason: `gave ${typeName(given)} instead of a list of readings` };
  const names = new Set(declared.map((info) => info.name));
  const good: Reading[] = [];
  const bad = new Map<string, number>();
  for (const reading of given as readonly (Partial<Reading> | null | undefined)[]) {
    const fault = faultOf(reading, names);
    if (fault === "") good.push(reading as Reading);
    else bad.set(fault, (bad.get(fault) ?? 0) + 1);
  }
  if (bad.size === 0) return { readings: good.length === given.length ? (given as Reading[]) : good, reason: "" };
  const faults = [...bad].map(([fault, times]) => (times === 1 ? fault : `${fault} (${String(times)} times)`));
  const more = faults.length > NAMED ? `, and ${String(faults.length - NAMED)} more` : "";
  return { readings: good, reason: `gave ${faults.slice(0, NAMED).join(", ")}${more}` };
}

function faultOf(reading: Partial<Reading> | null | undefined, declared: ReadonlySet<string>): string {
  if (typeof reading !== "object" || reading === null) return `${typeName(reading)} instead of a reading`;
  const { metric, attributes, value } = reading;
  if (typeof metric !== "string") return "a reading without a metric";
  if (!declared.has(metric)) return `${metric}, which it does not declare`;
  if (typeof attributes !== "object" || (attributes as object | null) === null) return `${metric} without attributes`;
  if (typeof value !== "number") return `${typeName(value)} for ${metric}`;
  return Number.isFinite(value) ? "" : `${String(value)} for ${metric}`;
}

function typeName(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : value === undefined ? "nothing" : typeof value;
}
