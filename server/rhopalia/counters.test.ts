import { describe, expect, test } from "vitest";
import { Counters, rateMs } from "./counters.ts";

/** What a counter says at the given moments, and its rates. */
function ratesOf(...readings: readonly (readonly [nowMs: number, value: number])[]) {
  const counters = new Counters(1);
  return readings.map(([nowMs, value]) => {
    counters.values[0] = value;
    return counters.update(nowMs) ? counters.rates[0] : null;
  });
}

describe("rates from counters", () => {
  test("are absent for the first reading, and again after a counter went back", () => {
    expect(ratesOf([0, 100], [2000, 300], [4000, 5], [6000, 25])).toEqual([null, 100, null, 10]);
  });

  test("between polls are over whole milliseconds, and at most an eighth of a percent off", () => {
    expect(ratesOf([0.25, 0], [2001.625, 6003])).toEqual([null, 3000]);
    for (const elapsedMs of [400.5, 999.5, 1234.567, 2000.49, 30_000.5]) {
      expect(Math.abs(rateMs(elapsedMs) / elapsedMs - 1)).toBeLessThanOrEqual(0.00125);
    }
  });

  test("of a moment are over the very time that passed", () => {
    expect(ratesOf([0, 0], [2.5, 10])).toEqual([null, 4000]);
  });

  test("wait for time to pass", () => {
    expect(ratesOf([0, 0], [0, 5], [2000, 10])).toEqual([null, null, 5]);
  });
});
