/** How a moment is written: in local time, as the window's language has it. */

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** The last moment that a Date can be, milliseconds since the epoch; the first one is as far away. */
const LAST = 8.64e15;

/** The moment itself, in local time; empty for a number that is none. */
export function moment(time: number): string {
  return Math.abs(time) <= LAST ? moments.format(time) : "";
}
