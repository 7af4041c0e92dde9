import { describe, expect, it } from "vitest";
import { moment } from "./moment.ts";

describe("a moment in words", () => {
  it("names the day", () => {
    expect(moment(Date.UTC(2026, 10, 23, 12))).toContain("2026");
  });

  it.each([NaN, Infinity, 1e308, -1e308, 8.65e15])("says nothing of %d, which is none", (time) => {
    expect(moment(time)).toBe("");
  });
});
