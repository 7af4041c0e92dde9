/** What lines are drawn from: the runs between gaps, and no more points than pixels. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Columns } from "../series.ts";
import { decimated, runsIn, stretchOf } from "./curves.ts";

function columns(values: readonly number[], times = values.map((_, index) => index * 10)): Columns {
  return { times, values, min: values.map((value) => value - 1), max: values.map((value) => value + 1) };
}

describe("a window's stretch", () => {
  it("has one point more to either side, so that lines reach the edges", () => {
    expect(stretchOf(columns([1, 2, 3, 4, 5, 6]), { from: 15, to: 35 })).toEqual({ begin: 1, end: 5 });
    expect(stretchOf(columns([1, 2]), { from: -100, to: 100 })).toEqual({ begin: 0, end: 2 });
  });
});

describe("runs", () => {
  it("end at a value that is none, and where times are too far apart", () => {
    const line = { columns: columns([1, NaN, 3, 4, 5], [0, 10, 20, 30, 90]), tolerance: 15 };
    expect(runsIn(line, { begin: 0, end: 5 })).toEqual([
      { begin: 0, end: 1 },
      { begin: 2, end: 4 },
      { begin: 4, end: 5 },
    ]);
  });

  it("are none where there is nothing", () => {
    expect(runsIn({ columns: columns([NaN, NaN]), tolerance: 15 }, { begin: 0, end: 2 })).toEqual([]);
    expect(runsIn({ columns: columns([]), tolerance: 15 }, { begin: 0, end: 0 })).toEqual([]);
  });
});

describe("points for pixels", () => {
  it("are as they came where there are few", () => {
    const all = columns([1, 5, 2]);
    expect(decimated(all, { begin: 0, end: 3 }, 100).columns).toBe(all);
  });

  it("are few, in order, and keep the highest, the lowest, and the ends of the band", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 50, maxLength: 400 }),
        fc.integer({ min: 1, max: 24 }),
        (values, pixels) => {
          const all = columns(values);
          const { columns: thin, run } = decimated(all, { begin: 0, end: values.length }, pixels);
          // The last point alone may stand in a share of its own.
          expect(run.end).toBeLessThanOrEqual(2 * pixels + 1);
          expect(thin.times.toSorted((a, b) => a - b)).toEqual(thin.times);
          expect(Math.max(...thin.values)).toBe(Math.max(...values));
          expect(Math.min(...thin.values)).toBe(Math.min(...values));
          expect(Math.max(...thin.max)).toBe(Math.max(...all.max));
          expect(Math.min(...thin.min)).toBe(Math.min(...all.min));
        },
      ),
    );
  });
});
