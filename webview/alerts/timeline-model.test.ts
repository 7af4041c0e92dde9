/** The history of alerts: strips, bars, segments, and where the arrow keys lead. */
import { expect, it } from "vitest";
import type { AlertRecord, AlertStep } from "../../protocol/alert.ts";
import { sampleAlert } from "../preview/alerts.ts";
import { MOST_STRIPS, barAfter, timelineOf } from "./timeline-model.ts";

const NOW = Date.UTC(2024, 2, 5, 14, 20);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function record(id: string, start: number, end: number | null, more: Partial<AlertRecord["alert"]> = {}): AlertRecord {
  const step = (time: number, change: AlertStep["change"], level: AlertStep["level"]): AlertStep => ({
    ...{ time, change, level, value: 0.9, cause: "" },
  });
  const alert = sampleAlert(NOW, {
    ...{ id, rule: id[0] ?? "", title: id[0] ?? "", level: "CRIT", fingerprint: id[0] ?? "" },
    ...{ pendingSince: start, firingSince: start + MINUTE, resolvedAt: end, ...more },
  });
  const steps = [
    step(start, "pending", "WARN"),
    step(start + MINUTE, "firing", "WARN"),
    step(start + 2 * MINUTE, "worse", "CRIT"),
  ];
  return { alert, steps: end === null ? steps : [...steps, step(end, "resolved", "OK")] };
}

it("draws each alert in segments of its level, and the time before it counted", () => {
  const from = NOW - HOUR;
  const { strips } = timelineOf([record("a1", NOW - 10 * MINUTE, NOW - 5 * MINUTE)], from, NOW, null);
  expect(strips[0]?.bars[0]?.segments).toEqual([
    { from: NOW - 10 * MINUTE, to: NOW - 9 * MINUTE, level: "WARN", pending: true },
    { from: NOW - 9 * MINUTE, to: NOW - 8 * MINUTE, level: "WARN", pending: false },
    { from: NOW - 8 * MINUTE, to: NOW - 5 * MINUTE, level: "CRIT", pending: false },
  ]);
  expect(strips[0]?.bars[0]?.description).toMatch(/^a: CRIT, from .*, lasted 4 min$/);
  expect(strips[0]?.bars[0]?.steps.map((step) => step.text)).toEqual([
    "WARN crossed at 90.0 %.",
    "WARN opened at 90.0 %.",
    "worse: CRIT at 90.0 %.",
    "over.",
  ]);
});

it("cuts an alert that began before at the edge, and draws an open one up to now", () => {
  const from = NOW - HOUR;
  const { strips } = timelineOf([record("a1", NOW - 2 * HOUR, null)], from, NOW, null);
  expect(strips[0]?.bars[0]?.segments).toEqual([{ from, to: NOW, level: "CRIT", pending: false }]);
  expect(strips[0]?.bars[0]?.ended).toBe("still open");
});

it("puts the alerts of one rule and series on one strip, oldest first, and filters by level", () => {
  const records = [
    record("a1", NOW - 50 * MINUTE, NOW - 40 * MINUTE),
    record("a2", NOW - 20 * MINUTE, null),
    record("b1", NOW - 30 * MINUTE, null, { level: "WARN" }),
  ];
  const all = timelineOf(records, NOW - HOUR, NOW, null);
  expect(all.strips.map((strip) => strip.bars.map((bar) => bar.id))).toEqual([["a1", "a2"], ["b1"]]);
  expect(all.rows.map((row) => row.id)).toEqual(["a2", "b1", "a1"]);
  expect(timelineOf(records, NOW - HOUR, NOW, "WARN").rows.map((row) => row.id)).toEqual(["b1"]);
});

it("draws no carpet: the table has what the strips leave out", () => {
  const records = Array.from({ length: 30 }, (_, index) =>
    record(String.fromCharCode(65 + index), NOW - (index + 3) * MINUTE, null),
  );
  const { strips, rows, note } = timelineOf(records, NOW - HOUR, NOW, null);
  expect(strips).toHaveLength(MOST_STRIPS);
  expect(rows).toHaveLength(30);
  expect(note).toBe("30 alerts · 20 of 30 lines drawn, all in the table");
});

it("leads the arrow keys along a strip, and to the nearest bar of the next", () => {
  const records = [
    record("a1", NOW - 50 * MINUTE, NOW - 45 * MINUTE),
    record("a2", NOW - 20 * MINUTE, NOW - 15 * MINUTE),
    record("b1", NOW - 55 * MINUTE, NOW - 50 * MINUTE),
    record("b2", NOW - 22 * MINUTE, NOW - 18 * MINUTE),
  ];
  const { strips } = timelineOf(records, NOW - HOUR, NOW, null);
  expect(strips.map((strip) => strip.id)).toEqual(["a", "b"]);
  expect(barAfter(strips, "a1", "ArrowRight")).toBe("a2");
  expect(barAfter(strips, "a2", "ArrowRight")).toBeNull();
  expect(barAfter(strips, "a2", "Home")).toBe("a1");
  expect(barAfter(strips, "a2", "ArrowDown")).toBe("b2");
  expect(barAfter(strips, "b1", "ArrowUp")).toBe("a1");
  expect(barAfter(strips, "a1", "x")).toBeNull();
});
