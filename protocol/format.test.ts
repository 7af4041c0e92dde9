import { describe, expect, test } from "vitest";
import {
  ABSENT,
  formatBytes,
  formatDuration,
  formatRatio,
  formatRole,
  formatThreshold,
  formatValue,
} from "./format.ts";
import type { Role } from "./role.ts";

describe("numbers for people", () => {
  test.each([
    [0, "0.0 %"],
    [0.614, "61.4 %"],
    [0.99949, "99.9 %"],
    [1, "100.0 %"],
  ])("the ratio %d is written %s", (ratio, text) => {
    expect(formatRatio(ratio)).toBe(text);
  });

  test.each([
    [0, "0 B"],
    [912, "912 B"],
    [999.4, "999 B"],
    [1000, "0.98 KiB"],
    [1024, "1.00 KiB"],
    [10_234, "9.99 KiB"],
    [10_235.9, "10.0 KiB"],
    [13_421_773, "12.8 MiB"],
    [999.5 * 1024, "0.98 MiB"],
    [16 * 1024 ** 3, "16.0 GiB"],
    [-2048, "-2.00 KiB"],
    [2 ** 70, "1020 EiB"],
  ])("%d bytes are written %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test.each([
    [0, "0 ms"],
    [0.123, "0.12 ms"],
    [7.26, "7.3 ms"],
    [350, "350 ms"],
    [999.6, "1000 ms"],
    [1500, "1.5 s"],
    [2000, "2 s"],
    [12_900, "12 s"],
    [59_999, "59 s"],
    [120_000, "2 min"],
    [3 * 3_600_000, "3 h"],
    [9 * 86_400_000, "9 d"],
  ])("%d milliseconds are written %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  test("a value carries the unit of its metric", () => {
    expect(formatValue(0.5, "1")).toBe("50.0 %");
    expect(formatValue(2048, "By")).toBe("2.00 KiB");
    expect(formatValue(1_572_864, "By/s")).toBe("1.50 MiB/s");
    expect(formatValue(1.5, "s")).toBe("1.5 s");
    expect(formatValue(20, "ms")).toBe("20 ms");
    expect(formatValue(12.34, "{operation}/s")).toBe("12.3/s");
    expect(formatValue(1234, "{operation}")).toBe("1230");
    expect(formatValue(7, "{core}")).toBe("7.00");
    expect(formatValue(61.4, "Cel")).toBe("61.4 °C");
    expect(formatValue(71.25, "W")).toBe("71.3 W");
    expect(formatValue(0.5, "{packet}/s")).toBe("0.50/s");
    expect(formatValue(0.00042, "s")).toBe("0.42 ms");
    expect(formatValue(61, "Cel")).toBe("61.0 °C");
    expect(formatValue(1024, "{file}")).toBe("1024");
    expect(formatValue(2.5, "{process}")).toBe("2.50");
    expect(formatValue(118.4, "{batch}/s")).toBe("118/s");
    expect(formatValue(0.000_412_6, "{value}")).toBe("0.000413");
    expect(formatValue(2.5, "{value}")).toBe("2.5");
  });

  test("a missing value is a dash, never a zero", () => {
    for (const missing of [null, Number.NaN, Infinity, -Infinity]) {
      expect(formatValue(missing, "1")).toBe(ABSENT);
      expect(formatRatio(missing)).toBe(ABSENT);
      expect(formatBytes(missing)).toBe(ABSENT);
    }
  });

  test("a threshold has no trailing zeros", () => {
    expect(formatThreshold(0.7, "1")).toBe("70 %");
    expect(formatThreshold(0.925, "1")).toBe("92.5 %");
    expect(formatThreshold(10 * 1024 ** 3, "By")).toBe("10 GiB");
    expect(formatThreshold(100 * 1024 ** 2, "By/s")).toBe("100 MiB/s");
    expect(formatThreshold(4, "{core}")).toBe("4");
  });
});

test("who leads is said from where the reader sits", () => {
  const said = (role: Role, leader: number | null) => formatRole({ worker: "w", role, leader, since: 0, reason: "" });
  expect(said("leads", 1)).toBe("this window leads");
  expect(said("follows", 4711)).toBe("the window of process 4711 leads");
  expect(said("follows", null)).toBe("another window leads");
  expect(said("seeks", null)).toBe("looking for the leading window");
  expect(said("alone", null)).toBe("this window watches for itself");
});
