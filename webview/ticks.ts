/** Where the axes have their ticks: round local times, round rates, quarters of a hundred percent. */
import { t } from "@vscode/l10n";
import { formatRatio, formatValue } from "../protocol/format.ts";
import type { Unit } from "../protocol/reading.ts";
import { bare } from "./words.ts";

/** One tick of an axis. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** The end of a value axis and its ticks, from 0. */
export interface ValueAxis {
  readonly max: number;
  readonly ticks: readonly Tick[];
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Steps that people read at a glance, milliseconds. */
const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR),
] as const;

/** The smallest round step that gives at most `most` ticks. */
function timeStep(span: number, most: number): number {
  return TIME_STEPS.find((step) => span / step <= most) ?? 24 * HOUR;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** Local time of day: `14:05`, with seconds where the step is shorter than a minute. */
export function timeOfDay(time: number, seconds: boolean): string {
  const date = new Date(time);
  const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return seconds ? `${minutes}:${two(date.getSeconds())}` : minutes;
}

/**
 * Ticks of a time axis, milliseconds since the epoch: round local times, at most `most` of them, and `now` at the end.
 * A round time that would touch `now` is left out.
 */
export function timeTicks(from: number, to: number, most: number): Tick[] {
  const span = to - from;
  if (!(span > 0)) return [];
  const wanted = Math.max(2, most);
  const step = timeStep(span, wanted - 1);
  // Round in local time: a zone may be half an hour off UTC.
  const zone = new Date(from).getTimezoneOffset() * MINUTE;
  const ticks: Tick[] = [];
  const clear = (span / wanted) * 0.75;
  for (let local = Math.ceil((from - zone) / step) * step; local + zone <= to - clear; local += step) {
    const time = local + zone;
    ticks.push({ value: time, label: timeOfDay(time, step < MINUTE) });
  }
  ticks.push({ value: to, label: t("now") });
  return ticks;
}

/** Steps of a byte axis: powers of two, so that the labels are whole in binary units. */
export function byteStep(largest: number, most: number): number {
  let step = 1;
  while (largest / step > most) step *= 2;
  // 512 KiB is a whole label, but so is a step of 1 MiB in place of 1000 KiB; powers of two meet both.
  return step;
}

/** Steps of 1, 2 or 5 times a power of ten. */
export function decimalStep(largest: number, most: number): number {
  const power = 10 ** Math.floor(Math.log10(largest / most));
  return ([1, 2, 5, 10].find((factor) => largest / (factor * power) <= most) ?? 10) * power;
}

/**
 * The value axis for a chart whose largest value is `largest`. Ratios always span 0..100 %, so that heights compare;
 * everything else ends at the first round value at or above the largest.
 */
export function valueAxis(largest: number, unit: Unit, most = 4): ValueAxis {
  if (unit === "1") {
    const quarters = most >= 4 ? [0, 0.25, 0.5, 0.75, 1] : [0, 0.5, 1];
    return { max: 1, ticks: quarters.map((value) => ({ value, label: bare(formatRatio(value)) })) };
  }
  const binary = unit === "By" || unit === "By/s";
  // An idle network is not drawn as a storm: the axis never ends below this.
  const floor = binary ? 4096 : 1;
  const top = Math.max(Number.isFinite(largest) ? largest : 0, floor);
  const step = binary ? byteStep(top, most) : decimalStep(top, most);
  const steps = Math.ceil(top / step - 1e-9);
  const ticks = Array.from({ length: steps + 1 }, (_, index) => {
    const value = index * step;
    return { value, label: value === 0 ? "0" : bare(formatValue(value, unit)) };
  });
  return { max: steps * step, ticks };
}
