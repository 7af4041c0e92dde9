/** Where a series is heading: the robust line of Theil and Sen through a bounded number of its samples. */

/** A sample: milliseconds since the epoch, and the value. */
export type Point = readonly [time: number, value: number];

/** Samples kept of a series, however often it comes: 48 give 1,128 pairs, of which the median costs 0.1 ms. */
export const MOST_POINTS = 48;
/** A line through fewer samples, or through less than this share of the time, is a guess. */
const FEWEST_POINTS = 8;
const LEAST_SHARE = 0.5;

/** The line value = at + slope * (time - origin). Slopes are per millisecond. */
export interface Line {
  readonly slope: number;
  readonly at: number;
  readonly origin: number;
}

/**
 * The line of Theil (1950) and Sen (1968): the median of the slopes between all pairs of points with different times, through
 * the median of what each point then leaves. Up to 29 % of the points may be anything. Null for fewer than two times.
 */
export function theilSen(points: readonly Point[]): Line | null {
  const slopes: number[] = [];
  points.forEach(([time, value], index) => {
    for (let before = 0; before < index; before += 1) {
      const [time0, value0] = points[before] ?? [time, value];
      if (time !== time0) slopes.push((value - value0) / (time - time0));
    }
  });
  if (slopes.length === 0) return null;
  const slope = median(slopes);
  const origin = points[0]?.[0] ?? 0;
  return { slope, at: median(points.map(([time, value]) => value - slope * (time - origin))), origin };
}

/** Milliseconds from `now` until the line meets the target: 0 when it is there, null when it never will be. */
export function timeToTarget(line: Line, target: number, now: number): number | null {
  const left = target - (line.at + line.slope * (now - line.origin));
  if (left === 0) return 0;
  if (line.slope === 0) return null;
  const milliseconds = left / line.slope;
  return Number.isFinite(milliseconds) && milliseconds >= 0 ? milliseconds : null;
}

/** The last samples of one series over a time, thinned to one in each of its steps. */
export class TrendWindow {
  readonly #overMs: number;
  readonly #stepMs: number;
  #points: Point[] = [];
  #line: Line | null = null;
  #stale = true;

  constructor(overMs: number) {
    this.#overMs = overMs;
    this.#stepMs = overMs / MOST_POINTS;
  }

  /** Takes a sample. Only the first of each step is kept; the clock may be set back, which forgets what lies ahead. */
  add(time: number, value: number): void {
    if (!Number.isFinite(value)) return;
    while ((this.#points.at(-1)?.[0] ?? -Infinity) > time) this.#points.pop();
    const last = this.#points.at(-1)?.[0] ?? -Infinity;
    if (Math.floor(last / this.#stepMs) === Math.floor(time / this.#stepMs)) return;
    this.#points.push([time, value]);
    this.#forget(time);
    this.#stale = true;
  }

  /** Puts older samples before those that are there, e.g. from history. */
  prepend(points: readonly Point[]): void {
    const own = this.#points;
    this.#points = [];
    this.#stale = true;
    for (const [time, value] of points) if (time < (own[0]?.[0] ?? Infinity)) this.add(time, value);
    for (const [time, value] of own) this.add(time, value);
  }

  /** Whether the samples are enough for a line. */
  get enough(): boolean {
    const first = this.#points[0]?.[0] ?? 0;
    const last = this.#points.at(-1)?.[0] ?? 0;
    return this.#points.length >= FEWEST_POINTS && last - first >= this.#overMs * LEAST_SHARE;
  }

  /** The line through what is kept; computed once a step at most. */
  get line(): Line | null {
    if (this.#stale) this.#line = theilSen(this.#points);
    this.#stale = false;
    return this.#line;
  }

  /** How many samples are kept. */
  get size(): number {
    return this.#points.length;
  }

  #forget(now: number): void {
    let old = 0;
    while ((this.#points[old]?.[0] ?? Infinity) <= now - this.#overMs) old += 1;
    old = Math.max(old, this.#points.length - MOST_POINTS - 1);
    if (old > 0) this.#points.splice(0, old);
  }
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
