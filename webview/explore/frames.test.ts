/** Values in the page: what is asked for, and how parts come together. */
import { describe, expect, it } from "vitest";
import type { SeriesFrame } from "../../protocol/history.ts";
import { valueAt } from "../series.ts";
import { type Held, type Missing, joined, missingParts } from "./frames.ts";
import { type ChosenSeries, keyOf } from "./state.ts";

const one: ChosenSeries = { metric: "m", attributes: { of: "a" }, unit: "1", kind: "gauge", slot: 0 };
const STEP = 1000;
const LATER = 1e9;

function frame(from: number, to: number, more: Partial<SeriesFrame> = {}): SeriesFrame {
  const times = Array.from({ length: (to - from) / STEP }, (_, index) => from + index * STEP);
  const values = times.map((time) => time / STEP);
  return { metric: "m", attributes: { of: "a" }, unit: "1", times, values, min: values, max: values, ...more };
}

function fetched(held: Held | undefined, window: { from: number; to: number }, now = LATER): Held {
  const map = new Map(held === undefined ? [] : [[keyOf(one), held]]);
  let after = held;
  for (const part of missingParts([one], map, window, STEP)) {
    after = joined(after, part, [frame(part.from, Math.min(part.to, now))], now, window);
  }
  if (after === undefined) throw new Error("nothing was missing");
  return after;
}

const spans = (parts: readonly Missing[]) => parts.map(({ from, to }) => [from, to]);

describe("what is missing", () => {
  it("is the whole window at first, and nothing when all is there", () => {
    const window = { from: 100_500, to: 160_200 };
    expect(spans(missingParts([one], new Map(), window, STEP))).toEqual([[100_000, 161_000]]);
    const held = fetched(undefined, window);
    expect(missingParts([one], new Map([[keyOf(one), held]]), window, STEP)).toEqual([]);
  });

  it("is only the new part after a pan, to either side", () => {
    const held = fetched(undefined, { from: 100_000, to: 160_000 });
    const map = new Map([[keyOf(one), held]]);
    expect(spans(missingParts([one], map, { from: 90_000, to: 150_000 }, STEP))).toEqual([[90_000, 100_000]]);
    expect(spans(missingParts([one], map, { from: 120_000, to: 180_000 }, STEP))).toEqual([[160_000, 180_000]]);
  });

  it("is everything in another step, or far away", () => {
    const map = new Map([[keyOf(one), fetched(undefined, { from: 100_000, to: 160_000 })]]);
    expect(spans(missingParts([one], map, { from: 100_000, to: 160_000 }, 2000))).toEqual([[100_000, 160_000]]);
    expect(spans(missingParts([one], map, { from: 900_000, to: 960_000 }, STEP))).toEqual([[900_000, 960_000]]);
  });

  it("while it follows is the end only, with the steps that may still get samples", () => {
    const now = 160_000;
    const held = fetched(undefined, { from: 100_000, to: now }, now);
    expect(held.columns.times.at(-1)).toBe(159_000);
    const [part, ...rest] = missingParts([one], new Map([[keyOf(one), held]]), { from: 101_000, to: 161_000 }, STEP);
    expect(rest).toEqual([]);
    expect(part).toMatchObject({ from: 150_000, to: 161_000 });
  });

  it("of a counter is asked for as its rate, and hostile attributes never make a question that is refused", () => {
    const attributes = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${String(index)}`, "x"]));
    const odd = { ...one, kind: "counter" as const, attributes: { ...attributes, long: "x".repeat(5000) } };
    const [part] = missingParts([odd], new Map(), { from: 0, to: 1000 }, STEP);
    expect(part?.query.aggregate).toBe("rate");
    expect(Object.keys(part?.query.match ?? {}).length).toBeLessThanOrEqual(16);
    expect(part?.query.match).not.toHaveProperty("long");
  });
});

describe("parts", () => {
  it("come together in order, without doubles", () => {
    let held = fetched(undefined, { from: 100_000, to: 160_000 });
    held = fetched(held, { from: 80_000, to: 140_000 });
    held = fetched(held, { from: 120_000, to: 180_000 });
    const { times } = held.columns;
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(times).size).toBe(times.length);
    expect([times[0], times.at(-1)]).toEqual([80_000, 179_000]);
  });

  it("put a step that was not whole in place of what it was", () => {
    const now = 160_000;
    const held = fetched(undefined, { from: 100_000, to: now }, now);
    const [part] = missingParts([one], new Map([[keyOf(one), held]]), { from: 101_000, to: 161_000 }, STEP);
    if (part === undefined) throw new Error("nothing is missing");
    const doubled = frame(part.from, part.to);
    const values = doubled.values.map((value) => value * 2);
    const after = joined(held, part, [{ ...doubled, values }], now + 1000, { from: 101_000, to: 161_000 });
    expect(after.columns.values.at(-1)).toBe(320);
    expect(after.columns.values.filter((value) => value === 159)).toEqual([]);
  });

  it("far from the window are let go, so that a page open for days does not grow", () => {
    let held: Held | undefined;
    for (let end = 160_000; end < 2_000_000; end += 10_000) {
      held = fetched(held, { from: end - 60_000, to: end }, end);
    }
    expect(held?.columns.times.length).toBeLessThan(250);
  });

  it("of other series that fit the question as well are not taken", () => {
    const [part] = missingParts([one], new Map(), { from: 0, to: 5000 }, STEP);
    if (part === undefined) throw new Error("nothing is missing");
    const other = frame(0, 5000, { attributes: { of: "a", mode: "x" } });
    expect(joined(undefined, part, [other], LATER, { from: 0, to: 5000 }).columns.times).toEqual([]);
  });
});

it("the value at the cursor is the nearest, and none within a gap", () => {
  const columns = frame(0, 10_000);
  expect(valueAt(columns, 4400, STEP)).toBe(4);
  expect(valueAt(columns, 4600, STEP)).toBe(5);
  expect(valueAt(columns, 60_000, STEP)).toBeNull();
});
