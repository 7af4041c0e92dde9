/**
 * `npm test`: builds, lints, checks types and runs every suite, each as a process of its own. Ends with one line that
 * counts all of it. A test ends as passed, failed, missing (something installable is not there; a failure under
 * GORGON_REQUIRE_ALL=1) or not on this platform (only what test/platforms.ts lists).
 * `npm test -- unit types` runs only the named steps.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { PLATFORM_NEEDS } from "../test/platforms.ts";
import { PythonMissing, pythonEnv } from "./python-env.ts";
import { readResults, type CaseResult } from "./results.ts";

const root = path.dirname(import.meta.dirname);
const artifacts = path.join(root, "test", "artifacts");
const modules = path.join(root, "node_modules");
const requireAll = process.env["GORGON_REQUIRE_ALL"] === "1";

/** One step: a command that passes or fails as a whole, or a suite that leaves a results file. */
interface Step {
  readonly name: string;
  readonly args: readonly string[];
  /** Whether it runs kernels, in the environment that scripts/python-env.ts makes. */
  readonly python?: boolean;
  /** The suite's results; absent: the exit code is the one result. */
  readonly results?: string;
}

const tool = (file: string, ...args: string[]): string[] => [path.join(modules, file), ...args];
const resultsFile = (name: string): string => path.join(artifacts, `${name}.json`);

function suite(name: string, more: Pick<Step, "python"> = {}): Step {
  const args = [
    "run",
    "--project",
    name,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${resultsFile(name)}`,
  ];
  return { name, args: tool("vitest/vitest.mjs", ...args), results: resultsFile(name), ...more };
}

/** In the order in which a failure is cheapest to learn. */
const STEPS: readonly Step[] = [
  { name: "build", args: ["scripts/build.ts"] },
  { name: "types", args: tool("typescript/bin/tsc", "-p", ".") },
  { name: "types-webview", args: tool("typescript/bin/tsc", "-p", "webview") },
  { name: "format", args: tool("prettier/bin/prettier.cjs", "--check", "--log-level=warn", ".") },
  // The front end of jupyter/ is linted in a step of its own: its types are installed there.
  {
    name: "lint",
    args: tool("eslint/bin/eslint.js", ".", "--ignore-pattern", "jupyter/src/**", "--max-warnings=0"),
  },
  suite("unit"),
  suite("parts", { python: true }),
  { name: "jupyter", args: ["scripts/jupyter.ts", resultsFile("jupyter")], results: resultsFile("jupyter") },
  { name: "front", args: ["scripts/front.ts", resultsFile("front")], results: resultsFile("front") },
  suite("protocol"),
  suite("integration", { python: true }),
  suite("torture"),
  { name: "package", args: ["scripts/package.ts"] },
  { name: "in-host", args: ["test/workbench/run-suite.ts", resultsFile("in-host")], results: resultsFile("in-host") },
  suite("e2e", { python: true }),
  suite("lab", { python: true }),
];

/** Runs a program to its end with this terminal; answers its exit code. */
function run(args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/** Makes the environment for kernels. Where that cannot be done the tests that need it say what is missing. */
async function preparePython(): Promise<void> {
  try {
    await pythonEnv("test");
  } catch (error) {
    if (!(error instanceof PythonMissing)) throw error;
    console.error(error.message);
  }
}

/** A skipped test is allowed only for a need on the list that does not apply here. */
function allowedSkip(title: string): boolean {
  const id = /\[([a-z-]+)\]/.exec(title)?.[1];
  return PLATFORM_NEEDS.some((need) => need.id === id && !need.applies());
}

/** Runs a step and says how each of its cases ended. */
async function perform(step: Step): Promise<CaseResult[]> {
  if (step.results) rmSync(step.results, { force: true });
  const code = await run(step.args);
  if (!step.results) {
    return [{ title: step.name, status: code === 0 ? "passed" : "failed", message: `exit code ${String(code)}` }];
  }
  let cases: CaseResult[];
  try {
    cases = readResults(readFileSync(step.results, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [{ title: step.name, status: "failed", message: `left no results (exit code ${String(code)}): ${reason}` }];
  }
  // A suite that ran nothing, or that broke outside of its tests, has not passed.
  if (cases.length === 0) cases.push({ title: step.name, status: "failed", message: "ran no test" });
  if (code !== 0 && !cases.some((one) => one.status === "failed" || one.status === "missing")) {
    cases.push({ title: step.name, status: "failed", message: `exit code ${String(code)} although no test failed` });
  }
  return cases.map((one) => {
    if (one.status === "skipped" && !allowedSkip(one.title)) {
      return { ...one, status: "failed", message: "skipped, but not for a need listed in test/platforms.ts" };
    }
    return one.status === "missing" && requireAll ? { ...one, status: "failed" } : one;
  });
}

mkdirSync(artifacts, { recursive: true });
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`No such step: ${unknown.join(", ")}. Steps: ${STEPS.map((step) => step.name).join(", ")}.`);
  process.exit(2);
}

const all: CaseResult[] = [];
const lines: string[] = [];
for (const step of STEPS) {
  if (wanted.length > 0 && !wanted.includes(step.name)) continue;
  if (step.python === true) await preparePython();
  console.log(`\n=== ${step.name}`);
  const began = performance.now();
  const cases = await perform(step);
  const count = (status: CaseResult["status"]): number => cases.filter((one) => one.status === status).length;
  const failed = count("failed");
  const idle = count("skipped") + count("missing");
  lines.push(
    `${failed > 0 ? "FAIL" : "ok  "} ${step.name.padEnd(14)} ${String(count("passed")).padStart(4)} passed` +
      `${failed > 0 ? `, ${String(failed)} failed` : ""}${idle > 0 ? `, ${String(idle)} skipped` : ""}` +
      `  ${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
  all.push(...cases);
  if (step.name === "build" && failed > 0) break; // nothing after it could mean anything
}

console.log(`\n${lines.join("\n")}`);
for (const one of all)
  if (one.status === "failed") console.log(`failed   ${one.title}: ${one.message.split("\n")[0] ?? ""}`);
for (const message of new Set(all.filter((one) => one.status === "missing").map((one) => one.message))) {
  console.log(`missing  ${message.replace(/^missing:\s*/, "").split("\n")[0] ?? ""}`);
}
for (const need of PLATFORM_NEEDS) {
  const skipped = all.filter((one) => one.status === "skipped" && one.title.includes(`[${need.id}]`)).length;
  if (!need.applies()) console.log(`not on this platform  ${need.id}: ${need.reason} (${String(skipped)} tests)`);
}
const failed = all.filter((one) => one.status === "failed").length;
const passed = all.filter((one) => one.status === "passed").length;
console.log(`\n${String(passed)} passed, ${String(failed)} failed, ${String(all.length - passed - failed)} skipped`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
