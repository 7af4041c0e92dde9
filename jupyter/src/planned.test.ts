/** Of several wishes the soonest counts. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Planned } from "./planned.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("draws once, at the soonest time that was wished, and again when it is wished again", () => {
  const drawn: number[] = [];
  const began = performance.now();
  const planned = new Planned(() => void drawn.push(performance.now() - began));
  planned.within(1000);
  planned.within(200);
  planned.within(500);
  vi.advanceTimersByTime(2000);
  expect(drawn).toEqual([200]);
  planned.within(100);
  vi.advanceTimersByTime(2000);
  expect(drawn).toEqual([200, 2100]);
});

it("draws nothing after it was cancelled", () => {
  const draw = vi.fn();
  const planned = new Planned(draw);
  planned.within(100);
  planned.cancel();
  vi.advanceTimersByTime(1000);
  expect(draw).not.toHaveBeenCalled();
});
