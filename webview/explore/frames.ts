/** The values that were fetched: which part of a series is there, what is still missing, how a new part joins the old. */
import type { HistoryQuery, SeriesFrame } from "../../protocol/history.ts";
import type { Attributes } from "../../protocol/reading.ts";
import { type Columns, indexAt } from "../series.ts";
import { type ChosenSeries, keyOf } from "./state.ts";
import type { Span } from "./window.ts";

/** What is there of one series: everything in [from, to), in one step. Times rise. */
export interface Held {
  readonly step: number;
  readonly from: number;
  readonly to: number;
  readonly columns: Columns;
  /** Of the stored steps that stand in for samples, milliseconds; 0 when every value is exact. */
  readonly resolution: number;
}

/** One part of a series that has to be asked for. */
export interface Missing extends Span {
  readonly key: string;
  readonly query: HistoryQuery;
}

export const NO_COLUMNS: Columns = { times: [], values: [], min: [], max: [] };

/** Beyond the window this share of it is kept to either side, so that panning back finds it. */
const KEPT_SHARE = 2;
/** A sample may come into the history this late: another window writes it every five seconds, and a poll takes time. */
const LATE_MS = 10_000;
/** The worker takes at most so many attributes, each no longer than this; what is left out is compared here. */
const MOST_MATCH = 16;
const LONGEST_MATCH = 300;

/**
 * What to ask for so that every series has the whole window in this step; nothing where all is there. The last step that
 * was held at the time of asking may have got further samples: it is asked for again.
 */
export function missingParts(
  series: readonly ChosenSeries[],
  held: ReadonlyMap<string, Held>,
  { from, to }: Span,
  step: number,
): Missing[] {
  const first = Math.floor(from / step) * step;
  const end = Math.ceil(to / step) * step;
  return series.flatMap((one) => {
    const key = keyOf(one);
    const part = (a: number, b: number): Missing[] =>
      a < b ? [{ key, from: a, to: b, query: queryOf(one, a, b, step) }] : [];
    const have = held.get(key);
    // A part that does not touch what is there would leave a hole that nobody asks for.
    if (have?.step !== step || have.to < first || have.from > end) return part(first, end);
    return [...part(first, have.from), ...part(have.to, end)];
  });
}

function queryOf(one: ChosenSeries, from: number, to: number, step: number): HistoryQuery {
  const aggregate = one.kind === "counter" ? "rate" : "avg";
  return { metric: one.metric, match: matchOf(one.attributes), from, to, step, aggregate };
}

/** As much of the attributes as a question may hold. */
function matchOf(attributes: Attributes): Attributes {
  const fit = ([key, value]: [string, string]): boolean =>
    key !== "" && key.length <= LONGEST_MATCH && value.length <= LONGEST_MATCH;
  return Object.fromEntries(Object.entries(attributes).filter(fit).slice(0, MOST_MATCH));
}

/**
 * Joins an answer with what is there. Steps shortly before `now` may not be whole yet: they count
 * as missing still. `window`: what is far from it is let go.
 */
export function joined(
  have: Held | undefined,
  part: Missing,
  frames: readonly SeriesFrame[],
  now: number,
  window: Span,
): Held {
  const { step } = part.query;
  const frame = frames.find((one) => keyOf(one) === part.key);
  const fresh: Columns = frame ?? NO_COLUMNS;
  const resolution = frame?.resolution ?? 0;
  const whole = Math.max(part.from, Math.min(part.to, Math.floor((now - LATE_MS) / step) * step));
  const fits = have?.step === step && have.to >= part.from && have.from <= part.to;
  if (!fits) return { step, from: part.from, to: whole, columns: fresh, resolution };
  const far = (window.to - window.from) * KEPT_SHARE;
  const from = Math.max(Math.min(have.from, part.from), Math.floor((window.from - far) / step) * step);
  const to = Math.min(Math.max(have.to, whole), Math.ceil((window.to + far) / step) * step);
  // Beyond `to` there may be a step that is not whole; it is drawn, and asked for again.
  const until = to >= whole && to === Math.max(have.to, whole) ? Infinity : to;
  const left = slice(have.columns, from, part.from);
  const right = slice(have.columns, part.to, until);
  const middle = slice(fresh, from, until);
  return {
    ...{ step, from, to },
    columns: concat(concat(left, middle), right),
    resolution: Math.max(have.resolution, resolution),
  };
}

/** The steps that begin in [from, to). */
export function slice(columns: Columns, from: number, to: number): Columns {
  const begin = indexAt(columns.times, from);
  const end = indexAt(columns.times, to);
  if (begin === 0 && end === columns.times.length) return columns;
  return {
    times: columns.times.slice(begin, end),
    values: columns.values.slice(begin, end),
    min: columns.min.slice(begin, end),
    max: columns.max.slice(begin, end),
  };
}

function concat(a: Columns, b: Columns): Columns {
  if (a.times.length === 0) return b;
  if (b.times.length === 0) return a;
  return {
    times: [...a.times, ...b.times],
    values: [...a.values, ...b.values],
    min: [...a.min, ...b.min],
    max: [...a.max, ...b.max],
  };
}
