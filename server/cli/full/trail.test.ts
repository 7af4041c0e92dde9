import { expect, test } from "vitest";
import { stateWith } from "../../bell/testing.ts";
import { TRAIL_MS, Trail } from "./trail.ts";

const STEP = TRAIL_MS / 10;
/** At the edge of a column. */
const START = 100 * TRAIL_MS;

function trail(...samples: readonly (readonly [number, number | null])[]) {
  const one = new Trail();
  one.add({ ...stateWith([], "OK", ""), intervalMs: STEP, time: 0 });
  for (const [at, value] of samples) one.put("x", START + at * STEP, value);
  return (now: number) => one.columns("x", START + now * STEP, 10);
}

test("a column shows the highest of its part of the time, so that no peak is lost", () => {
  const columns = trail([0.2, 1], [0.4, 9], [0.6, 2], [1.5, 4])(2);
  expect(columns.slice(-2)).toEqual([9, 4]);
});

test("what was not known, and what nobody measured, is a gap", () => {
  const columns = trail([0.5, 1], [1.5, null], [5.5, 3])(6);
  expect(columns.slice(-6)).toEqual([1, null, null, null, null, 3]);
});

test("a value stands for the moment until the next one", () => {
  expect(trail([0.5, 7])(2).slice(-2)).toEqual([7, 7]);
});

test("what is older than the last minutes goes", () => {
  expect(trail([0, 1], [20, 2])(20)).toEqual([...Array<null>(9).fill(null), 2]);
});
