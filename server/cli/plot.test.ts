import { expect, test } from "vitest";
import { levelOf } from "../bell/thresholds.ts";
import { plot } from "./plot.ts";

const STYLE = { colour: false, unicode: true, live: false, columns: 80 };

test("a plot fills each column in eighths, and a gap stays empty", () => {
  expect(plot({ values: [0, 0.5, 1, null], top: 1, width: 4, height: 2 }, STYLE)).toEqual(["  █", "▁██·"]);
});

test("few samples are drawn broad, of many in one column the highest counts", () => {
  expect(plot({ values: [1, 0], top: 1, width: 5, height: 1 }, STYLE)).toEqual(["██▁▁"]);
  expect(plot({ values: [0, 1, 0, 0, null, null], top: 1, width: 3, height: 1 }, STYLE)).toEqual(["█▁·"]);
  expect(plot({ values: [], top: 1, width: 3, height: 1 }, STYLE)).toEqual([""]);
});

test("without Unicode it is drawn in ASCII", () => {
  const ascii = { ...STYLE, unicode: false };
  expect(plot({ values: [0, 0.5, 1, null], top: 1, width: 4, height: 1 }, ascii)).toEqual([".:#."]);
});

test("a column over a threshold has the level's colour", () => {
  const rule = { direction: "above", warn: 0.7, crit: 0.9 } as const;
  const levels = { levelOf: (value: number) => levelOf(rule, value) };
  const [line] = plot({ values: [1], top: 1, width: 1, height: 1, ...levels }, { ...STYLE, colour: true });
  expect(line).toBe("\u001b[31;1m█\u001b[0m");
});
