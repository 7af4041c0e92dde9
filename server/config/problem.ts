/** How a refused value is told: source, key, the value shortened, and a sentence with what is allowed. */
import type { ConfigProblem, TextRange } from "../../protocol/state.ts";

const LONGEST_VALUE = 60;

/** The way to a value through maps (by key) and lists (by number), from the file's root. */
export type ValuePath = readonly (string | number)[];

/** Which part of the pair at a path is meant; the whole of an item of a list is its value. */
export interface Place {
  readonly path: ValuePath;
  readonly part: "key" | "value";
}

/** A problem of which it is known where in its file it stands, but not yet on which line. */
export interface PlacedProblem extends ConfigProblem {
  readonly place?: Place;
}

/** A value as it was given, on one line, short and without control characters. */
export function shown(raw: unknown): string {
  const text = textOf(raw);
  const line = text.slice(0, LONGEST_VALUE + 1).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "\uFFFD");
  return line.length > LONGEST_VALUE ? `${line.slice(0, LONGEST_VALUE)}...` : line;
}

function textOf(raw: unknown): string {
  switch (typeof raw) {
    case "string":
      return raw;
    case "number":
    case "boolean":
    case "bigint":
      return String(raw);
    case "object":
      if (raw === null) return "";
      return Array.isArray(raw) ? "[...]" : "{...}";
    default:
      return "";
  }
}

/** A problem with one value. Without a place it stands where its dotted key leads to. */
export function problem(
  source: string,
  key: string,
  raw: unknown,
  message: string,
  more: Pick<PlacedProblem, "severity" | "suggestions" | "place" | "range"> = {},
): PlacedProblem {
  return { source, key, value: shown(raw), message, ...more };
}

/** The way that a problem's key tells: `sql[2].id`, `bell.cpu.warn`. */
function pathOf(key: string): ValuePath {
  return key.split(".").flatMap((step) => {
    const [, name = step, index] = /^(.+)\[(\d+)\]$/.exec(step) ?? [];
    return index === undefined ? [name] : [name, Number(index)];
  });
}

/** The problems with their ranges, those of `source` looked up in its text. */
export function located(
  problems: readonly PlacedProblem[],
  source: string,
  locate: (place: Place) => TextRange,
): PlacedProblem[] {
  return problems.map((one) => {
    if (one.source !== source || one.range !== undefined) return one;
    const { place = { path: pathOf(one.key), part: "value" as const }, ...rest } = one;
    return { ...rest, range: locate(place) };
  });
}
