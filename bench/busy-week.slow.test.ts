/** A busy week gives at most a handful of notifications a day, and the document shows the very table. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { busyWeek, tableOf } from "./busy-week.ts";

/** A handful. */
const MOST_A_DAY = 5;

const cells = (table: string): string[][] =>
  table
    .trim()
    .split("\n")
    .filter((line) => !/^\|[ -|]*$/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()));

test("docs/bell.md has the table that the script prints", () => {
  const text = readFileSync(path.join(import.meta.dirname, "..", "docs", "bell.md"), "utf8");
  const table = /<!-- busy-week -->([^]*)<!-- \/busy-week -->/.exec(text)?.[1] ?? "";
  expect(cells(table)).toEqual(cells(tableOf(busyWeek())));
});

test("of any week a day has at most a handful of notifications, and what goes wrong is among them", () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const days = busyWeek(seed);
    for (const { told } of days) expect(told.length).toBeLessThanOrEqual(MOST_A_DAY);
    expect(days[2]?.told.join()).toContain("processes killed: 1");
    expect(days[3]?.told.join()).toContain("Disk /home");
    expect(days.reduce((sum, day) => sum + day.crossings, 0)).toBeGreaterThan(200);
  }
});
