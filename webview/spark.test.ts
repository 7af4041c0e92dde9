import { describe, expect, it } from "vitest";
import type { Point } from "./series.ts";
import { SPARK, sparkHeight, sparkPaths } from "./spark.ts";

function point(x: number, y: number, spread = 0): Point {
  return { x, y, low: y - spread, high: y + spread };
}

describe("a trend line", () => {
  it("runs from left to right and is broken at a gap", () => {
    const { line, area, band } = sparkPaths([point(0, 0), point(5, 1), point(6, NaN), point(10, 1)], 0, 10, 1);
    expect(line).toBe("M0 39L100 1M200 1h0");
    expect(area.match(/Z/g)).toHaveLength(2);
    expect(band).toBe("");
  });

  it("has a band where steps have a spread", () => {
    expect(sparkPaths([point(0, 0.5, 0.1), point(10, 0.5, 0.1)], 0, 10, 1).band).toMatch(/^M0 .*Z$/);
  });

  it("stays in its box whatever the values", () => {
    expect(sparkHeight(7, 1)).toBe(1);
    expect(sparkHeight(-1, 1)).toBe(SPARK.height - 1);
    expect(sparkPaths([point(99, 0.5)], 0, 10, 1).line).toBe("M200 20h0");
  });

  it("is empty where there is no window", () => {
    expect(sparkPaths([point(0, 1)], 0, 0, 1).line).toBe("");
  });
});
