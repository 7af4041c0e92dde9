import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Point, gapTolerance, pointsOf, runsOf, summaryOf, summed, thin } from "./series.ts";

function columns(times: readonly number[], values: readonly number[], spread = 0) {
  return { times, values, min: values.map((v) => v - spread), max: values.map((v) => v + spread) };
}

function shape(points: readonly Point[]): string {
  return points.map((point) => (Number.isNaN(point.y) ? "_" : "x")).join("");
}

describe("points of a series", () => {
  it("break where a sample is missing and only there", () => {
    const tolerance = gapTolerance(0, 2000);
    expect(shape(pointsOf(columns([0, 2000, 4100, 12_000, 14_000], [1, 2, 3, 4, 5]), tolerance))).toBe("xxx_xx");
  });

  it("do not break when a poll falls just beside its step", () => {
    const tolerance = gapTolerance(2000, 2000);
    expect(shape(pointsOf(columns([0, 4000, 6000], [1, 2, 3]), tolerance))).toBe("xxx");
    expect(shape(pointsOf(columns([0, 6000, 8000], [1, 2, 3]), tolerance))).toBe("x_xx");
  });

  it("do not break when the interval is longer than a step", () => {
    const tolerance = gapTolerance(3000, 10_000);
    expect(shape(pointsOf(columns([0, 9000, 21_000, 30_000], [1, 2, 3, 4]), tolerance))).toBe("xxxx");
  });

  it("leave out what is not a number", () => {
    expect(shape(pointsOf(columns([0, 1, 2], [1, NaN, 3]), 1.5))).toBe("x_x");
  });

  it("carry the extremes of their step", () => {
    expect(pointsOf(columns([0], [0.5], 0.2), 1)[0]).toMatchObject({ low: 0.3, high: 0.7 });
  });
});

describe("thinning", () => {
  it("keeps every peak, every gap and the newest time", () => {
    const sample = fc.record({
      values: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 400 }),
      hole: fc.nat(399),
      limit: fc.integer({ min: 1, max: 100 }),
    });
    fc.assert(
      fc.property(sample, ({ values, hole, limit }) => {
        const times = values.map((_, index) => index + (index > hole ? 10 : 0));
        const points = pointsOf(columns(times, values), 1.5);
        const thinned = thin(points, limit);
        expect(
          Math.max(
            ...runsOf(thinned)
              .flat()
              .map((point) => point.high),
          ),
        ).toBe(Math.max(...values));
        expect(
          Math.min(
            ...runsOf(thinned)
              .flat()
              .map((point) => point.low),
          ),
        ).toBe(Math.min(...values));
        expect(runsOf(thinned).length).toBe(runsOf(points).length);
        expect(thinned.at(-1)?.x).toBe(points.at(-1)?.x);
        expect(thinned.length).toBeLessThanOrEqual(Math.max(points.length === 0 ? 0 : limit + 3, 1));
      }),
    );
  });

  it("leaves few points as they are", () => {
    const points = pointsOf(columns([0, 1], [1, 2]), 5);
    expect(thin(points, 10)).toEqual(points);
  });
});

describe("adding series up", () => {
  it("adds by time, also where one series has no sample", () => {
    const sum = summed([columns([0, 2], [1, 2]), columns([0, 1, 2], [10, 20, 30])]);
    expect(sum.times).toEqual([0, 1, 2]);
    expect(sum.values).toEqual([11, 20, 32]);
  });

  it("says that summed extremes are bounds, and that those of one series are not", () => {
    expect(summed([columns([0], [1], 1), columns([0], [2], 1)])).toMatchObject({ min: [1], max: [5], exact: false });
    expect(summed([columns([0], [1], 1)]).exact).toBe(true);
    expect(summed([]).times).toEqual([]);
  });
});

describe("the summary", () => {
  it("gives the latest, the extremes of all steps and the mean", () => {
    expect(summaryOf(columns([0, 5], [1, 3], 0.5))).toEqual({ latest: 3, latestAt: 5, min: 0.5, max: 3.5, average: 2 });
  });

  it("has no values for an empty series", () => {
    expect(summaryOf(columns([], []))).toMatchObject({ latest: null, min: null, average: null });
  });
});
