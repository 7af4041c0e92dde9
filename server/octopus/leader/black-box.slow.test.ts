/** What a kernel writes of the cell that it runs is read whole or not at all, and from a file of this user's own only. */
import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BlackBox } from "./black-box.ts";

const BYTES = 65_536;
let folder = "";
let file = "";

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gorgon-box-"));
  file = path.join(folder, "kernel-12-1700000000000.running");
  write("");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As the package does it: a line, and zeros. */
function write(line: string, to = file): void {
  const bytes = Buffer.alloc(BYTES);
  if (line !== "") bytes.write(`${line}\n`);
  if (!existsSync(to)) writeFileSync(to, "", { mode: 0o600 });
  const handle = openSync(to, "r+");
  writeSync(handle, bytes, 0, BYTES, 0);
  closeSync(handle);
}

function opened(): BlackBox {
  const box = BlackBox.open(file);
  if (typeof box === "string") throw new Error(box);
  return box;
}

it("says what is written there, and nothing once it is closed", () => {
  const box = opened();
  expect(box.read()).toBe("");
  write('{"startedAt":1}');
  expect([box.read(), box.read()]).toEqual(['{"startedAt":1}', '{"startedAt":1}']);
  write(`{"startedAt":${"2".repeat(5000)}}`);
  expect(box.read()).toBe(`{"startedAt":${"2".repeat(5000)}}`);
  write('{"startedAt":3}');
  expect(box.read()).toBe('{"startedAt":3}');
  write("");
  expect(box.read()).toBe("");
  box.close();
  expect(box.read()).toBeNull();
  box.close();
});

it("can be read when its name is gone, and says nothing of what is no line", () => {
  const box = opened();
  const handle = openSync(file, "r+");
  unlinkSync(file);
  writeSync(handle, `{"startedAt":${"1".repeat(BYTES)}`.slice(0, BYTES), 0);
  expect(box.read()).toBe("");
  writeSync(handle, '{"startedAt":4}\n', 0);
  closeSync(handle);
  expect(box.read()).toBe('{"startedAt":4}');
  box.close();
});

it("is never read in halves while a program writes on and on", async () => {
  const box = opened();
  const writer = spawn(process.execPath, [
    "-e",
    `const fs = require("fs"); const file = fs.openSync(${JSON.stringify(file)}, "r+");
     const text = (one) => Buffer.from(JSON.stringify({ text: one.repeat(4000) }) + "\\n");
     const [a, b] = [text("a"), text("b")];
     for (;;) for (const one of [a, b]) {
       fs.writeSync(file, Buffer.alloc(1), 0, 1, 0);
       for (let at = 1; at < one.length; at += 100) fs.writeSync(file, one, at, Math.min(100, one.length - at), at);
       fs.writeSync(file, one, 0, 1, 0);
     }`,
  ]);
  try {
    const seen = new Set<string>();
    for (let looked = 0; seen.size < 2 || looked < 2000; looked++) {
      const text = box.read();
      if (text !== null && text !== "") seen.add(text);
      if (looked % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect([...seen].map((one) => JSON.parse(one) as unknown).sort()).toHaveLength(2);
  } finally {
    writer.kill("SIGKILL");
    box.close();
  }
});

it.each<readonly [string, () => string, string]>([
  ["another name", () => (renameSync(file, path.join(folder, "id_rsa")), path.join(folder, "id_rsa")), "no file of a"],
  ["a relative path", () => path.basename(file), "no file of a kernel's package"],
  ["no file", () => path.join(folder, "kernel-1-1.running"), "ENOENT"],
  ["a file that others may read", () => (chmodSync(file, 0o644), file), "is open to others"],
  ["a file of another size", () => (truncateSync(file, 100), file), "is not what a kernel's package makes"],
  [
    "a link to a file",
    () => {
      const other = path.join(folder, "kernel-13-1.running");
      symlinkSync(file, other);
      return other;
    },
    "is a symbolic link",
  ],
  ["a folder", () => (rmSync(file), mkdirSync(file, { mode: 0o700 }), file), "is not what a kernel's package makes"],
])("is not opened where it is %s", (_, make, words) => {
  expect(BlackBox.open(make())).toContain(words);
});

it.runIf(process.getuid?.() === 0)("is not opened where it is another user's", async () => {
  const { chownSync } = await import("node:fs");
  chownSync(file, 65_534, 65_534);
  expect(BlackBox.open(file)).toContain("belongs to another user");
  // Another name of a file does not make it one's own.
  const other = path.join(folder, "kernel-14-1.running");
  linkSync(file, other);
  expect(BlackBox.open(other)).toContain("belongs to another user");
});
