/** Texts of alerts: what a rule, a label or a person says, as one line of plain text of bounded length. */
import { createHash } from "node:crypto";
import type { Rule } from "../../../protocol/bell.ts";
import { formatThreshold, formatValue } from "../../../protocol/format.ts";
import type { Level } from "../../../protocol/level.ts";
import { seriesKey, type Attributes, type Unit } from "../../../protocol/reading.ts";
import { filledIn } from "../../config/rule-message.ts";
import { badSentence } from "../headline.ts";
import { printable } from "../printable.ts";

/** The longest text of an alert, characters. */
const MAX_TEXT = 2000;
/** Labels of one alert. */
const MOST_LABELS = 64;

/** The text on one line without control characters, at most 2,000 characters long. */
export function cleanText(text: string): string {
  return printable(text, MAX_TEXT);
}

/** The rule's labels and the series' attributes; where both have one, it is the series'. */
export function labelsOf(rule: Pick<Rule, "labels">, attributes: Attributes): Attributes {
  const all = new Map([...Object.entries(rule.labels ?? {}), ...Object.entries(attributes)]);
  return Object.fromEntries([...all].slice(0, MOST_LABELS).map(([key, value]) => [cleanText(key), cleanText(value)]));
}

/** The same for the same rule and series at any time: 128 bits of their SHA-256. */
export function fingerprintOf(rule: Pick<Rule, "id" | "origin" | "metric">, attributes: Attributes): string {
  const text = JSON.stringify([rule.origin, rule.id, seriesKey(rule.metric, attributes)]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** What a message is made from. */
export interface MessageFacts {
  readonly rule: Rule;
  readonly level: Level;
  readonly value: number | null;
  readonly unit: Unit;
  readonly attributes: Attributes;
  readonly node: string;
}

/** What an alert says: the rule's own message with its places filled in, or a sentence of the bell's. */
export function messageOf(facts: MessageFacts): string {
  const { rule, level, value, unit, attributes, node } = facts;
  if (rule.message === undefined) return cleanText(badSentence({ rule, level, value, unit, attributes }));
  const threshold = level === "CRIT" ? rule.crit : (rule.warn ?? rule.crit);
  const labels = labelsOf(rule, attributes);
  const known = new Map([
    ...Object.entries(labels),
    ["value", formatValue(value, unit)],
    ["threshold", threshold === null ? "" : formatThreshold(threshold, unit)],
    ["title", rule.title],
    ["metric", rule.metric],
    ["level", level],
    ["node", node],
  ] as const);
  // Each text is short, so the whole is too.
  const filled = filledIn(rule.message.slice(0, MAX_TEXT), (name) => known.get(name)?.slice(0, MAX_TEXT) ?? null);
  return cleanText(filled);
}
