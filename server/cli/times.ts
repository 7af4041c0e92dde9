/** Times and lengths of time as a person types them on the command line. */
import { UsageError } from "./io.ts";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds of text like `90s`, `1m`, `2h`, `7d`; null when it is none. */
export function lengthOf(text: string): number | null {
  const found = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text);
  const unit = UNITS[found?.[2] ?? ""];
  return found === null || unit === undefined ? null : Math.round(Number(found[1]) * unit);
}

/** `now`, `-1h` or ISO 8601, without a zone in local time; milliseconds since the epoch. Throws UsageError. */
export function timeOf(flag: string, text: string, now: number): number {
  if (text === "now") return now;
  const ago = text.startsWith("-") ? lengthOf(text.slice(1)) : null;
  if (ago !== null) return now - ago;
  const iso = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/.test(text);
  // A day alone would be read as UTC, a day with an hour as local: here both are local.
  const time = iso ? Date.parse(text.includes(":") ? text.replace(" ", "T") : `${text}T00:00`) : NaN;
  if (!Number.isNaN(time)) return time;
  throw new UsageError(
    `${flag} must be a time like 2026-01-31T14:00, 2026-01-31 or -1h (so long ago), not ${JSON.stringify(text)}.`,
  );
}
