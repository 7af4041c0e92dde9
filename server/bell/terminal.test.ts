import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { widthOf, wrap, cut } from "./columns.ts";
import { Screen } from "./screen.ts";
import { renderBell, renderStarting } from "./terminal.ts";
import { styleOf, type TerminalStyle } from "./terminal-style.ts";
import { stateWith, verdict } from "./testing.ts";

const PLAIN: TerminalStyle = { colour: false, unicode: true, live: false, columns: 100 };

const STATE = stateWith(
  [
    verdict("cpu", "OK", 0.342),
    verdict("memory", "WARN", 0.81, { reason: "81.0 % is at or over 80 %" }),
    verdict("disk", "CRIT", 0.96, {
      reason: "96.0 % is at or over 95 %",
      attributes: { "system.filesystem.mountpoint": "/data" },
    }),
    verdict("swap", "UNKNOWN", null, { reason: "no news for 12 s, expected every 2 s" }),
  ],
  "CRIT",
  "2 things need attention: disk /data is nearly full: 96.0 %; memory is getting short: 81.0 %",
);

const ESCAPE = "\u001b";

describe("the terminal face", () => {
  test("says what is the matter first, then every rule in columns, then what Gorgon costs", () => {
    expect(renderBell(STATE, PLAIN)).toEqual([
      "■ CRIT 2 things need attention: disk /data is nearly full: 96.0 %; memory is getting short: 81.0 %",
      "",
      "● OK       CPU         34.2 %  ██████████▉···········┆·····┃···",
      "▲ WARN     Memory      81.0 %  ██████████████████████┆██▉··┃···  81.0 % is at or over 80 %",
      "■ CRIT     Disk /data  96.0 %  ██████████████████████┆█████┃█▋·  96.0 % is at or over 95 %",
      "◌ UNKNOWN  Swap             –  ······················┆·····┃···",
      "           no news for 12 s, expected every 2 s",
      "",
      "load 0.42 on 2 cores · memory 2.00 GiB of 8.00 GiB · network ↓ 2.00 KiB/s ↑ –",
      "pressure cpu 1.0 % memory 0.0 % io 0.0 %",
      "Gorgon 0.4 % of a core · 64.0 MiB · every 2 s on here · 12:30:15 UTC",
    ]);
  });

  test("carries the level by shape and word, so that colour only repeats it", () => {
    const coloured = renderBell(STATE, { ...PLAIN, colour: true }).join("\n");
    expect(coloured).toContain(`${ESCAPE}[31;1m`);
    expect(stripVTControlCharacters(coloured)).toBe(renderBell(STATE, PLAIN).join("\n"));
  });

  test.each([20, 30, 40, 59, 60, 79, 80, 120, 200])("never writes over the edge of %d columns", (columns) => {
    for (const line of renderBell(STATE, { ...PLAIN, columns })) expect(widthOf(line)).toBeLessThanOrEqual(columns);
  });

  test("drops the bars and puts reasons below where it is narrow", () => {
    const lines = renderBell(STATE, { ...PLAIN, columns: 40 });
    expect(lines).toContain("▲ WARN Memory 81.0 %");
    expect(lines).toContain("    81.0 % is at or over 80 %");
    expect(lines.join("")).not.toMatch(/[█·]{3}/);
  });

  test("writes ASCII alone where there is nothing else", () => {
    const text = renderBell(STATE, { ...PLAIN, unicode: false }).join("\n");
    expect(text).toMatch(/^[\n -~]*$/);
    expect(text).toContain("? UNKNOWN  Swap             -");
  });

  test("shows names and reasons from outside without obeying them", () => {
    const evil = stateWith(
      [verdict("x", "UNKNOWN", null, { title: `a${ESCAPE}[2Jb`, reason: `c\r\nd${ESCAPE}]0;e\u0007` })],
      "UNKNOWN",
      `f${ESCAPE}c`,
    );
    for (const line of renderBell({ ...evil, node: "n\u009b1m" }, PLAIN)) expect(line).not.toMatch(/\p{Cc}/u);
  });

  test("names settings that were refused", () => {
    const problems = [{ source: "/x.yaml", key: "interval", value: "0", message: "interval must be more." }];
    expect(renderBell({ ...STATE, problems }, PLAIN).at(-1)).toBe("/x.yaml: interval: interval must be more.");
  });

  test("has words for the time before the first reading", () => {
    expect(renderStarting(PLAIN)).toEqual(["◌ Starting: waiting for the first readings"]);
  });
});

describe("the style of a terminal", () => {
  const tty = { isTTY: true, columns: 80 };

  test.each([
    [{}, true],
    [{ NO_COLOR: "1" }, false],
    [{ NO_COLOR: "" }, true],
    [{ TERM: "dumb" }, false],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true],
    [{ FORCE_COLOR: "0" }, false],
  ])("with %j has colour: %s", (env, colour) => {
    expect(styleOf({ env, ...tty }).colour).toBe(colour);
  });

  test("without a terminal has no colour unless that is forced, and is never redrawn", () => {
    expect(styleOf({ env: {}, isTTY: false })).toMatchObject({ colour: false, live: false, columns: 100 });
    expect(styleOf({ env: { FORCE_COLOR: "1" }, isTTY: false })).toMatchObject({ colour: true, live: false });
  });

  test("is not redrawn where the cursor cannot be moved", () => {
    expect(styleOf({ env: { TERM: "dumb" }, ...tty }).live).toBe(false);
    expect(styleOf({ env: { TERM: "xterm", NO_COLOR: "1" }, ...tty }).live).toBe(true);
  });

  test("is ASCII in a locale that is not UTF-8", () => {
    expect(styleOf({ env: { LC_ALL: "C" }, ...tty }).unicode).toBe(false);
    expect(styleOf({ env: { LANG: "de_DE.UTF-8" }, ...tty }).unicode).toBe(true);
    expect(styleOf({ env: {}, ...tty }).unicode).toBe(true);
  });

  test("takes no width from a terminal that does not know its own", () => {
    expect(styleOf({ env: {}, isTTY: true, columns: 0 }).columns).toBe(100);
    expect(styleOf({ env: {}, isTTY: true, columns: 3 }).columns).toBe(20);
  });
});

describe("columns", () => {
  test("count wide letters twice and combining ones not at all", () => {
    expect(widthOf("日本")).toBe(4);
    expect(widthOf("、。ー￥")).toBe(8);
    expect(widthOf("ｱｲｳ")).toBe(3);
    expect(widthOf("☀\uFE0F")).toBe(2);
    expect(widthOf("e\u0301")).toBe(1);
    expect(cut("日本語", 4)).toBe("日…");
  });

  test("break lines between words, and within one that is too long", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrap("an incomprehensible word", 6)).toEqual(["an", "incomp", "rehens", "ible", "word"]);
    expect(wrap("", 6)).toEqual([]);
  });
});

describe("a screen", () => {
  test("draws over its last frame, hides the cursor meanwhile and gives it back once", () => {
    let written = "";
    const screen = new Screen({ write: (text) => (written += text), rows: 24 });
    screen.draw(["a", "b"]);
    expect(written).toBe("\u001b[?25l\ra\u001b[K\nb\u001b[K\n\u001b[J");
    written = "";
    screen.draw(["c"]);
    expect(written).toBe("\u001b[2A\rc\u001b[K\n\u001b[J");
    written = "";
    screen.end();
    screen.end();
    screen.draw(["late"]);
    expect(written).toBe("\u001b[?25h");
  });

  test("draws no more lines than the terminal has, lest it scroll", () => {
    let written = "";
    const screen = new Screen({ write: (text) => (written += text), rows: 4 });
    screen.draw(["1", "2", "3", "4", "5"]);
    expect(written.match(/\n/g)).toHaveLength(3);
  });

  test("that never drew leaves the terminal alone", () => {
    let written = "";
    new Screen({ write: (text) => (written += text) }).end();
    expect(written).toBe("");
  });
});
