/** A series' name as it is stored: JSON, because that escapes NUL and what UTF-8 cannot hold (lone surrogates). */
import type { Attributes } from "../../../protocol/reading.ts";

/** The metric and its attributes, sorted by key. Equal texts are the same series. */
export function formatName(metric: string, attributes: Attributes): string {
  const sorted = Object.keys(attributes)
    .sort()
    .map((key) => [key, attributes[key]]);
  return JSON.stringify([metric, ...sorted]);
}

/** What `formatName` wrote; null for anything else. */
export function parseName(name: string): { readonly metric: string; readonly attributes: Attributes } | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(name);
  } catch {
    return null;
  }
  if (!Array.isArray(parsed)) return null;
  const [metric, ...pairs] = parsed as unknown[];
  if (typeof metric !== "string") return null;
  const attributes: [string, string][] = [];
  for (const pair of pairs) {
    if (!Array.isArray(pair)) return null;
    const [key, value] = pair as unknown[];
    if (typeof key !== "string" || typeof value !== "string") return null;
    attributes.push([key, value]);
  }
  return { metric, attributes: Object.fromEntries(attributes) };
}
