/** Units, axes and ticks. */
import { describe, expect, it } from "vitest";
import { axisOf, chartsOf, groupByUnit } from "./axes.ts";
import { ticksOf, windowText } from "./time-axis.ts";
import { shownUnit } from "./units.ts";
import type { ChosenSeries } from "./state.ts";
import type { Unit } from "../../protocol/reading.ts";

const series = (metric: string, unit: Unit, kind: "gauge" | "counter" = "gauge"): ChosenSeries => ({
  ...{ metric, unit, kind, attributes: {}, slot: 0 },
});
const some = [series("a", "1"), series("b", "By"), series("c", "1"), series("d", "Cel"), series("e", "W")];

describe("series", () => {
  it("of one unit share an axis, two units share a chart, further ones have their own", () => {
    const charts = chartsOf(groupByUnit(some), []);
    expect(charts.map((groups) => groups.map((group) => group.unit.id))).toEqual([["1", "By"], ["Cel"], ["W"]]);
    expect(charts[0]?.[0].series.map((one) => one.metric)).toEqual(["a", "c"]);
  });

  it("of a hidden unit give their axis to the next", () => {
    const charts = chartsOf(groupByUnit(some), ["1", "W"]);
    expect(charts.map((groups) => groups.map((group) => group.unit.id))).toEqual([["By", "Cel"]]);
    expect(chartsOf(groupByUnit(some), ["1", "W", "By", "Cel"])).toEqual([]);
  });

  it("that count are shown as what they grow by a second, beside gauges of that unit", () => {
    const groups = groupByUnit([
      series("io", "By", "counter"),
      series("rate", "By/s"),
      series("kills", "{event}", "counter"),
    ]);
    expect(groups.map((group) => [group.unit.id, group.series.length])).toEqual([
      ["By/s", 2],
      ["{event}/s", 1],
    ]);
    expect(shownUnit(series("kills", "{event}", "counter")).format(2)).toBe("2/s");
    expect(shownUnit(series("x", "{operation}/s")).words).toBe("Operations a second");
    expect(shownUnit(series("x", "{batch}/s")).words).toBe("Batches a second");
  });
});

describe("a value axis", () => {
  const labels = (low: number, high: number, unit: Unit) =>
    axisOf(low, high, shownUnit(series("x", unit)), 5).ticks.map((tick) => tick.label);

  it("spans everything for ratios, unless they are small", () => {
    expect(labels(0, 0.6, "1")).toEqual(["0", "20 %", "40 %", "60 %", "80 %", "100 %"]);
    expect(labels(0, 0.02, "1")).toEqual(["0", "0.5 %", "1 %", "1.5 %", "2 %"]);
    expect(labels(0, 3.2, "1").at(-1)).toBe("400 %");
  });

  it("has binary steps for bytes, and goes below zero for what is negative", () => {
    expect(labels(0, 5 * 2 ** 30, "By")).toEqual(["0", "1 GiB", "2 GiB", "3 GiB", "4 GiB", "5 GiB"]);
    expect(labels(-12, 30, "Cel")[0]).toBe("-20 °C");
  });

  it("has an end when there is nothing on it", () => {
    expect(axisOf(Infinity, -Infinity, shownUnit(series("x", "W")), 5)).toMatchObject({ min: 0, max: 1 });
  });
});

describe("the time axis", () => {
  const at = (day: number, hour: number, minute = 0) => new Date(2026, 2, day, hour, minute).getTime();

  it("has round local times, and dates where a day begins", () => {
    const labels = ticksOf({ from: at(3, 21), to: at(4, 3) }, 7).map((tick) => tick.label);
    expect(labels).toContain("22:00");
    expect(labels).toContain("02:00");
    expect(labels.some((label) => label.includes("4") && !label.includes(":"))).toBe(true);
    expect(labels).not.toContain("00:00");
  });

  it("has days over a month, no more than there is room for", () => {
    const ticks = ticksOf({ from: at(1, 5), to: at(31, 5) }, 8);
    expect(ticks.length).toBeGreaterThan(2);
    expect(ticks.length).toBeLessThanOrEqual(8);
    expect(ticks.every((tick) => new Date(tick.value).getHours() === 0)).toBe(true);
  });

  it("says a window with its date when it is not of today", () => {
    expect(windowText({ from: at(3, 9), to: at(3, 9, 30) }, at(3, 10))).toBe("09:00:00 to 09:30:00, 30 min");
    expect(windowText({ from: at(2, 9), to: at(3, 9) }, at(3, 10))).toMatch(/2.*09:00 to 09:00, 1 d$/);
  });
});
