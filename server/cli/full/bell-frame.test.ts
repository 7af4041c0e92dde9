import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import type { WorkerState } from "../../../protocol/state.ts";
import { widthOf } from "../../bell/columns.ts";
import type { TerminalStyle } from "../../bell/terminal-style.ts";
import { bellFrame } from "./bell-frame.ts";
import { alert, busyState, NOW, plain, row, silence } from "./testing.ts";
import { TRAIL_MS, Trail } from "./trail.ts";
import { type BellView, FIRST_VIEW } from "./view.ts";

/** A minute of memory that rises and a CPU that has peaks. */
function trail(): Trail {
  const one = new Trail();
  for (let second = 300; second >= 0; second -= 5) {
    const time = NOW - second * 1000;
    one.put(Trail.of({ origin: "built in", id: "cpu" }), time, second % 60 < 15 ? 0.9 : 0.2);
    one.put(Trail.of({ origin: "built in", id: "memory" }), time, 0.81 - second / 600);
    if (second < 100) one.put(Trail.of({ origin: "built in", id: "disk" }), time, 0.96);
  }
  return one;
}

function frame(rows: number, columns: number, over: Partial<BellView> = {}, state: WorkerState | null = busyState()) {
  return draw(rows, plain(columns), over, state);
}

function draw(rows: number, style: TerminalStyle, over: Partial<BellView>, state: WorkerState | null) {
  return bellFrame({ state, trail: trail(), view: { ...FIRST_VIEW, ...over }, rows, whose: "", hasKeys: true }, style);
}

describe("the bell's screen", () => {
  test("on a usual terminal", () => {
    expect(frame(24, 80)).toMatchInlineSnapshot(`
      [
        "■ CRIT 2 things need attention: disk /data is nearly full: 96.0 %; memory is",
        "       getting short: 81.0 %",
        "",
        "● OK    CPU         34.2 %  ▂▂▂▇▇▂▂▂▇▇▂▂▂▂▇▂▂▂▂▇▇▂▂▂▇▇",
        "▲ WARN  Memory      81.0 %  ▃▃▃▃▃▃▄▄▄▄▄▄▅▅▅▅▅▅▅▆▆▆▆▆▆▆  81.0 % is at or over 80…",
        "■ CRIT  Disk /data  96.0 %  ·················█████████  96.0 % is at or over 95…",
        "",
        "3 open alerts, 2 of them quiet",
        "▸ ■ CRIT Disk /data is nearly full: 96.0 %                                12 min",
        "    rule disk · since 2026-01-01 12:18 UTC · system.filesystem.mountpoint=/data",
        "  ▲ WARN Memory is getting short: 81.0 %                      12 min, seen by mo",
        "  ▲ WARN CPU is busy: 75.0 %                                      pending 13 min",
        "",
        " PID      CPU    MEMORY        DISK  THREADS  PROCESS",
        " 811  148.0 %   237 MiB  2.00 KiB/s       11  node bench.ts",
        "4711   50.0 %  1.17 GiB       0 B/s       24  python3 train.py",
        "  12        –  8.00 MiB           –        –  編集器",
        "",
        "load 0.42 on 2 cores · memory 2.00 GiB of 8.00 GiB · network ↓ 2.00 KiB/s ↑ –",
        "pressure cpu 1.0 % memory 0.0 % io 0.0 %",
        "Gorgon 0.4 % of a core · 64.0 MiB · every 2 s on here · 12:30:15 UTC",
        "",
        "",
        "q quit · ? help · j k choose · a acknowledge · s silence · graphs: last 5 min",
      ]
    `);
  });

  test("on a wide one", () => {
    expect(frame(26, 120)).toMatchInlineSnapshot(`
      [
        "■ CRIT 2 things need attention: disk /data is nearly full: 96.0 %; memory is getting short: 81.0 %",
        "",
        "● OK    CPU         34.2 %  ▂▂▂▂▂▂▇▇▇▂▂▂▂▂▂▂▇▇▂▂▂▂▂▂▂▇▇▂▂▂▂▂▂▂▇▇▇▂▂▂▂▂▂▇▇▇",
        "▲ WARN  Memory      81.0 %  ▃▃▃▃▃▃▃▃▃▃▃▄▄▄▄▄▄▄▄▄▄▄▄▅▅▅▅▅▅▅▅▅▅▅▆▆▆▆▆▆▆▆▆▆▆▆  81.0 % is at or over 80 %",
        "■ CRIT  Disk /data  96.0 %  ······························████████████████  96.0 % is at or over 95 %",
        "",
        "3 open alerts, 2 of them quiet",
        "▸ ■ CRIT Disk /data is nearly full: 96.0 %                                                                        12 min",
        "    rule disk · since 2026-01-01 12:18 UTC · system.filesystem.mountpoint=/data",
        "  ▲ WARN Memory is getting short: 81.0 %                                                              12 min, seen by mo",
        "  ▲ WARN CPU is busy: 75.0 %                                                                              pending 13 min",
        "",
        " PID      CPU    MEMORY        DISK  THREADS  PROCESS",
        " 811  148.0 %   237 MiB  2.00 KiB/s       11  node bench.ts",
        "4711   50.0 %  1.17 GiB       0 B/s       24  python3 train.py",
        "  12        –  8.00 MiB           –        –  編集器",
        "",
        "load 0.42 on 2 cores · memory 2.00 GiB of 8.00 GiB · network ↓ 2.00 KiB/s ↑ – · pressure cpu 1.0 % memory 0.0 % io 0.0 %",
        "Gorgon 0.4 % of a core · 64.0 MiB · every 2 s on here · 12:30:15 UTC",
        "",
        "",
        "",
        "",
        "",
        "",
        "q quit · ? help · j k choose · a acknowledge · s silence · graphs: last 5 min",
      ]
    `);
  });

  test("on the smallest one keeps level, values, the worst alert, cost and the way out", () => {
    expect(frame(10, 40)).toMatchInlineSnapshot(`
      [
        "■ CRIT 2 things need attention: disk /d…",
        "● OK   CPU        34.2 % ▂▂▇▂▂▇▂▂▇▂▂▇▂▂▇",
        "▲ WARN Memory     81.0 % ▃▃▃▄▄▄▄▅▅▅▅▆▆▆▆",
        "■ CRIT Disk /data 96.0 % ·········██████",
        "3 open alerts, 2 of them quiet",
        "▸ ■ CRIT Disk /data is nearly f…  12 min",
        "  ▲ WARN Memory is getting short: 81.0 %",
        "load 0.42 on 2 cores",
        "Gorgon 0.4 % of a core · 64.0 MiB",
        "q quit · ? help · j k choose",
      ]
    `);
  });

  test("with its help, where an alert is chosen", () => {
    expect(frame(16, 60, { help: true, selected: "here/b" })).toMatchInlineSnapshot(`
      [
        "■ CRIT 2 things need attention: disk /data is nearly full: …",
        "● OK    CPU         34.2 %  ▂▂▇▂▂▇▇▂▇▇▂▂▇▂▂▇",
        "▲ WARN  Memory      81.0 %  ▃▃▃▃▄▄▄▄▅▅▅▅▆▆▆▆  81.0 % is at …",
        "■ CRIT  Disk /data  96.0 %  ··········██████  96.0 % is at …",
        "3 open alerts, 2 of them quiet",
        "  ■ CRIT Disk /data is nearly full: 96.0 %            12 min",
        "▸ ▲ WARN Memory is getting short: 81.0 %  12 min, seen by mo",
        "    rule memory · since 2026-01-01 12:18 UTC",
        "  ▲ WARN CPU is busy: 75.0 %                  pending 13 min",
        "PID      CPU   MEMORY        DISK  THREADS  PROCESS",
        "811  148.0 %  237 MiB  2.00 KiB/s       11  node bench.ts",
        "q Esc Ctrl+C  quit",
        "j k ↑ ↓       choose an alert",
        "a             acknowledge, or take back",
        "s             silence, or end a silence",
        "q quit · ? help · j k choose · a acknowledge · s silence",
      ]
    `);
  });

  test("before the first reading", () => {
    expect(frame(4, 40, {}, null)).toEqual([
      "◌ Starting: waiting for the first readi…",
      "",
      "",
      "q quit · ? help · graphs: last 5 min",
    ]);
  });

  test("says so when no alert is open", () => {
    const state = busyState();
    const calm = { ...state, bell: { ...state.bell, alerts: [] } };
    const lines = frame(24, 80, {}, calm);
    expect(lines).toContain("No open alerts");
    expect(lines.at(-1)).toBe("q quit · ? help · graphs: last 5 min");
  });

  test("asks before it does anything, and names what it is about", () => {
    const one = alert("a");
    const last = (view: Partial<BellView>) => frame(24, 100, view).at(-1);
    expect(last({ question: { about: "acknowledge", alert: one, undo: false } })).toBe(
      "Acknowledge? y yes, any other key no: Disk /data is nearly full: 96.0 %",
    );
    expect(last({ question: { about: "silence", alert: one } })).toBe(
      "Silence for h 1 hour, 8 8 hours, d 1 day; any other key no: Disk /data is nearly full: 96.0 %",
    );
    expect(last({ question: { about: "endSilence", alert: one, silence: silence("s") } })).toBe(
      "End the silence, which would last 1 h more? y yes, any other key no: Disk /data is nearly full: 96.…",
    );
    expect(last({ message: "Done." })).toBe("Done.");
  });

  test.each([
    [3, 20],
    [5, 20],
    [10, 40],
    [16, 59],
    [24, 60],
    [24, 80],
    [50, 200],
  ])("on %d lines of %d columns fills them and goes over no edge", (rows, columns) => {
    for (const help of [false, true]) {
      const lines = frame(rows, columns, { help });
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
  });

  test("keeps the chosen alert in sight among many", () => {
    const state = busyState();
    const alerts = Array.from({ length: 50 }, (_, index) =>
      alert(`n${String(index)}`, { message: `Alert ${String(index)}` }),
    );
    const many = { ...state, bell: { ...state.bell, alerts } };
    for (const chosen of [0, 25, 49]) {
      const lines = frame(24, 80, { selected: `here/n${String(chosen)}` }, many);
      expect(lines.filter((line) => line.startsWith("▸"))).toEqual([
        expect.stringContaining(`Alert ${String(chosen)} `),
      ]);
    }
  });

  test("says by colour only what it says by words too", () => {
    const coloured = draw(24, { ...plain(80), colour: true }, {}, busyState());
    expect(coloured.join("")).toContain("\u001b[31;1m");
    expect(coloured.map((line) => stripVTControlCharacters(line))).toEqual(frame(24, 80));
  });

  test("shows names, labels and messages from outside without obeying them", () => {
    const state = busyState();
    const evil = "\u001b]0;x\u0007\u001b[2J\r\n\u009b1m\u202e日本";
    const alerts = [
      alert("a", { message: evil, labels: { [evil]: evil }, acknowledged: { by: evil, at: 0, note: evil } }),
    ];
    const bad = {
      ...state,
      node: evil,
      bell: { ...state.bell, headline: evil, alerts },
      processes: { time: NOW, intervalMs: 1, rows: [row(1, evil, { detail: evil })] },
      problems: [{ source: evil, key: evil, value: evil, message: evil }],
    };
    const question = { about: "silence", alert: alerts[0] ?? alert("a") } as const;
    for (const view of [{}, { question }, { message: evil }]) {
      for (const line of frame(30, 80, view, bad)) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });

  test("is ASCII where there is nothing else, but for names", () => {
    const state = busyState();
    const lines = draw(24, { ...plain(30), unicode: false }, {}, { ...state, processes: null });
    expect(lines.join("\n")).toMatch(/^[\n -~]*$/);
  });
});

test("the last minutes are those that the screen names", () => {
  expect(TRAIL_MS).toBe(5 * 60_000);
});
