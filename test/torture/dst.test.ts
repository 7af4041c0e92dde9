/** Daylight saving time begins and ends: what is stored is UTC, and no question sees an hour twice or not at all. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valueAt, type DstTask } from "./dst-child.ts";
import { freshFolder } from "./found.ts";
import { METRIC } from "./known.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Each change is at 01:00 UTC; in Berlin clocks go from 02:00 to 03:00 and from 03:00 back to 02:00. */
const SPRING = Date.UTC(2026, 2, 29, 1);
const AUTUMN = Date.UTC(2026, 9, 25, 1);
const SPANS = [SPRING, AUTUMN].map((change) => [change - 30 * HOUR, change + 30 * HOUR] as const);

const COMMANDS = {
  all: ["export"],
  csv: ["export", "--format", "csv", "--from", "2026-10-25T00:30:00Z", "--to", "2026-10-25T01:30:00Z"],
  spring: ["export", "--from", "2026-03-29", "--to", "2026-03-30"],
  autumn: ["export", "--from", "2026-10-25", "--to", "2026-10-26"],
  hours: ["export", "--step", "1h", "--aggregate", "count", "--from", "2026-10-25", "--to", "2026-10-26"],
  days: ["export", "--step", "1d", "--aggregate", "count"],
} as const;
type Name = keyof typeof COMMANDS;

interface Row {
  readonly time: number;
  readonly value: number;
}

const homes: string[] = [];
let berlin: Readonly<Record<Name, string>>;
let utc: Readonly<Record<Name, string>>;

function userIn(zone: string): Readonly<Record<Name, string>> {
  const home = freshFolder();
  homes.push(home);
  const task: DstTask = { home, spans: SPANS, commands: Object.values(COMMANDS) };
  const child = spawnSync(
    process.execPath,
    ["--no-warnings", path.join(import.meta.dirname, "dst-child.ts"), JSON.stringify(task)],
    { env: { ...process.env, TZ: zone }, encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  expect(child).toMatchObject({ status: 0, stderr: "" });
  const said = child.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly code: number; readonly out: string; readonly err: string });
  for (const { code, err } of said) expect({ code, err }).toEqual({ code: 0, err: "" });
  const names = Object.keys(COMMANDS) as Name[];
  return Object.fromEntries(names.map((name, index) => [name, said[index]?.out ?? ""])) as Record<Name, string>;
}

const rowsOf = (text: string): Row[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);

const minutes = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) / MINUTE }, (_, index) => from + index * MINUTE);

beforeAll(() => {
  berlin = userIn("Europe/Berlin");
  utc = userIn("UTC");
});
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

describe("in Berlin, over both changes of the clock", () => {
  it("every sample is there once, at its time in UTC, with its value", () => {
    const rows = rowsOf(berlin.all);
    expect(rows.map((row) => row.time)).toEqual(SPANS.flatMap(([from, to]) => minutes(from, to)));
    expect(rows.filter((row) => !Object.is(row.value, valueAt(row.time)))).toEqual([]);
  });

  it("the export is the same as in UTC, also of the hour that local clocks show twice", () => {
    expect(berlin.all).toBe(utc.all);
    expect(berlin.csv).toBe(utc.csv);
    const lines = berlin.csv.trimEnd().split("\r\n");
    expect(lines).toHaveLength(61);
    expect(lines[1]).toBe(`2026-10-25T00:30:00.000Z,${METRIC},{},1,${csv(Date.UTC(2026, 9, 25, 0, 30))}`);
    expect(lines[60]?.slice(0, 24)).toBe("2026-10-25T01:29:00.000Z");
  });

  it("a local day has 23 hours in spring and 25 in autumn, each whole", () => {
    expect(rowsOf(berlin.spring).map((row) => row.time)).toEqual(minutes(SPRING - 2 * HOUR, SPRING + 21 * HOUR));
    expect(rowsOf(berlin.autumn).map((row) => row.time)).toEqual(minutes(AUTUMN - 3 * HOUR, AUTUMN + 22 * HOUR));
    expect(rowsOf(utc.autumn)).toHaveLength(24 * 60);
  });

  it("steps of an hour over the change are whole hours of UTC, none empty and none double", () => {
    const hours = rowsOf(berlin.hours);
    expect(hours.map((row) => row.time)).toEqual(
      Array.from({ length: 25 }, (_, index) => AUTUMN - 3 * HOUR + index * HOUR),
    );
    expect(hours.every((row) => row.value === 60)).toBe(true);
    expect(berlin.days).toBe(utc.days);
    expect(rowsOf(berlin.days).reduce((sum, row) => sum + row.value, 0)).toBe(2 * 60 * 60);
  });
});

function csv(time: number): string {
  const value = valueAt(time);
  return Object.is(value, -0) ? "-0" : String(value);
}
