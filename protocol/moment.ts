/** How a moment is written: in local time, as the window's language has it. */

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** The moment itself, in local time. */
export function moment(time: number): string {
  return Number.isFinite(time) ? moments.format(time) : "";
}
