/** What stands beside a chunk so that a zoomed-out question need not open it. */
import type { Samples } from "./codec.ts";

/** Of the samples of one chunk. `sum` may be infinite where doubles end. */
export interface Summary {
  /** Times of the first and the last sample, milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  /** The first and the last value. */
  readonly first: number;
  readonly last: number;
}

/** Sums up at least one sample. */
export function summarize({ times, values }: Samples): Summary {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  const count = times.length;
  return {
    start: times[0] ?? NaN,
    end: times[count - 1] ?? NaN,
    count,
    min,
    max,
    sum,
    first: values[0] ?? NaN,
    last: values[count - 1] ?? NaN,
  };
}
