/** What the flags of `gorgon export` mean: times, steps, series, the form of the output. */
import type { Aggregate } from "../../protocol/history.ts";
import type { Attributes } from "../../protocol/reading.ts";
import type { ExportQuery } from "../octopus/store/export.ts";
import { UsageError } from "./io.ts";
import { lengthOf, timeOf } from "./times.ts";

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

function stepOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const step = lengthOf(text);
  if (step !== null && step >= 1) return step;
  throw new UsageError(`--step must be a length of time like 10s, 1m or 1h, not ${JSON.stringify(text)}.`);
}

/** Attributes from `key=value` texts. Throws UsageError. */
export function matchOf(pairs: readonly string[]): Attributes {
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
