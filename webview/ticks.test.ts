import { describe, expect, it } from "vitest";
import { timeTicks, valueAxis } from "./ticks.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("time ticks", () => {
  const to = new Date(2024, 2, 5, 14, 20, 30).getTime();

  it("stand at round local times and end with now", () => {
    expect(timeTicks(to - 15 * MINUTE, to, 4).map((tick) => tick.label)).toEqual(["14:10", "14:15", "now"]);
  });

  it("show seconds where steps are shorter than a minute", () => {
    const labels = timeTicks(to - MINUTE, to, 5).map((tick) => tick.label);
    expect(labels[0]).toBe("14:19:30");
    expect(labels.at(-1)).toBe("now");
  });

  it.each([
    [MINUTE, 9],
    [15 * MINUTE, 3],
    [HOUR, 12],
    [24 * HOUR, 5],
  ])("over %i ms are at most %i, rising, inside, and clear of now", (span, most) => {
    const ticks = timeTicks(to - span, to, most);
    expect(ticks.length).toBeLessThanOrEqual(most);
    expect(ticks.length).toBeGreaterThanOrEqual(2);
    const values = ticks.map((tick) => tick.value);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    expect(values[0]).toBeGreaterThanOrEqual(to - span);
    expect(values.at(-1)).toBe(to);
    expect(to - (values.at(-2) ?? to)).toBeGreaterThanOrEqual((span / most) * 0.75);
  });

  it("do not exist for a window of no length", () => {
    expect(timeTicks(to, to, 5)).toEqual([]);
  });
});

describe("value axes", () => {
  it("span 0 to 100 % for ratios, whatever the values", () => {
    expect(valueAxis(0.02, "1")).toEqual({
      max: 1,
      ticks: ["0 %", "25 %", "50 %", "75 %", "100 %"].map((label, index) => ({ value: index / 4, label })),
    });
  });

  it("have whole binary labels for bytes and reach over the largest value", () => {
    const axis = valueAxis(3.4 * 1024 * 1024, "By/s");
    expect(axis.ticks.map((tick) => tick.label)).toEqual(["0", "1 MiB/s", "2 MiB/s", "3 MiB/s", "4 MiB/s"]);
    expect(axis.max).toBeGreaterThanOrEqual(3.4 * 1024 * 1024);
  });

  it("do not draw an idle network as a storm", () => {
    expect(valueAxis(0, "By/s").max).toBe(4096);
    expect(valueAxis(NaN, "By/s").max).toBe(4096);
  });

  it("use round steps for other units", () => {
    expect(valueAxis(37, "{thread}").ticks.map((tick) => tick.value)).toEqual([0, 10, 20, 30, 40]);
  });
});
