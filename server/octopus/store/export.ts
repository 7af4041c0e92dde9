/** History as lines of NDJSON or CSV, made while they are read: an export of any length takes little memory. */
import type { Aggregate, Annotation, SeriesFrame } from "../../../protocol/history.ts";
import type { Attributes } from "../../../protocol/reading.ts";
import type { SeriesStore } from "./store.ts";

/** Raw samples are asked for this much at a time, and steps this many. */
const WINDOW_MS = 3_600_000;
const WINDOW_STEPS = 1800;

/** What is to be exported. */
export interface ExportQuery {
  /** Absent: every metric. */
  readonly metrics?: readonly string[];
  /** Only series with all of these attributes. */
  readonly match: Attributes;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** 0: every raw sample, as long as they are kept. */
  readonly step: number;
  readonly aggregate: Aggregate;
}

/** What is exported from. */
export type SampleSource = Pick<SeriesStore, "series" | "query">;

/** One exported row. */
export interface ExportRow {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly metric: string;
  readonly attributes: Attributes;
  readonly unit: string;
  readonly value: number;
  /** Of the step; the value itself when there is no step. */
  readonly min: number;
  readonly max: number;
}

/** Every row, by metric, then by time in windows, then by series. Rejects what the store's `query` rejects. */
export async function* exportRows(store: SampleSource, query: ExportQuery): AsyncGenerator<ExportRow> {
  const { metrics, match, step, aggregate } = query;
  const known = await store.series();
  const names = [...new Set(known.map((series) => series.metric))].sort();
  const window = step === 0 ? WINDOW_MS : step * WINDOW_STEPS;
  for (const metric of names) {
    if (metrics?.includes(metric) === false) continue;
    const ends = known.filter((series) => series.metric === metric);
    const first = ends.reduce((low, series) => Math.min(low, series.first), Infinity);
    const last = ends.reduce((high, series) => Math.max(high, series.last), -Infinity);
    // Whole windows, and whole steps in them: a step that two questions share would be given twice.
    const begin = Math.max(query.from, floorTo(first, step === 0 ? 1 : step));
    const end = Math.min(query.to, last + 1);
    for (let from = begin; from < end;) {
      const to = Math.min(end, floorTo(from, window) + window);
      for (const frame of await store.query({ metric, match, from, to, step, aggregate })) yield* rowsOf(frame);
      from = to;
    }
  }
}

function floorTo(time: number, width: number): number {
  return Math.floor(time / width) * width;
}

function* rowsOf({ metric, attributes, unit, times, values, min, max }: SeriesFrame): Generator<ExportRow> {
  for (const [index, time] of times.entries()) {
    const value = values[index] ?? NaN;
    yield { time, metric, attributes, unit, value, min: min[index] ?? value, max: max[index] ?? value };
  }
}

/** Written so, -0 comes back as one: some readers take "-0" for a whole number, which has no such zero. */
const jsonNumber = (value: number): string => (Object.is(value, -0) ? "-0.0" : JSON.stringify(value));

/** One JSON object a line, each with its line end. `min` and `max` only where there are steps. */
export async function* exportNdjson(store: SampleSource, query: ExportQuery): AsyncGenerator<string> {
  for await (const row of exportRows(store, query)) {
    const { time, metric, attributes, unit } = row;
    const head = JSON.stringify({ time, metric, attributes, unit }).slice(0, -1);
    const extremes = query.step === 0 ? "" : `,"min":${jsonNumber(row.min)},"max":${jsonNumber(row.max)}`;
    yield `${head},"value":${jsonNumber(row.value)}${extremes}}\n`;
  }
}

/** RFC 4180: a field with a comma, a quote or a line break stands in quotes, its own quotes doubled. */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const csvNumber = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

/** A heading and one line a row, each with its line end (CR LF). Attributes are one field of JSON; times are ISO 8601. */
export async function* exportCsv(store: SampleSource, query: ExportQuery): AsyncGenerator<string> {
  const extremes = query.step > 0;
  yield `time,metric,attributes,unit,value${extremes ? ",min,max" : ""}\r\n`;
  for await (const row of exportRows(store, query)) {
    const fields = [
      new Date(row.time).toISOString(),
      csvField(row.metric),
      csvField(JSON.stringify(row.attributes)),
      csvField(row.unit),
      csvNumber(row.value),
    ];
    if (extremes) fields.push(csvNumber(row.min), csvNumber(row.max));
    yield `${fields.join(",")}\r\n`;
  }
}

/** Notes as NDJSON: one JSON object a line, each with its line end. */
export function* notesNdjson(notes: Iterable<Annotation>): Generator<string> {
  for (const { time, end, kind, text, source } of notes) yield `${JSON.stringify({ time, end, kind, text, source })}\n`;
}

/** Notes as CSV; times are ISO 8601, the end of a moment is empty. */
export function* notesCsv(notes: Iterable<Annotation>): Generator<string> {
  yield "time,end,kind,text,source\r\n";
  for (const { time, end, kind, text, source } of notes) {
    const times = [new Date(time).toISOString(), end === null ? "" : new Date(end).toISOString()];
    yield `${[...times, ...[kind, text, source].map(csvField)].join(",")}\r\n`;
  }
}
