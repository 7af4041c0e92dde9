/** For tests of sensors: reads one, checks what holds for every sensor, and finds values by metric and attributes. */
import { fileURLToPath } from "node:url";
import { seriesKey, type Attributes, type Reading } from "../../protocol/reading.ts";
import { fixtureHost, type FixtureHost, type FixtureOptions } from "../host/fixture.ts";
import { ManualClock } from "../host/manual-clock.ts";
import { PartialFailure, type Rhopalium } from "./rhopalium.ts";

/** What one reading gave. */
export class Probe {
  readonly readings: readonly Reading[];
  /** The reason of a partial failure; empty when there was none. */
  readonly reason: string;

  constructor(readings: readonly Reading[], reason = "") {
    this.readings = readings;
    this.reason = reason;
  }

  /** The value of the series with exactly these attributes; undefined when there is none. */
  value(metric: string, attributes: Attributes = {}): number | undefined {
    const key = seriesKey(metric, attributes);
    return this.readings.find((one) => seriesKey(one.metric, one.attributes) === key)?.value;
  }

  /** All values of an attribute that a metric's series have, without doubles. */
  values(metric: string, attribute: string): string[] {
    const found = this.readings.filter((one) => one.metric === metric).map((one) => one.attributes[attribute] ?? "");
    return [...new Set(found)];
  }
}

/** Reads a sensor and checks its promises: declared metrics, one value a series, no NaN, nothing negative. */
export async function probe(sensor: Rhopalium, signal = new AbortController().signal): Promise<Probe> {
  let found: Probe;
  try {
    found = new Probe(await sensor.read(signal));
  } catch (error) {
    if (!(error instanceof PartialFailure)) throw error;
    found = new Probe(error.readings, error.message);
  }
  const declared = new Map(sensor.metrics.map((info) => [info.name, info]));
  const seen = new Set<string>();
  for (const { metric, attributes, value } of found.readings) {
    const key = seriesKey(metric, attributes);
    const info = declared.get(metric);
    if (info === undefined) throw new Error(`${metric} is not declared`);
    if (!Number.isFinite(value) || value < 0) throw new Error(`${key} is ${value}`);
    if (info.unit === "1" && value > 1) throw new Error(`${key} is a ratio of ${value}`);
    if (seen.has(key)) throw new Error(`${key} comes twice`);
    seen.add(key);
  }
  return found;
}

/** Reads twice with time passing in between, so that rates are there. */
export async function probeTwice(
  sensor: Rhopalium,
  clock: ManualClock,
  milliseconds: number,
  between: () => void = () => undefined,
): Promise<Probe> {
  await probe(sensor);
  clock.advance(milliseconds);
  between();
  return probe(sensor);
}

/** A recorded machine of fixtures/. */
export function recorded(name: string, options: Omit<FixtureOptions, "clock"> = {}): RecordedMachine {
  const clock = new ManualClock();
  const root = fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
  return { clock, host: fixtureHost({ ...options, root, clock }) };
}

/** A recorded machine and its clock. */
export interface RecordedMachine {
  readonly host: FixtureHost;
  readonly clock: ManualClock;
}
