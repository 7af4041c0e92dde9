/** The slope of a line, and a percentile. */
import { describe, expect, it } from "vitest";
import { percentile, slope } from "./regression.ts";

describe("the slope", () => {
  it("is that of a line, with noise on it as well", () => {
    const line = Array.from({ length: 100 }, (_, x): [number, number] => [x, 3 * x + 7 + (x % 2 === 0 ? 1 : -1)]);
    expect(slope(line)).toBeCloseTo(3, 2);
    expect(slope([[0, 5], [1, 5], [2, 5]])).toBe(0); // prettier-ignore
  });

  it("is none of a single point", () => {
    expect(slope([[1, 1]])).toBeNaN();
  });
});

describe("a percentile", () => {
  it("is one of the values, by nearest rank", () => {
    expect(percentile([5, 1, 4, 2, 3], 0.5)).toBe(3);
    expect(percentile([5, 1, 4, 2, 3], 1)).toBe(5);
    expect(percentile([], 0.5)).toBeNaN();
  });
});
