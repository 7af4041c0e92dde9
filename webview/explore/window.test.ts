/** The window of time under zoom, pan and selection. */
import { describe, expect, it } from "vitest";
import { followed, panned, parseWindow, selected, spanOf, zoomed } from "./window.ts";

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;
const live = { live: true, span: 15 * MINUTE } as const;
const fixed = { live: false, from: NOW - 60 * MINUTE, to: NOW - 30 * MINUTE } as const;

describe("a window", () => {
  it("that follows ends now and goes on with it", () => {
    expect(spanOf(live, NOW)).toEqual({ from: NOW - 15 * MINUTE, to: NOW });
    expect(spanOf(live, NOW + 1000).to).toBe(NOW + 1000);
  });

  it("that follows goes on following when it is zoomed by keyboard", () => {
    expect(zoomed(live, NOW, 0.5)).toEqual({ live: true, span: 7.5 * MINUTE });
    expect(zoomed(live, NOW, 2)).toEqual({ live: true, span: 30 * MINUTE });
  });

  it("keeps what is under the pointer in its place", () => {
    const anchor = fixed.from + 10 * MINUTE;
    const near = spanOf(zoomed(fixed, NOW, 0.5, anchor), NOW);
    expect((anchor - near.from) / (near.to - near.from)).toBeCloseTo(1 / 3);
    expect(near.to - near.from).toBe(15 * MINUTE);
  });

  it("stands still when it is panned into the past, and follows again at now", () => {
    const past = panned(live, NOW, -0.5);
    expect(past).toEqual({ live: false, from: NOW - 22.5 * MINUTE, to: NOW - 7.5 * MINUTE });
    expect(panned(past, NOW, 0.6)).toEqual(live);
  });

  it("never reaches into the future, and is never too small to see anything", () => {
    expect(zoomed(fixed, NOW, 100)).toMatchObject({ live: true });
    const { from, to } = spanOf(zoomed(fixed, NOW, 1e-9), NOW);
    expect(to - from).toBe(30_000);
    const drawn = spanOf(selected(NOW, NOW - 1000, NOW), NOW);
    expect(drawn.to - drawn.from).toBe(30_000);
  });

  it("is drawn from either side, and can follow with the same width", () => {
    const drawn = selected(NOW - 5 * MINUTE, NOW - 10 * MINUTE, NOW);
    expect(drawn).toEqual({ live: false, from: NOW - 10 * MINUTE, to: NOW - 5 * MINUTE });
    expect(followed(drawn, NOW)).toEqual({ live: true, span: 5 * MINUTE });
  });
});

it.each([
  null,
  7,
  {},
  { live: true },
  { live: true, span: "9" },
  { live: false, from: 5, to: 1 },
  { live: false, from: NaN, to: 1 },
])("what is no window is not remembered as one: %j", (value) => {
  expect(parseWindow(value)).toBeNull();
});
