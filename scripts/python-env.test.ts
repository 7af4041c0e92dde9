/** Where no Python can make an environment, it is said in words what to install. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { here } from "../test/platforms.ts";
import { findPython, openToAll } from "./python-env.ts";

const scratch = mkdtempSync(path.join(tmpdir(), "gorgon-python-env-"));

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** A machine whose only Python answers so. */
function machine(version: string, exitCode: number): NodeJS.ProcessEnv {
  const folder = mkdtempSync(path.join(scratch, "bin-"));
  const text = `#!/bin/sh\necho ${folder}/python3\necho ${version}\nexit ${String(exitCode)}\n`;
  writeFileSync(path.join(folder, "python3"), text, { mode: 0o755 });
  return { PATH: folder };
}

test("no Python: the message names the package to install", () => {
  expect(() => findPython({ PATH: scratch })).toThrow(/^missing: Python 3\.10 or later \(apt-get install python3/);
});

test.skipIf(!here("linux"))("[linux] a Python that is too old is named with its version", () => {
  expect(() => findPython(machine("3.8.20", 0))).toThrow(/^missing: Python 3\.10 or later.*python3 is 3\.8\.20/);
});

test.skipIf(!here("linux"))("[linux] a Python without its venv module is told apart from none", () => {
  expect(() => findPython(machine("3.11.2", 1))).toThrow(/^missing: the venv module of .*apt-get install python3-venv/);
});

test.skipIf(!here("linux"))("[linux] the first that is new enough is taken", () => {
  expect(findPython(machine("3.13.0", 0)).version).toBe("3.13.0");
});

test.skipIf(!here("linux"))("[linux] one in somebody's own folder is not taken where every account must run it", () => {
  expect(openToAll("/usr/bin/env")).toBe(true);
  const closed = machine("3.13.0", 0);
  expect(() => findPython(closed, openToAll)).toThrow(/^missing: a Python that every account can run.*apt-get/);
  // The next of the same name is.
  const open = machine("3.12.0", 0);
  const both = { PATH: `${closed["PATH"] ?? ""}:${open["PATH"] ?? ""}` };
  expect(findPython(both, (file) => file.startsWith(open["PATH"] ?? "")).version).toBe("3.12.0");
});
