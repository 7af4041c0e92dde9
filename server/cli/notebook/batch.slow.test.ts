/** Runs of notebooks without a front end, by nbclient and by papermill, leave a log that the report reads. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import type { CellRecord } from "../../../protocol/cell.ts";
import { measureOf } from "../../../protocol/cell-words.ts";
import { testPython } from "../../../test/python.ts";
import { runCli } from "../cli.ts";
import { writeNotebook } from "./testing.ts";

const jupyter = path.resolve(import.meta.dirname, "../../../jupyter");
const scratch = mkdtempSync(path.join(tmpdir(), "gorgon-batch-"));
const MIB = 2 ** 20;

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs a notebook as a job does, with the extension named in IPython's configuration and no magic in any cell. */
function runNotebook(runner: string, sources: readonly string[]): { home: string; done: string; log: string } {
  const home = mkdtempSync(path.join(scratch, `${runner}-`));
  const profile = path.join(home, "ipython", "profile_default");
  mkdirSync(profile, { recursive: true });
  writeFileSync(path.join(profile, "ipython_config.py"), 'c.InteractiveShellApp.extensions = ["gorgon"]\n');
  const [input, done, log] = ["in.ipynb", "out.ipynb", "cells.jsonl"].map((name) => path.join(home, name)) as [
    string,
    string,
    string,
  ];
  writeNotebook(
    home,
    sources.map((source) => ({ source })),
    "in.ipynb",
  );
  const env = {
    ...process.env,
    ...{ HOME: home, IPYTHONDIR: path.join(home, "ipython"), PYTHONPATH: jupyter, GORGON_LOG: log },
  };
  execFileSync(testPython(), [path.join(import.meta.dirname, "in-batch.py"), runner, input, done], {
    env,
    stdio: "pipe",
  });
  return { home, done, log };
}

test.each(["nbclient", "papermill"])("%s", async (runner) => {
  const sources = ["megabytes = 64", "text = b'x' * (megabytes << 20)\nlen(text)", "del text"];
  const { home, done, log } = runNotebook(runner, sources);
  const records = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as CellRecord);
  const big = Math.max(...records.map((record) => measureOf(record, "peakDeltaBytes")?.value ?? 0));
  expect(big / MIB).toBeGreaterThan(63);
  expect(big / MIB).toBeLessThan(66);
  expect(readFileSync(log, "utf8")).not.toContain("megabytes");
  expect(statSync(log).mode & 0o777).toBe(0o600);

  let out = "";
  const stdout = { write: (text: string) => (out += text) };
  const args = ["notebook", "report", done, "--log", log, "-o", "-", "--format", "md"];
  expect(await runCli(args, { stdout, stderr: { write: () => true }, env: { HOME: home }, isTTY: false })).toBe(0);
  // papermill puts in a cell of its own for the parameters.
  const count = runner === "papermill" ? 4 : 3;
  expect(out).toContain(`${String(count)} of ${String(count)} code cells measured`);
});
