/** The window as comma-separated values: one row a time, one column a series. */
import type { Columns } from "../series.ts";

/** One column. */
export interface CsvColumn {
  readonly name: string;
  /** In words or UCUM; empty for none. */
  readonly unit: string;
  readonly columns: Columns;
}

/**
 * RFC 4180 with a head line; times in ISO 8601, UTC. Where a series has no value the cell is empty. Values are of the
 * metric's own unit, with all their digits.
 */
export function csvOf(series: readonly CsvColumn[]): string {
  const rows = new Map<number, string[]>();
  series.forEach(({ columns }, at) => {
    columns.times.forEach((time, index) => {
      const value = columns.values[index];
      if (value === undefined || !Number.isFinite(value)) return;
      let row = rows.get(time);
      if (row === undefined) rows.set(time, (row = series.map(() => "")));
      row[at] = String(value);
    });
  });
  const head = ["time", ...series.map(({ name, unit }) => (unit === "" ? name : `${name} [${unit}]`))];
  const lines = [...rows]
    .sort(([a], [b]) => a - b)
    .map(([time, cells]) => [new Date(time).toISOString(), ...cells].join(","));
  return `${[head.map(cell).join(","), ...lines].join("\r\n")}\r\n`;
}

/** A name as a cell. A spreadsheet would take some first characters for the beginning of a formula. */
function cell(text: string): string {
  const tame = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}
