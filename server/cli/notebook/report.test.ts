/** `gorgon notebook report` on files as front ends write them, and on files that are none. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { nodeHost } from "../../host/node.ts";
import { statePaths } from "../../host/paths.ts";
import { ChunkStore } from "../../octopus/store/chunk-store.ts";
import { KERNEL } from "../../wire/testing.ts";
import { homes } from "../testing.ts";
import { recordOf, writeNotebook } from "./testing.ts";

const { user, remove } = homes();
afterAll(remove);

const MIB = 2 ** 20;
const peak = (mib: number) => ({
  wallMs: { value: 1500, quality: "exact" as const },
  peakBytes: { value: mib * MIB, quality: "exact" as const },
});

test("records in outputs, metadata and a log are all found, and the page says what the cells cost", async () => {
  const { run, home } = user();
  const file = writeNotebook(home, [
    { source: "import numpy\nx = 1", record: recordOf("import numpy\nx = 1", 1, { measures: peak(100) }) },
    { source: "y = 2", record: recordOf("y = 2", 2, { measures: peak(300) }), kept: "metadata" },
    { source: "z = 3" },
    { source: "never run" },
  ]);
  const log = path.join(home, "cells.jsonl");
  const lines = [1, 2].map((more) => JSON.stringify(recordOf("z = 3", 2 + more, { measures: peak(400 * more) })));
  writeFileSync(log, `${lines.join("\n")}\n{"torn":\n`);
  const { code, out, err } = await run(`notebook report ${file} --log ${log}`);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toBe(`OK: Memory came to at most 50 % of its limit, in Cell 1 · In [1].\n${home}/analysis-cost.html\n`);
  const page = readFileSync(path.join(home, "analysis-cost.html"), "utf8");
  expect(page).toContain("3 of 4 code cells measured");
  expect(page).toContain("300 MiB");
  // The newest run counts; the one before is told beside it.
  expect(page).toContain("800 MiB");
  expect(page).toContain("The run before: 1.5 s, peak 400 MiB.");
  expect(page).toContain("Of the log one line is not the record of a cell.");
  expect(page).toContain("Cell 4: not measured");
  expect(page).not.toContain("numpy");
  expect(statSync(path.join(home, "analysis-cost.html")).mode & 0o777).toBe(0o600);
});

test("the cells' text is in the report only when it is asked for, and never as markup", async () => {
  const { run, home } = user();
  const source = '"</pre><script>alert(1)</script>" # \u202E& `x`';
  const label = "<img src=x onerror=alert(1)>";
  const record = recordOf(source, 1);
  const file = writeNotebook(home, [
    { source, record: { ...record, cell: { ...record.cell, label }, notes: [label] } },
  ]);
  const page = (await run(`notebook report ${file} -o - --source`)).out;
  expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(page).not.toMatch(/<script|<img|\u202E/);
  const text = (await run(`notebook report ${file} -o - --format md --source`)).out;
  expect(text).toContain('``\n"</pre>');
  expect(text.replace(/```[^]*?```/g, "")).not.toMatch(/(?<!\\)<(script|img)/);
});

test("what the worker keeps is found by the hash of the text, of the kernel that ran most of the cells", async () => {
  const { run, home } = user();
  const { history } = await statePaths({ ...nodeHost(), env: { HOME: home } });
  mkdirSync(path.dirname(history), { recursive: true });
  const store = new ChunkStore({ path: history, clock: nodeHost().clock });
  const own = { ...KERNEL, pid: 77 };
  const now = Date.now();
  const times = (ago: number) => ({ startedAt: now - ago - 1000, endedAt: now - ago });
  store.cells.keep([
    recordOf("import os", 1, { id: "own-1", kernel: own, measures: peak(111), ...times(9000) }),
    recordOf("work()", 2, { id: "own-2", kernel: own, measures: peak(222), ...times(8000) }),
    // Another notebook's, later.
    recordOf("import os", 3, { id: "other", measures: peak(333), ...times(1000) }),
  ]);
  await store.close();
  const file = writeNotebook(home, [{ source: "import os" }, { source: "work()" }]);
  const { code, out } = await run(`notebook report ${file} -o - --format md`);
  expect(code).toBe(0);
  expect(out).toContain("kernel 77 on here");
  expect(out).toContain("111 MiB");
  expect(out).not.toContain("333 MiB");
});

test("a notebook without records says how to get them, and no file is written", async () => {
  const { run, home } = user();
  const file = writeNotebook(home, [{ source: "x" }]);
  const { code, err } = await run(`notebook report ${file}`);
  expect(code).toBe(1);
  expect(err).toContain("Nothing is known of what the cells of");
  expect(err).toContain("GORGON_LOG=cells.jsonl");
  expect(existsSync(path.join(home, "analysis-cost.html"))).toBe(false);
});

test.each([
  ["missing.ipynb", null, "There is no file"],
  ["text.ipynb", "not JSON", "it is no JSON"],
  ["list.ipynb", "[1, 2]", "it has no list of cells"],
  ["torn.ipynb", '{"cells": [', "it is no JSON"],
])("%s is refused in words", async (name, text, words) => {
  const { run, home } = user();
  const file = path.join(home, name);
  if (text !== null) writeFileSync(file, text);
  const { code, err } = await run(`notebook report ${file}`);
  expect({ code, said: err.includes(words) }).toEqual({ code: 1, said: true });
  expect(err.split("\n")).toHaveLength(2);
});

test("a log that is not there, a form that is none and a folder as output are told", async () => {
  const { run, home } = user();
  const file = writeNotebook(home, [{ source: "x", record: recordOf("x", 1) }]);
  expect(await run(`notebook report ${file} --log ${home}/no.jsonl`)).toMatchObject({ code: 1 });
  expect(await run(`notebook report ${file} --format pdf`)).toMatchObject({ code: 64 });
  expect(await run(`notebook report ${file} --open maybe`)).toMatchObject({ code: 64 });
  expect(await run(`notebook report ${file} -o ${home}`)).toMatchObject({ code: 64 });
  const nowhere = await run(`notebook report ${file} -o ${home}/no/such.html`);
  expect(nowhere).toMatchObject({ code: 1 });
  expect(nowhere.err).toContain("could not be written");
});

test("cells that are no objects, records of other forms and cells of nbformat 3 are taken as they come", async () => {
  const { run, home } = user();
  const file = path.join(home, "old.ipynb");
  const good = recordOf("x", 1);
  const outputs = [null, 3, { data: { "application/vnd.gorgon.cell.v1+json": { ...good, v: 9 } } }];
  const cells = [
    null,
    7,
    "text",
    { cell_type: "code", input: ["x"], prompt_number: 1, outputs, metadata: { gorgon: [good] } },
  ];
  writeFileSync(file, JSON.stringify({ worksheets: [{ cells }, null] }));
  const { code, out } = await run(`notebook report ${file} -o - --format md`);
  expect(code).toBe(0);
  expect(out).toContain("1 of 1 code cells measured");
  expect(out).toContain("one record is not of a form that is known here");
});

test("two thousand cells are one page", async () => {
  const { run, home } = user();
  const cells = Array.from({ length: 2000 }, (_, index) => {
    const source = `f(${String(index)})`;
    return { source, record: recordOf(source, index + 1) };
  });
  const { code, out } = await run(`notebook report ${writeNotebook(home, cells)} -o -`);
  expect(code).toBe(0);
  expect(out).toContain("2000 of 2000 code cells measured");
  expect(out.match(/<details /g)).toHaveLength(2000);
});

test("a kernel that died is what the report says first, with the reason", async () => {
  const { run, home } = user();
  const reason = "Killed for memory: the group /docker/1 counted one more kill.";
  const died = recordOf("b", 2, { outcome: "died", notes: [reason], by: "outside" });
  const file = writeNotebook(home, [
    { source: "a", record: recordOf("a", 1) },
    { source: "b", record: died },
  ]);
  const { out } = await run(`notebook report ${file} -o -`);
  expect(out).toMatch(/CRIT<\/b> The kernel died in Cell 2 · In \[2\]\.<\/p>\s*<p>Killed for memory/);
});
