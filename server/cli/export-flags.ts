/** What the flags of `gorgon export` mean: times, steps, series, the form of the output. */
import type { Aggregate } from "../../protocol/history.ts";
import type { Attributes } from "../../protocol/reading.ts";
import type { ExportQuery } from "../octopus/store/export.ts";
import { UsageError } from "./io.ts";

/** The flags as commander gives them. */
export interface ExportFlags {
  readonly format?: string;
  readonly metric?: readonly string[];
  readonly match?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly step?: string;
  readonly aggregate?: string;
  readonly output?: string;
  readonly annotations?: boolean;
}

/** The forms that an export can have. */
export const FORMATS = ["ndjson", "csv", "parquet"] as const;
/** One of them. */
export type Format = (typeof FORMATS)[number];

/** How the samples of a step can become one value. */
export const AGGREGATES: readonly Aggregate[] = [
  "avg",
  "min",
  "max",
  "sum",
  "count",
  "last",
  "rate",
  "p50",
  "p95",
  "p99",
];

/** What is to be exported, how and where to. */
export interface ExportPlan {
  readonly format: Format;
  readonly query: ExportQuery;
  /** Null: stdout. */
  readonly output: string | null;
  /** The notes on the time line instead of samples. */
  readonly annotations: boolean;
}

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
function lengthOf(text: string): number | null {
  const found = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text);
  const unit = UNITS[found?.[2] ?? ""];
  return found === null || unit === undefined ? null : Math.round(Number(found[1]) * unit);
}

/** `now`, `-1h` or ISO 8601, without a zone in local time; milliseconds since the epoch. */
function timeOf(flag: string, text: string, now: number): number {
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

function stepOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const step = lengthOf(text);
  if (step !== null && step >= 1) return step;
  throw new UsageError(`--step must be a length of time like 10s, 1m or 1h, not ${JSON.stringify(text)}.`);
}

function matchOf(pairs: readonly string[]): Attributes {
  const entries = pairs.map((pair) => {
    const at = pair.indexOf("=");
    if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)] as const;
    throw new UsageError(`--match must be an attribute like system.memory.state=used, not ${JSON.stringify(pair)}.`);
  });
  return Object.fromEntries(entries);
}

function formatOf({ format, output }: ExportFlags): Format {
  if (format === undefined)
    return FORMATS.find((one) => output?.toLowerCase().endsWith(`.${one}`) === true) ?? "ndjson";
  const found = FORMATS.find((one) => one === format.toLowerCase());
  if (found !== undefined) return found;
  throw new UsageError(`--format must be one of ${FORMATS.join(", ")}, not ${JSON.stringify(format)}.`);
}

/** Reads the flags. Throws UsageError. */
export function planOf(flags: ExportFlags, now: number): ExportPlan {
  const format = formatOf(flags);
  const step = stepOf(flags.step);
  const aggregate = AGGREGATES.find((one) => one === (flags.aggregate ?? "avg"));
  if (aggregate === undefined) {
    throw new UsageError(
      `--aggregate must be one of ${AGGREGATES.join(", ")}, not ${JSON.stringify(flags.aggregate)}.`,
    );
  }
  if (flags.aggregate !== undefined && step === 0) {
    throw new UsageError("--aggregate needs --step: without steps every sample is exported as it is.");
  }
  if (format === "parquet" && flags.output === undefined) {
    throw new UsageError("Parquet cannot be streamed: name a file with --output.");
  }
  const annotations = flags.annotations === true;
  if (annotations && format === "parquet") {
    throw new UsageError("Annotations are exported as NDJSON or CSV: leave --format parquet away.");
  }
  const from = flags.from === undefined ? -Infinity : timeOf("--from", flags.from, now);
  const to = flags.to === undefined ? Infinity : timeOf("--to", flags.to, now);
  if (from >= to) throw new UsageError("--from must be before --to.");
  const metrics = flags.metric;
  const query = { ...(metrics && { metrics }), match: matchOf(flags.match ?? []), from, to, step, aggregate };
  return { format, query, output: flags.output ?? null, annotations };
}
