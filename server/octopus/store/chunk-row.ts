/** What stands in the rows of the history file, and the checksum that each has. */
import { crc32 } from "node:zlib";
import type { MetricKind, Unit } from "../../../protocol/reading.ts";
import type { Summary } from "./chunk/summary.ts";

/** A series of the file. */
export interface StoredSeries {
  readonly id: number;
  readonly name: string;
  readonly unit: Unit;
  readonly kind: MetricKind;
  readonly sealed: number;
}

/** What stands beside a chunk. `exact` is false when SQLite could not keep it to the bit (-0, sums beyond doubles). */
export interface Row extends Summary {
  readonly exact: boolean;
  /** Where its times are; null when they are in its body. */
  readonly clock: number | null;
}

/** Steps of a coarser tier. They stand at places on a grid, so that one is found without looking. */
export interface Block {
  /** Its place: where its time begins. */
  readonly at: number;
  /** Where its first and its last step start. */
  readonly start: number;
  readonly end: number;
  readonly body: Uint8Array;
}

/** Damaged chunks are remembered up to this many, to count each once. */
const MAX_DAMAGED = 10_000;

/** Chunks that were found damaged and left out, to be told. */
export class Damage {
  readonly #found = new Set<string>();

  get count(): number {
    return this.#found.size;
  }

  add(series: number, tier: number, start: number): void {
    if (this.#found.size < MAX_DAMAGED) this.#found.add(`${String(series)}/${String(tier)}/${String(start)}`);
  }
}

const numbers = new Float64Array(10);
const numberBytes = new Uint8Array(numbers.buffer);

/** A checksum over a row's numbers. */
export function rowChecksum(series: number, row: Summary, clock: number | null): number {
  const { start, end, count, min, max, sum, first, last } = row;
  numbers.set([series, start, end, count, min || 0, max || 0, sum || 0, first || 0, last || 0, clock ?? 0]);
  return crc32(numberBytes);
}

/** SQLite keeps no -0 and no NaN; such numbers are left out. */
export const storable = (value: number): number | null =>
  Object.is(value, -0) || !Number.isFinite(value) ? null : value;

/** A number out of a row; NaN for anything else. */
export const finite = (value: unknown): number => (typeof value === "number" ? value : NaN);

/** The summary in a row. */
export function fromStored(row: Readonly<Record<string, unknown>>): Summary {
  return {
    start: finite(row["start"]),
    end: finite(row["end"]),
    count: finite(row["count"]),
    min: finite(row["min"]),
    max: finite(row["max"]),
    sum: finite(row["sum"]),
    first: finite(row["first"]),
    last: finite(row["last"]),
  };
}

/** Whether SQLite could keep all of a summary. */
export function isExact({ min, max, sum, first, last }: Summary): boolean {
  return ![min, max, sum, first, last].some((value) => Number.isNaN(value));
}
