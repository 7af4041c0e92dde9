/** The policy: when polls are rarer, and what is said of it. */
import { describe, expect, it } from "vitest";
import { rateOf, type RateConditions } from "./rate.ts";

const AWAY = { focused: false, dashboardVisible: false, notifies: true };

function rate(more: Partial<RateConditions> = {}) {
  return rateOf({ baseMs: 2000, adaptive: true, attention: null, onBattery: false, level: "OK", ...more });
}

describe("the rate of polls", () => {
  it("is the configured one while somebody can be looking", () => {
    const full = { intervalMs: 2000, baseMs: 2000, reason: "" };
    expect(rate()).toMatchObject(full);
    expect(rate({ attention: { focused: true, dashboardVisible: false, notifies: true } })).toMatchObject(full);
    expect(rate({ attention: { focused: false, dashboardVisible: true, notifies: true } })).toMatchObject(full);
  });

  it("is a fifth when the window is unfocused and its dashboard hidden", () => {
    expect(rate({ attention: AWAY })).toMatchObject({ intervalMs: 10_000, reason: "window unfocused" });
  });

  it("is half on battery, also without a window", () => {
    expect(rate({ onBattery: true })).toMatchObject({ intervalMs: 4000, reason: "on battery" });
    expect(rate({ onBattery: true, attention: AWAY })).toMatchObject({
      intervalMs: 20_000,
      reason: "window unfocused, on battery",
    });
  });

  it("takes a battery that cannot be told for none", () => {
    expect(rate({ onBattery: null }).intervalMs).toBe(2000);
  });

  it.each(["WARN", "CRIT"] as const)("is never lowered while the bell says %s, and says so", (level) => {
    expect(rate({ attention: AWAY, level })).toMatchObject({
      intervalMs: 2000,
      reason: `${level}, although window unfocused`,
    });
    expect(rate({ level }).reason).toBe("");
  });

  it("is lowered to a poll in half a minute at most, and never raised", () => {
    expect(rate({ baseMs: 15_000, attention: AWAY }).intervalMs).toBe(30_000);
    expect(rate({ baseMs: 60_000, attention: AWAY })).toMatchObject({ intervalMs: 60_000, reason: "" });
    expect(rate({ baseMs: 60_000, attention: AWAY, onBattery: true }).intervalMs).toBe(60_000);
  });

  it("is always the configured one when it may not adapt", () => {
    expect(rate({ adaptive: false, attention: AWAY, onBattery: true })).toEqual({
      intervalMs: 2000,
      baseMs: 2000,
      slowestMs: 2000,
      reason: "",
    });
  });

  it("tells how rare polls may become, so that a chart does not take them for a gap", () => {
    expect(rate().slowestMs).toBe(20_000);
    expect(rate({ baseMs: 500 }).slowestMs).toBe(5000);
  });
});
