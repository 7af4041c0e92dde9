/** Series frames to points for drawing: gaps stay gaps, peaks stay peaks, and never more points than pixels. */
import type { SeriesFrame } from "../protocol/history.ts";

/** One point of a line. `y` is NaN at a gap, which breaks the line. `low` and `high` are the step's extremes. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/** The columns of a frame that drawing needs. */
export type Columns = Pick<SeriesFrame, "times" | "values" | "min" | "max">;

/** Several series made one. `exact`: its extremes are the true ones, not bounds. */
export interface Summed extends Columns {
  readonly exact: boolean;
}

/** What a table says of a series. Null: no value. */
export interface Summary {
  readonly latest: number | null;
  readonly latestAt: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly average: number | null;
}

/**
 * How far apart two times may be before there is a gap, milliseconds. With steps, a poll may fall just outside its
 * step, so one interval (and a quarter, for jitter) is added; raw samples may be half an interval late.
 */
export function gapTolerance(step: number, intervalMs: number): number {
  return step > 0 ? Math.max(1.5 * step, step + 1.25 * intervalMs) : 1.5 * intervalMs;
}

/**
 * Points in the order of time, with a NaN point in each gap. Values that are not finite are gaps as well. Where polls
 * came less often for a while, up to `slowest` apart and evenly, there is no gap.
 */
export function pointsOf(frame: Columns, tolerance: number, slowest = 0): Point[] {
  const points: Point[] = [];
  let before: number | null = null;
  for (let index = 0; index < frame.times.length; index += 1) {
    const x = frame.times[index] ?? NaN;
    const y = frame.values[index] ?? NaN;
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    if (before !== null && x - before > tolerance && !rare(frame.times, index, slowest)) {
      points.push(gapAt((before + x) / 2));
    }
    const low = frame.min[index] ?? y;
    const high = frame.max[index] ?? y;
    points.push({ x, y, low: Math.min(low, y), high: Math.max(high, y) });
    before = x;
  }
  return points;
}

/** Whether the distance to the time before is one of a slower rhythm: a neighbouring distance is about as wide. */
function rare(times: readonly number[], index: number, slowest: number): boolean {
  const distance = (at: number): number => (times[at] ?? NaN) - (times[at - 1] ?? NaN);
  const own = distance(index);
  return own <= slowest && (own <= 1.5 * distance(index - 1) || own <= 1.5 * distance(index + 1));
}

function gapAt(x: number): Point {
  return { x, y: NaN, low: NaN, high: NaN };
}

/**
 * At most about `limit` points: neighbours become one with their mean and their extremes, so that a peak keeps its
 * height in the band. Points never merge across a gap.
 */
export function thin(points: readonly Point[], limit: number): Point[] {
  if (points.length <= limit || limit < 1) return [...points];
  const size = Math.ceil(points.length / limit);
  const thinned: Point[] = [];
  let group: Point[] = [];
  const close = (): void => {
    const first = group[0];
    if (first !== undefined) thinned.push(merged(group, first));
    group = [];
  };
  for (const point of points) {
    if (Number.isNaN(point.y)) {
      close();
      thinned.push(point);
      continue;
    }
    group.push(point);
    if (group.length === size) close();
  }
  close();
  return thinned;
}

function merged(group: readonly Point[], first: Point): Point {
  let sum = 0;
  let low = first.low;
  let high = first.high;
  for (const point of group) {
    sum += point.y;
    low = Math.min(low, point.low);
    high = Math.max(high, point.high);
  }
  // The newest time, so that the line reaches the right edge.
  return { x: group.at(-1)?.x ?? first.x, y: sum / group.length, low, high };
}

/**
 * Adds series up by time. A time where only some have a value is the sum of those. Of several series the sum of the
 * minima and of the maxima are bounds, not the true extremes: they need not have happened at one moment.
 */
export function summed(frames: readonly Columns[]): Summed {
  const [only] = frames;
  if (only === undefined) return { times: [], values: [], min: [], max: [], exact: true };
  if (frames.length === 1) return { times: only.times, values: only.values, min: only.min, max: only.max, exact: true };
  const rows = new Map<number, { value: number; min: number; max: number }>();
  for (const frame of frames) {
    frame.times.forEach((time, index) => {
      const value = frame.values[index] ?? 0;
      const row = rows.get(time) ?? { value: 0, min: 0, max: 0 };
      row.value += value;
      row.min += frame.min[index] ?? value;
      row.max += frame.max[index] ?? value;
      rows.set(time, row);
    });
  }
  const sorted = [...rows].sort(([a], [b]) => a - b);
  return {
    times: sorted.map(([time]) => time),
    values: sorted.map(([, row]) => row.value),
    min: sorted.map(([, row]) => row.min),
    max: sorted.map(([, row]) => row.max),
    exact: sorted.every(([, row]) => row.min === row.max),
  };
}

/** Latest, extremes and mean of a series. */
export function summaryOf(frame: Columns): Summary {
  let low = Infinity;
  let high = -Infinity;
  let sum = 0;
  let amount = 0;
  let latest: number | null = null;
  let latestAt: number | null = null;
  for (const point of pointsOf(frame, Infinity)) {
    low = Math.min(low, point.low);
    high = Math.max(high, point.high);
    sum += point.y;
    amount += 1;
    latest = point.y;
    latestAt = point.x;
  }
  if (amount === 0) return { latest: null, latestAt: null, min: null, max: null, average: null };
  return { latest, latestAt, min: low, max: high, average: sum / amount };
}

/** The runs of points between gaps. */
export function runsOf(points: readonly Point[]): Point[][] {
  const runs: Point[][] = [];
  let run: Point[] = [];
  for (const point of points) {
    if (!Number.isNaN(point.y)) {
      run.push(point);
    } else if (run.length > 0) {
      runs.push(run);
      run = [];
    }
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

/** At each time the highest of several series: the worst of them. */
export function highest(frames: readonly Columns[]): Columns {
  const at = new Map<number, { value: number; min: number; max: number }>();
  for (const { times, values, min, max } of frames) {
    for (const [index, time] of times.entries()) {
      const here = { value: values[index] ?? 0, min: min[index] ?? 0, max: max[index] ?? 0 };
      const known = at.get(time);
      if (known === undefined) at.set(time, here);
      else {
        known.value = Math.max(known.value, here.value);
        known.min = Math.max(known.min, here.min);
        known.max = Math.max(known.max, here.max);
      }
    }
  }
  const sorted = [...at].sort(([a], [b]) => a - b);
  return {
    times: sorted.map(([time]) => time),
    values: sorted.map(([, one]) => one.value),
    min: sorted.map(([, one]) => one.min),
    max: sorted.map(([, one]) => one.max),
  };
}

/** Index of the first time at or after `time`. */
export function indexAt(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The value nearest to a time, no further away than `within`; null when there is none. */
export function valueAt(columns: Columns, time: number, within: number): number | null {
  const after = indexAt(columns.times, time);
  let best: number | null = null;
  let distance = within;
  for (const index of [after - 1, after]) {
    const away = Math.abs((columns.times[index] ?? NaN) - time);
    if (!(away <= distance)) continue;
    distance = away;
    best = columns.values[index] ?? null;
  }
  return best;
}

/** The index of the point nearest to a time that has a value on its side of a gap; null when there is none. */
export function nearestIndex(points: readonly Point[], time: number): number | null {
  let after = 0;
  while (after < points.length && (points[after]?.x ?? NaN) < time) after += 1;
  const away = (index: number): number => Math.abs((points[index]?.x ?? NaN) - time);
  const [nearest] = [after - 1, after]
    .filter((index) => !Number.isNaN(points[index]?.y ?? NaN))
    .sort((a, b) => away(a) - away(b));
  return nearest ?? null;
}
