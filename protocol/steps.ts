/**
 * Widths of the steps in which history is asked for: those that divide 1 min, 10 min, 1 h or a day, or are made of them,
 * so that what the history keeps of each of these answers exactly.
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds, rising. */
export const STEPS_MS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 6, 12].map((hours) => hours * HOUR),
  DAY,
];

/** The narrowest such step that is at least this wide, milliseconds; beyond a day whole days. */
export function stepOver(leastMs: number): number {
  return STEPS_MS.find((step) => step >= leastMs) ?? Math.ceil(leastMs / DAY) * DAY;
}

/** The narrowest step that shows a span in at most so many points, and is at least `leastMs` wide. */
export function stepOf(spanMs: number, points: number, leastMs = 0): number {
  return stepOver(Math.max(spanMs / points, leastMs));
}
