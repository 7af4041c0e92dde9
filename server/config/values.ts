/** Reads single values as people write them: intervals, percentages, switches, days, thresholds. */
import { t } from "@vscode/l10n";

/** A value in the stack's own unit, or what would have been allowed. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly allowed: string };

const MIN_INTERVAL_MS = 500;
const MAX_INTERVAL_MS = 3_600_000;
const MAX_DAYS = 3650;
const DAY_MS = 86_400_000;

const TIME_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: DAY_MS,
};

const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const good = <T>(value: T): Parsed<T> => ({ ok: true, value });

/** A number and what stands behind it; null when the text is neither a number nor a number with a unit. */
function measured(raw: unknown): { number: number; unit: string } | null {
  if (typeof raw === "number") return Number.isFinite(raw) ? { number: raw, unit: "" } : null;
  if (typeof raw !== "string" || raw.length > 40) return null;
  const found = /^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*([a-z%]*(?:\/s)?)\s*$/i.exec(raw);
  if (found === null) return null;
  const number = Number(found[1]);
  return Number.isFinite(number) ? { number, unit: found[2] ?? "" } : null;
}

/** A number of seconds, or text such as `500ms`, `2s`, `1m`; the result is milliseconds. */
export function parseInterval(raw: unknown): Parsed<number> {
  const refused = {
    ok: false,
    allowed: t("a number of seconds or text like 500ms, 2s or 1m, from 0.5 s to 1 h"),
  } as const;
  const found = measured(raw);
  const unit = found?.unit === "" ? 1000 : TIME_UNITS[found?.unit ?? ""];
  if (found === null || unit === undefined) return refused;
  const milliseconds = Math.round(found.number * unit);
  return milliseconds >= MIN_INTERVAL_MS && milliseconds <= MAX_INTERVAL_MS ? good(milliseconds) : refused;
}

/**
 * A time as people write it: `30s`, `5m`, `4h`, `2d`, or a number of seconds; the result is milliseconds, within the
 * bounds (in milliseconds too).
 */
export function parseDuration(raw: unknown, least: number, most: number): Parsed<number> {
  const found = measured(raw);
  const unit = found?.unit === "" ? 1000 : TIME_UNITS[found?.unit ?? ""];
  const milliseconds = found === null || unit === undefined ? NaN : Math.round(found.number * unit);
  if (milliseconds >= least && milliseconds <= most) return good(milliseconds);
  return {
    ok: false,
    allowed: t("a time like 30s, 5m, 4h or 2d, from {0} to {1}", writeDuration(least), writeDuration(most)),
  };
}

/** A time as `parseDuration` reads it, in the largest unit that divides it. */
export function writeDuration(milliseconds: number): string {
  const units = Object.entries(TIME_UNITS).filter(([name]) => name !== "min");
  const [name, unit] = units.findLast(([, one]) => milliseconds % one === 0 && milliseconds >= one) ?? ["s", 1000];
  return `${String(milliseconds / unit)}${name}`;
}

/** A number of seconds, or text such as `30s`, `10m`, `2h`, from nothing to a day; the result is milliseconds. */
export function parseWait(raw: unknown): Parsed<number> {
  const allowed = t("a number of seconds or text like 0, 30s or 10m, up to 24 h");
  const found = measured(raw);
  const unit = found?.unit === "" ? 1000 : TIME_UNITS[found?.unit ?? ""];
  if (found === null || unit === undefined || found.number < 0) return { ok: false, allowed };
  const milliseconds = Math.round(found.number * unit);
  return milliseconds <= DAY_MS ? good(milliseconds) : { ok: false, allowed };
}

/** Percent as a person writes it (`70`, `70%`); the result is a ratio. */
export function parsePercent(raw: unknown): Parsed<number> {
  const found = measured(raw);
  if (found === null || (found.unit !== "" && found.unit !== "%") || found.number < 1 || found.number > 100) {
    const ratio = found !== null && found.unit === "" && found.number > 0 && found.number < 1;
    return {
      ok: false,
      allowed: ratio
        ? t("a percentage from 1 to 100 (for {0} of the whole write {1})", found.number, found.number * 100)
        : t("a percentage from 1 to 100"),
    };
  }
  return good(found.number / 100);
}

const YES = new Set(["true", "yes", "on", "1"]);
const NO = new Set(["false", "no", "off", "0"]);

/** A switch; text is taken too, because an environment variable is nothing else. */
export function parseSwitch(raw: unknown): Parsed<boolean> {
  if (typeof raw === "boolean") return good(raw);
  const text = typeof raw === "string" ? raw.trim().toLowerCase() : "";
  if (YES.has(text)) return good(true);
  return NO.has(text) ? good(false) : { ok: false, allowed: t("true or false") };
}

/** A number of days; the result is milliseconds. */
export function parseDays(raw: unknown): Parsed<number> {
  const found = measured(raw);
  if (found === null || (found.unit !== "" && found.unit !== "d") || found.number < 1 || found.number > MAX_DAYS) {
    return { ok: false, allowed: t("a number of days from 1 to {0}", MAX_DAYS) };
  }
  return good(Math.round(found.number * DAY_MS));
}

/** Names that a list of sensors may have. */
export const MAX_SENSORS = 50;
const SENSOR = /^[a-z][a-z0-9-]{0,63}$/;

/** Names of sensors, as a list or as text with commas; sorted, each once. */
export function parseSensors(raw: unknown): Parsed<readonly string[]> {
  const allowed = t("a list of sensors' names, like thermal or battery; the doctor lists them");
  const listed: unknown = typeof raw === "string" ? raw.split(",").map((one) => one.trim()) : raw;
  if (!Array.isArray(listed) || listed.length > MAX_SENSORS) return { ok: false, allowed };
  const names = (listed as readonly unknown[]).filter((one) => one !== "");
  if (!names.every((one): one is string => typeof one === "string" && SENSOR.test(one))) return { ok: false, allowed };
  return good([...new Set(names)].sort());
}

/** Metrics that are ratios by their name: the conventions end all of them so, and one is our own. */
export function isRatio(metric: string): boolean {
  return metric.endsWith(".utilization") || metric.endsWith(".ratio") || metric === "gorgon.cpu.busy";
}

/**
 * A threshold of a rule: a plain number is in the metric's own unit; `80%` is 0.8; `10GiB`, `50MB` and `1MiB/s` are
 * bytes (or bytes a second).
 */
export function parseThreshold(raw: unknown, metric: string): Parsed<number> {
  const ratio = isRatio(metric);
  const allowed = ratio
    ? t("a percentage like 80%, or a ratio from 0 to 1")
    : t("a number in the metric's unit, a percentage like 80%, or bytes like 10GiB or 5MiB/s");
  const found = measured(raw);
  if (found === null) return { ok: false, allowed };
  const size = SIZE_UNITS[found.unit.replace(/\/s$/, "")];
  let value: number;
  if (found.unit === "") value = found.number;
  else if (found.unit === "%") value = found.number / 100;
  else if (size !== undefined && !ratio) value = found.number * size;
  else return { ok: false, allowed };
  if (ratio && (value < 0 || value > 1)) return { ok: false, allowed };
  return good(value);
}
