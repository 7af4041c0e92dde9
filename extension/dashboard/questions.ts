/** Checks the questions of the dashboard's page, part by part: whatever is not as it may be makes the whole refused. */
import { type Aggregate, type HistoryQuery } from "../../protocol/history.ts";
import type { NewRule } from "../../protocol/config.ts";
import {
  MOST_PINNED_SERIES,
  type ChartSeries,
  type PinnedChart,
  type Question,
} from "../../protocol/messages/webview.ts";
import type { Attributes } from "../../protocol/reading.ts";

/** Names and ids longer than these are none of ours. */
const NAME_LENGTH = 300;
const TEXT_LENGTH = 2000;
/** Attributes of one series; a Prometheus label set of this size is a mistake. */
const MOST_ATTRIBUTES = 64;
/** Queries of one question: a chart of 50 series, and some to spare. */
const MOST_QUERIES = 64;
/** Rows that one answer may bring. */
const MOST_ROWS = 1000;
/** A picture of a chart on the largest screens has a few megabytes. */
const MOST_FILE_BYTES = 16 * 1024 * 1024;
/** What the page makes: pictures and tables. */
const FILE_NAME = /^[\w][\w .()-]{0,99}\.(?:png|csv)$/;

const AGGREGATES: readonly Aggregate[] = ["avg", "min", "max", "sum", "count", "last", "rate", "p50", "p95", "p99"];
const MISSING = ["unknown", "keep", "ok", "crit"] as const;

type Fields = Readonly<Record<string, unknown>>;

/** An object's fields; null for anything else, lists included. */
export function fieldsOf(value: unknown): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && value.length <= most;
}

/** A text that is there and not endless. */
export function isName(value: unknown): value is string {
  return isText(value, NAME_LENGTH) && value !== "";
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isSpan(from: unknown, to: unknown): boolean {
  return isTime(from) && isTime(to) && from <= to;
}

function isLimit(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= MOST_ROWS;
}

function parseAttributes(value: unknown): Attributes | null {
  const entries = Object.entries(fieldsOf(value) ?? { none: null });
  if (entries.length > MOST_ATTRIBUTES) return null;
  const found: [string, string][] = [];
  for (const [key, text] of entries) {
    if (!isName(key) || !isText(text, TEXT_LENGTH)) return null;
    found.push([key, text]);
  }
  // `fromEntries` defines its keys: a `__proto__` stays a key like any other.
  return Object.fromEntries(found);
}

function parseList<T>(value: unknown, most: number, parse: (one: unknown) => T | null): T[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length > most) return null;
  const found: T[] = [];
  for (const one of value) {
    const parsed = parse(one);
    if (parsed === null) return null;
    found.push(parsed);
  }
  return found;
}

function parseQuery(value: unknown): HistoryQuery | null {
  const { metric, match, from, to, step, aggregate } = fieldsOf(value) ?? {};
  const attributes = parseAttributes(match);
  const known = AGGREGATES.find((one) => one === aggregate);
  if (!isName(metric) || attributes === null || known === undefined || !isTime(step)) return null;
  if (!isTime(from) || !isTime(to) || !isSpan(from, to)) return null;
  return { metric, match: attributes, from, to, step, aggregate: known };
}

function parseSeries(value: unknown): ChartSeries | null {
  const { metric, attributes, aggregate } = fieldsOf(value) ?? {};
  const parsed = parseAttributes(attributes);
  const known = AGGREGATES.find((one) => one === aggregate);
  if (!isName(metric) || parsed === null || (aggregate !== undefined && known === undefined)) return null;
  return { metric, attributes: parsed, ...(known === undefined ? {} : { aggregate: known }) };
}

/** A chart for the overview. */
export function parseChart(value: unknown): PinnedChart | null {
  const { id, series } = fieldsOf(value) ?? {};
  const parsed = parseList(series, MOST_PINNED_SERIES, parseSeries);
  return isName(id) && parsed !== null ? { id, series: parsed } : null;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

const NUMBERS = ["warnClear", "critClear", "forMs", "keepFiringForMs", "growthMs"] as const;

/** The optional numbers of a rule; null when one is there and is no number. */
function parseNumbers(fields: Fields): Pick<NewRule, (typeof NUMBERS)[number]> | null {
  const found: Record<string, number> = {};
  for (const key of NUMBERS) {
    const value = fields[key];
    if (value === undefined) continue;
    if (!isNumber(value)) return null;
    found[key] = value;
  }
  return found;
}

/** The shape alone; whether a rule makes sense is for the worker to say, in words. */
function parseRule(value: unknown): NewRule | null {
  const fields = fieldsOf(value) ?? {};
  const { title, metric, match, direction, warn, crit, missing, labels, message, trend } = fields;
  const attributes = parseAttributes(match);
  const numbers = parseNumbers(fields);
  const named = labels === undefined ? {} : parseAttributes(labels);
  const policy = MISSING.find((one) => one === missing);
  const { target, overMs } = fieldsOf(trend) ?? {};
  if (!isName(title) || !isName(metric) || attributes === null || numbers === null || named === null) return null;
  if (direction !== "above" && direction !== "below") return null;
  if (!(warn === null || isNumber(warn)) || !(crit === null || isNumber(crit))) return null;
  if (missing !== undefined && policy === undefined) return null;
  if (message !== undefined && !isText(message, TEXT_LENGTH)) return null;
  if (trend !== undefined && !(isNumber(target) && isNumber(overMs))) return null;
  return {
    ...{ title, metric, match: attributes, direction, warn, crit, ...numbers },
    ...(policy === undefined ? {} : { missing: policy }),
    ...(labels === undefined ? {} : { labels: named }),
    ...(message === undefined ? {} : { message }),
    ...(isNumber(target) && isNumber(overMs) ? { trend: { target, overMs } } : {}),
  };
}

/** The question, made anew from its checked parts; null when it is none. */
export function parseQuestion(value: unknown): Question | null {
  const fields = fieldsOf(value) ?? {};
  switch (fields["ask"]) {
    case "frames": {
      const queries = parseList(fields["queries"], MOST_QUERIES, parseQuery);
      return queries === null ? null : { ask: "frames", queries };
    }
    case "annotations": {
      const { from, to } = fields;
      return isTime(from) && isTime(to) && isSpan(from, to) ? { ask: "annotations", from, to } : null;
    }
    case "series": {
      const { search, limit } = fields;
      return isText(search, NAME_LENGTH) && isLimit(limit) ? { ask: "series", search, limit } : null;
    }
    case "alerts": {
      const { from, to, rule, limit } = fields;
      if (!isTime(from) || !isTime(to) || !isSpan(from, to)) return null;
      return isText(rule, NAME_LENGTH) && isLimit(limit) ? { ask: "alerts", from, to, rule, limit } : null;
    }
    case "settings":
      return { ask: "settings" };
    case "acknowledge": {
      const { alert, undo } = fields;
      return isName(alert) && typeof undo === "boolean" ? { ask: "acknowledge", alert, undo } : null;
    }
    case "silence": {
      const { matchers, endsAt, comment } = fieldsOf(fields["silence"]) ?? {};
      const parsed = parseAttributes(matchers);
      if (parsed === null || Object.keys(parsed).length === 0) return null;
      if (!isTime(endsAt) || !isText(comment, TEXT_LENGTH)) return null;
      return { ask: "silence", silence: { matchers: parsed, endsAt, comment } };
    }
    case "endSilence":
      return isName(fields["id"]) ? { ask: "endSilence", id: fields["id"] } : null;
    case "addRule": {
      const rule = parseRule(fields["rule"]);
      return rule === null ? null : { ask: "addRule", rule };
    }
    case "save": {
      const { name, base64 } = fields;
      if (!isText(name, NAME_LENGTH) || !FILE_NAME.test(name)) return null;
      if (!isText(base64, (MOST_FILE_BYTES / 3) * 4) || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return null;
      return { ask: "save", name, base64 };
    }
    default:
      return null;
  }
}
