/** The kernels' package in dist/: the same files make the same zip, and nothing but Python is in it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import JSZip from "jszip";
import { afterAll, expect, test } from "vitest";
import { copyPython, pythonFiles } from "./python-files.ts";

const scratch = mkdtempSync(path.join(tmpdir(), "gorgon-python-files-"));
const from = path.join(scratch, "gorgon");
const FILES = [
  "__init__.py",
  "meter/linux.py",
  "meter/__pycache__/linux.cpython-311.pyc",
  "py.typed",
  "tests/x.py",
  "server/app.py",
];

for (const file of FILES) {
  mkdirSync(path.dirname(path.join(from, file)), { recursive: true });
  writeFileSync(path.join(from, file), `# ${file}\n`);
}

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

test("Python files alone are taken, in order, without caches, tests and what a Jupyter server runs", () => {
  expect(pythonFiles(from)).toEqual(["__init__.py", "meter/linux.py"]);
});

test("the zip holds one folder, and is the same whenever it is made", async () => {
  const made = async (name: string, time: Date) => {
    utimesSync(path.join(from, "__init__.py"), time, time);
    const to = path.join(scratch, name);
    await copyPython(from, to);
    return readFileSync(path.join(to, "gorgon.zip"));
  };
  const first = await made("first", new Date("2001-02-03T04:05:06Z"));
  expect(await made("second", new Date("2021-12-13T14:15:16Z"))).toEqual(first);
  const zip = await JSZip.loadAsync(first);
  expect(Object.keys(zip.files)).toEqual(["gorgon/__init__.py", "gorgon/meter/linux.py"]);
  expect(await zip.file("gorgon/meter/linux.py")?.async("string")).toBe("# meter/linux.py\n");
  expect(readFileSync(path.join(scratch, "first/gorgon/__init__.py"), "utf8")).toBe("# __init__.py\n");
});
