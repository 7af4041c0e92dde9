/** Steps fit what the history keeps: minutes, ten minutes and hours. */
import { describe, expect, it } from "vitest";
import { stepOf, STEPS_MS, stepOver } from "./steps.ts";

const TIERS = [60_000, 600_000, 3_600_000];

describe("a step", () => {
  it("divides a minute, ten minutes or an hour, or is whole hours", () => {
    for (const step of STEPS_MS) {
      expect(TIERS.some((tier) => tier % step === 0) || step % 3_600_000 === 0).toBe(true);
      expect(86_400_000 % step).toBe(0);
    }
  });

  it("is the narrowest that is wide enough, and whole days beyond one", () => {
    expect([0, 1000, 1001, 14_000, 61_000, 700_000, 4_000_000, 86_400_000].map(stepOver)).toEqual([
      1000, 1000, 2000, 15_000, 120_000, 1_800_000, 7_200_000, 86_400_000,
    ]);
    expect(stepOver(86_400_001)).toBe(2 * 86_400_000);
  });

  it("shows a span in no more points than there is room for", () => {
    for (const span of [60_000, 900_000, 3_600_000, 86_400_000, 30 * 86_400_000, 731 * 86_400_000]) {
      expect(span / stepOf(span, 360)).toBeLessThanOrEqual(360);
    }
    expect(stepOf(86_400_000, 360)).toBe(300_000);
    expect(stepOf(900_000, 360, 14_000)).toBe(15_000);
  });
});
