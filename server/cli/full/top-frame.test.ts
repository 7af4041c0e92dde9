import { expect, test } from "vitest";
import { widthOf } from "../../bell/columns.ts";
import { busyState, NOW, plain, row } from "./testing.ts";
import { pressTop, topFrame, type TopView } from "./top-frame.ts";

const FIRST: TopView = { sort: "cpu", from: 0, help: false };
const draw = (view: Partial<TopView>, rows: number, columns: number, state = busyState()) =>
  topFrame({ state, view: { ...FIRST, ...view }, rows, hasKeys: true }, plain(columns));

test("processes stand in columns, the most first, and the rest of the line is their name", () => {
  expect(draw({}, 12, 80)).toMatchInlineSnapshot(`
    [
      "■ CRIT 2 things need attention: disk /data is nearly full: 96.0 %; memory is ge…",
      "load 0.42 on 2 cores · memory 2.00 GiB of 8.00 GiB · network ↓ 2.00 KiB/s ↑ –",
      "Gorgon 0.4 % of a core · 64.0 MiB · every 2 s on here · 12:30:15 UTC",
      "Processes by CPU",
      " PID      CPU    MEMORY        DISK  THREADS  PROCESS",
      " 811  148.0 %   237 MiB  2.00 KiB/s       11  node bench.ts",
      "4711   50.0 %  1.17 GiB       0 B/s       24  python3 train.py",
      "  12        –  8.00 MiB           –        –  編集器",
      "",
      "",
      "",
      "q quit · ? help · c CPU · m memory · i disk · j k scroll",
    ]
  `);
});

test("sorted by memory or disk the order changes, and what is not known comes last", () => {
  const pids = (lines: readonly string[]) => lines.flatMap((line) => /^ *(\d+) +[\d–]/.exec(line)?.[1] ?? []);
  expect(pids(draw({ sort: "memory" }, 20, 80))).toEqual(["4711", "811", "12"]);
  expect(pids(draw({ sort: "io" }, 20, 80))).toEqual(["811", "4711", "12"]);
});

test("where it is narrow, columns go before names do, but never the one that sorts", () => {
  const lines = draw({ sort: "io" }, 12, 34);
  expect(lines.find((line) => line.includes("PID"))).toBe(" PID        DISK  PROCESS");
});

test.each([
  [3, 20],
  [10, 40],
  [24, 80],
])("on %d lines of %d columns nothing goes over an edge", (rows, columns) => {
  const state = busyState();
  const many = Array.from({ length: 300 }, (_, index) => row(index + 1, "日本語\u001b[2J".repeat(9)));
  for (const help of [false, true]) {
    const lines = draw({ help, from: 250 }, rows, columns, {
      ...state,
      processes: { time: NOW, intervalMs: 1, rows: many },
    });
    expect(lines).toHaveLength(rows);
    for (const line of lines) {
      expect(widthOf(line)).toBeLessThanOrEqual(columns);
      expect(line).not.toMatch(/\p{Cc}/u);
    }
  }
});

test("keys sort, scroll within what there is, and end it", () => {
  const key = (character: string) => ({ name: "character", character }) as const;
  expect(pressTop(FIRST, key("m"), 9)).toMatchObject({ sort: "memory", from: 0 });
  expect(pressTop({ ...FIRST, from: 8 }, key("j"), 9)).toMatchObject({ from: 8 });
  expect(pressTop({ ...FIRST, from: 3 }, { name: "home" }, 9)).toMatchObject({ from: 0 });
  expect(pressTop(FIRST, key("k"), 0)).toMatchObject({ from: 0 });
  expect(pressTop({ ...FIRST, help: true }, { name: "escape" }, 9)).toMatchObject({ help: false });
  for (const end of [key("q"), { name: "escape" } as const, { name: "interrupt" } as const]) {
    expect(pressTop(FIRST, end, 9)).toBeNull();
  }
});
