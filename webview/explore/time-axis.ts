/** The time axis from seconds to a month: round local times, dates where a day begins, and how a window is written. */
import { t } from "@vscode/l10n";
import { type Tick, timeOfDay } from "../ticks.ts";
import { lasting } from "../words.ts";
import type { Span } from "./window.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Within a day: steps that divide it. */
const STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
];
/** Beyond. */
const DAY_STEPS: readonly number[] = [1, 2, 5, 7, 14, 30, 60, 90];

const dayFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** Ticks at round local times, at most `most`; midnight is written as its date. */
export function ticksOf({ from, to }: Span, most: number): Tick[] {
  const span = to - from;
  if (!(span > 0)) return [];
  const wanted = Math.max(2, most);
  const step = STEPS.find((one) => span / one <= wanted);
  return step === undefined ? dayTicks(from, to, wanted) : clockTicks(from, to, step);
}

function clockTicks(from: number, to: number, step: number): Tick[] {
  const ticks: Tick[] = [];
  const midnight = new Date(from);
  midnight.setHours(0, 0, 0, 0);
  // From each midnight anew: a day that is an hour shorter or longer keeps its round times.
  for (let day = midnight; day.getTime() < to; day = nextDay(day, 1)) {
    const end = Math.min(to, nextDay(day, 1).getTime() - 1);
    const start = day.getTime();
    for (let time = start + Math.max(0, Math.ceil((from - start) / step)) * step; time <= end; time += step) {
      ticks.push({ value: time, label: time === start ? dayFormat.format(time) : timeOfDay(time, step < MINUTE) });
    }
  }
  return ticks;
}

function dayTicks(from: number, to: number, most: number): Tick[] {
  const days = DAY_STEPS.find((step) => (to - from) / (step * DAY) <= most) ?? 365;
  const ticks: Tick[] = [];
  const day = new Date(from);
  day.setHours(0, 0, 0, 0);
  // Counted from the epoch, so that the ticks stay in their places while the window moves.
  const number = Math.round((day.getTime() - day.getTimezoneOffset() * MINUTE) / DAY);
  for (let at = nextDay(day, (days - (number % days)) % days); at.getTime() <= to; at = nextDay(at, days)) {
    if (at.getTime() >= from) ticks.push({ value: at.getTime(), label: dayFormat.format(at) });
  }
  return ticks;
}

function nextDay(day: Date, days: number): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days);
}

/** A moment as the window needs it: with the date where it is not of today, with seconds in a short window. */
export function momentText(time: number, span: number, now: number): string {
  const clock = timeOfDay(time, span <= HOUR);
  return new Date(time).toDateString() === new Date(now).toDateString() ? clock : `${dayFormat.format(time)}, ${clock}`;
}

/** `14:05:00 to 14:20:00, 15 min`. */
export function windowText({ from, to }: Span, now: number): string {
  const span = to - from;
  return t("{0} to {1}, {2}", momentText(from, span, now), momentText(to, span, now), lasting(span));
}
