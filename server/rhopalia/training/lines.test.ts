/** Following a real file: what is appended, however it comes, and what happens to the file itself. */
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { GrowingLines, type LineLimits } from "./lines.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-lines-"));
const open: GrowingLines[] = [];
let files = 0;

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function follow(text: string | null, limits?: LineLimits) {
  const file = path.join(folder, `progress-${String(files++)}`);
  if (text !== null) writeFileSync(file, text);
  const lines = new GrowingLines(file, limits);
  open.push(lines);
  return { file, lines };
}

describe("following a file", () => {
  test("gives each line once, and knows without reading whether there is more", async () => {
    const { file, lines } = follow("one\ntwo\n");
    expect((await lines.read()).lines).toEqual(["one", "two"]);
    expect(await lines.changed()).toBe(false);
    expect((await lines.read()).lines).toEqual([]);
    appendFileSync(file, "three\n\n");
    expect(await lines.changed()).toBe(true);
    expect((await lines.read()).lines).toEqual(["three"]);
  });

  test("waits for the end of a line that is half written, in the middle of a letter too", async () => {
    const { file, lines } = follow("");
    const bytes = Buffer.from("épôque\n");
    for (const byte of bytes) {
      expect((await lines.read()).lines).toEqual([]);
      appendFileSync(file, Buffer.from([byte]));
    }
    expect((await lines.read()).lines).toEqual(["épôque"]);
  });

  test("begins near the end of a file that was there before, at a whole line", async () => {
    const { lines } = follow(`${"old line\n".repeat(1000)}last\n`, { tailBytes: 20 });
    expect((await lines.read()).lines).toEqual(["old line", "last"]);
  });

  test("reads a new file of the name from its beginning, and first the rest of the old one", async () => {
    const { file, lines } = follow("one\n");
    await lines.read();
    appendFileSync(file, "two\n");
    renameSync(file, `${file}.1`);
    writeFileSync(file, "three\nfour\n");
    expect(await lines.changed()).toBe(true);
    expect(await lines.read()).toEqual({ lines: ["two", "three", "four"], tooLong: 0, restarted: true });
  });

  test("begins anew when the file is cut, also when it has grown past the old place since", async () => {
    const { file, lines } = follow("first run, line one\n");
    await lines.read();
    truncateSync(file);
    writeFileSync(file, "b\n");
    expect(await lines.read()).toMatchObject({ lines: ["b"], restarted: true });
    writeFileSync(file, "second run, line one\nsecond run, line two\n");
    expect(await lines.read()).toMatchObject({
      lines: ["second run, line one", "second run, line two"],
      restarted: true,
    });
  });

  test("leaves out a line that never ends, keeps no more of it than allowed, and goes on after it", async () => {
    const { file, lines } = follow("", { lineBytes: 100 });
    await lines.read();
    appendFileSync(file, "x".repeat(300_000));
    expect(await lines.read()).toMatchObject({ lines: [], tooLong: 1 });
    appendFileSync(file, `${"x".repeat(1000)}\ngood\n`);
    expect(await lines.read()).toMatchObject({ lines: ["good"], tooLong: 0 });
  });

  test("takes a flood in pieces", async () => {
    const { lines } = follow("0123456789\n".repeat(30_000), { tailBytes: Infinity, readBytes: 65_536 });
    let count = 0;
    let rounds = 0;
    while (await lines.changed()) {
      count += (await lines.read()).lines.length;
      rounds += 1;
    }
    expect(count).toBe(30_000);
    expect(rounds).toBeGreaterThan(4);
  });

  test("says ENOENT while there is no file, and begins at its beginning when it comes", async () => {
    const { file, lines } = follow(null, { tailBytes: 1 });
    expect(await lines.changed()).toBe(false);
    await expect(lines.read()).rejects.toThrow("ENOENT");
    writeFileSync(file, "one\ntwo\n");
    expect(await lines.changed()).toBe(true);
    expect((await lines.read()).lines).toEqual(["one", "two"]);
  });

  test.runIf(process.platform !== "win32")("does not hang on a pipe, nor read a folder", async () => {
    const pipe = path.join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    for (const wrong of [pipe, folder]) await expect(new GrowingLines(wrong).read()).rejects.toThrow("regular file");
  });

  test("gives exactly what was appended, however it is cut into writes and readings", async () => {
    const line = fc.string({ maxLength: 30 }).map((text) => text.replace(/\s/g, "").concat("."));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 20 }),
        fc.array(fc.nat(20), { maxLength: 60 }),
        async (all, cuts) => {
          const { file, lines } = follow("");
          const bytes = Buffer.from(all.map((one) => `${one}\n`).join(""));
          const found: string[] = [];
          let at = 0;
          for (const cut of cuts) {
            appendFileSync(file, bytes.subarray(at, at + cut));
            at += cut;
            found.push(...(await lines.read()).lines);
          }
          appendFileSync(file, bytes.subarray(at));
          found.push(...(await lines.read()).lines);
          expect(found).toEqual(all.map((one) => one.toWellFormed()));
          await lines.close();
        },
      ),
      { numRuns: 50, seed: 7 },
    );
  });
});
