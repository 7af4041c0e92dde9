/** What Explore remembers, and which colours series have. */
import { describe, expect, it } from "vitest";
import { freeSlot, slotsOf } from "./slots.ts";
import {
  EMPTY_STATE,
  type ExploreState,
  MOST_SERIES,
  keyOf,
  parseExploreState,
  withSeries,
  withUnit,
  withoutSeries,
} from "./state.ts";

const core = (number: number) => ({
  ...({ metric: "system.cpu.utilization", unit: "1", kind: "gauge" } as const),
  attributes: { "cpu.logical_number": String(number) },
});
const cpu = { metric: "gorgon.cpu.busy", attributes: {}, unit: "1", kind: "gauge" } as const;

function chosen(amount: number): ExploreState {
  return Array.from({ length: amount }, (_, index) => core(index)).reduce<ExploreState>(withSeries, EMPTY_STATE);
}

describe("choosing", () => {
  it("takes a series once, and no more than a chart can hold", () => {
    expect(withSeries(chosen(2), core(1)).series).toHaveLength(2);
    expect(chosen(MOST_SERIES + 5).series).toHaveLength(MOST_SERIES);
  });

  it("leaves the colours of the others alone when one goes", () => {
    const before = chosen(5);
    const after = withoutSeries(before, keyOf(core(2)));
    expect(after.series.map((one) => one.slot)).toEqual(
      before.series.filter((_, index) => index !== 2).map((one) => one.slot),
    );
    expect(withSeries(after, core(2)).series.at(-1)?.slot).toBe(before.series[2]?.slot);
  });

  it("hides and shows a unit", () => {
    expect(withUnit(withUnit(EMPTY_STATE, "By", false), "By", false).hiddenUnits).toEqual(["By"]);
    expect(withUnit(withUnit(EMPTY_STATE, "By", false), "By", true).hiddenUnits).toEqual([]);
  });
});

describe("colours", () => {
  it("are the overview's for what the overview shows, and all different", () => {
    expect(freeSlot(cpu, [])).toBe(0);
    const slots = slotsOf([cpu, ...Array.from({ length: 49 }, (_, index) => core(index))]);
    expect(new Set(slots).size).toBe(50);
    expect(slots[0]).toBe(0);
  });

  it("are the same for the same series each time", () => {
    expect(freeSlot(core(7), [])).toBe(freeSlot(core(7), []));
  });
});

describe("what was remembered", () => {
  it("comes back as it was", () => {
    const state = withUnit(withSeries(chosen(3), cpu), "1", false);
    expect(parseExploreState(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });

  it.each([null, 1, [], {}, { series: [], window: null }, { series: "x", window: EMPTY_STATE.window }])(
    "is not taken when it is none: %j",
    (value) => {
      expect(parseExploreState(value)).toBeNull();
    },
  );

  it("leaves out what is no series", () => {
    const odd = [{}, null, { ...cpu, attributes: { a: 1 } }, { ...cpu, kind: "x" }, cpu];
    expect(parseExploreState({ ...EMPTY_STATE, series: odd, hiddenUnits: [1, "By"] })).toMatchObject({
      series: [cpu],
      hiddenUnits: ["By"],
    });
  });
});
