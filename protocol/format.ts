/**
 * How numbers are written for people, the same on every face: three significant digits and a unit, binary bytes,
 * ratios as percent with one decimal, relative times. A missing value is an en dash, never a zero.
 */
import { t } from "@vscode/l10n";
import type { Unit } from "./reading.ts";
import type { WorkerRole } from "./role.ts";

/** What stands where there is no value. */
export const ABSENT = "–";

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] as const;

/** Three significant digits without an exponent: 61.4, 9.80, 912, 1230. */
function significant(value: number): string {
  const size = Math.abs(value);
  if (size >= 999.5) return String(Number(value.toPrecision(3)));
  // The bounds are where rounding would carry into another digit: 9.995 is written 10.0, not 10.00.
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

/** A ratio 0..1 as percent: `61.4 %`. */
export function formatRatio(ratio: number | null): string {
  return ratio === null || !Number.isFinite(ratio) ? ABSENT : `${(ratio * 100).toFixed(1)} %`;
}

/** Bytes in binary units: `912 B`, `12.8 MiB`. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null || !Number.isFinite(bytes)) return ABSENT;
  let value = bytes;
  let unit = 0;
  // 999.5 KiB would be written 1000 KiB: the next unit is shorter.
  while (Math.abs(value) >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 ? String(Math.round(value)) : significant(value);
  return `${digits} ${BYTE_UNITS[unit] ?? ""}`;
}

/** A value of a metric with its unit. */
export function formatValue(value: number | null, unit: Unit): string {
  if (value === null || !Number.isFinite(value)) return ABSENT;
  switch (unit) {
    case "1":
      return formatRatio(value);
    case "By":
      return formatBytes(value);
    case "By/s":
      return `${formatBytes(value)}/s`;
    case "s":
      return formatDuration(value * 1000);
    case "ms":
      return formatDuration(value);
    case "Cel":
      return `${significant(value)} °C`;
    case "W":
      return `${significant(value)} W`;
    case "{operation}/s":
    case "{packet}/s":
    case "{error}/s":
    case "{batch}/s":
      return `${significant(value)}/s`;
    case "{event}":
    case "{file}":
    case "{process}":
      // Counts are whole; an average of them is not.
      return Number.isInteger(value) ? String(value) : significant(value);
    case "{value}":
      // A loss may be of any size: its digits count, not their place.
      return String(Number(value.toPrecision(3)));
    default:
      return significant(value);
  }
}

/** A threshold: as a value, but `70 %` and `10 GiB` where a measured value would be `70.0 %` and `10.0 GiB`. */
export function formatThreshold(value: number, unit: Unit): string {
  return formatValue(value, unit).replace(/\.0+(?=\D|$)/, "");
}

/** A length of time in its largest fitting unit: `0.12 ms`, `350 ms`, `12 s`, `2 min`, `3 h`, `9 d`. */
export function formatDuration(milliseconds: number): string {
  const size = Math.abs(milliseconds);
  if (size > 0 && size < 10) return `${String(Number(milliseconds.toPrecision(2)))} ms`;
  if (size < 1000) return `${String(Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (size < 10_000) return `${String(Number(seconds.toFixed(1)))} s`;
  if (size < 60_000) return `${String(Math.floor(seconds))} s`;
  if (size < 3_600_000) return `${String(Math.floor(seconds / 60))} min`;
  if (size < 86_400_000) return `${String(Math.floor(seconds / 3600))} h`;
  return `${String(Math.floor(seconds / 86_400))} d`;
}

/** What a frame's `resolution` says: `kept in steps of 10 min`. */
export function formatResolution(milliseconds: number): string {
  return t("kept in steps of {0}", formatDuration(milliseconds));
}

/** Who leads, seen from one window: `this window leads`, `the window of process 4711 leads`. */
export function formatRole({ role, leader }: WorkerRole): string {
  switch (role) {
    case "leads":
      return t("this window leads");
    case "follows":
      return leader === null ? t("another window leads") : t("the window of process {0} leads", leader);
    case "seeks":
      return t("looking for the leading window");
    case "alone":
      return t("this window watches for itself");
  }
}
