/** How a refused value is told: source, key, the value shortened, and a sentence with what is allowed. */
import type { ConfigProblem } from "../../protocol/state.ts";

const LONGEST_VALUE = 60;

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

/** A problem with one value. */
export function problem(source: string, key: string, raw: unknown, message: string): ConfigProblem {
  return { source, key, value: shown(raw), message };
}
