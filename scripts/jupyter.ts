/**
 * Checks the Python package: `jupyter.ts RESULTS [pytest's arguments]`. Its lint, format and types count as a case each, its
 * tests one by one, those of the Jupyter server's part in an environment with JupyterLab; all goes to RESULTS as
 * scripts/results.ts reads it.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PythonMissing, pythonEnv } from "./python-env.ts";
import { type CaseResult, readResults } from "./results.ts";

const root = path.dirname(import.meta.dirname);
const jupyter = path.join(root, "jupyter");

/** Where there is Python: the package, and small programs beside the tests and benches that run them. */
const PLACES = [".", "../bench", "../server", "../test"];
const RULES = ["--config", "pyproject.toml"];

const CHECKS: readonly { readonly title: string; readonly args: readonly string[] }[] = [
  { title: "ruff check", args: ["ruff", "check", ...RULES, ...PLACES] },
  { title: "ruff format", args: ["ruff", "format", "--check", ...RULES, ...PLACES] },
  { title: "mypy", args: ["mypy", "gorgon"] },
];

/** Runs a module of the environment in jupyter/ with this terminal; answers its exit code. */
function run(python: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(python, ["-m", ...args], { cwd: jupyter, env, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on("exit", (code) => {
      resolve(code ?? 1);
    });
  });
}

/** The tests that need a Jupyter server. */
const SERVER_TESTS = "tests/server";

/** `name`: of the run, for what it leaves and says. */
async function tests(
  name: string,
  python: string,
  more: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<CaseResult[]> {
  const file = path.join(root, "test", "artifacts", `${name}.json`);
  rmSync(file, { force: true });
  const code = await run(python, ["pytest", "-p", "tests.results", "--results", file, ...more], env);
  let cases: CaseResult[];
  try {
    cases = readResults(readFileSync(file, "utf8"));
  } catch {
    return [{ title: name, status: "failed", message: `left no results (exit code ${String(code)})` }];
  }
  // pytest ends with 1 when a test failed; any other code means that it did not come to its end.
  if (code > 1 || (code === 1 && !cases.some((one) => one.status === "failed"))) {
    cases.push({ title: name, status: "failed", message: `exit code ${String(code)}` });
  }
  if (!cases.some((one) => one.status === "passed")) {
    cases.push({ title: name, status: "failed", message: "no test passed" });
  }
  return cases;
}

async function check(more: readonly string[]): Promise<CaseResult[]> {
  let python: string;
  let old: string;
  try {
    python = await pythonEnv("test");
    old = await pythonEnv("old");
  } catch (error) {
    if (!(error instanceof PythonMissing)) throw error;
    return [{ title: "the Python package", status: "missing", message: error.message.replace(/^missing: /, "") }];
  }
  const env = { ...process.env, GORGON_OLD_PYTHON: old, PYTHONDONTWRITEBYTECODE: "1" };
  const cases: CaseResult[] = [];
  for (const { title, args } of CHECKS) {
    const code = await run(python, args, env);
    const passed = code === 0;
    cases.push({ title, status: passed ? "passed" : "failed", message: passed ? "" : `exit code ${String(code)}` });
  }
  const kernel = await tests("pytest", python, [...more, "--ignore", SERVER_TESTS], env);
  return [...cases, ...kernel, ...(await serverTests(more, env))];
}

async function serverTests(more: readonly string[], env: NodeJS.ProcessEnv): Promise<CaseResult[]> {
  let python: string;
  try {
    python = await pythonEnv("lab");
  } catch (error) {
    if (!(error instanceof PythonMissing)) throw error;
    const message = error.message.replace(/^missing: /, "");
    return [{ title: "the Jupyter server's part", status: "missing", message }];
  }
  return await tests("pytest-server", python, [SERVER_TESTS, ...more], env);
}

const [results, ...more] = process.argv.slice(2);
if (results === undefined) {
  console.error("usage: node scripts/jupyter.ts RESULTS [pytest's arguments]");
  process.exit(2);
}
const cases = await check(more);
mkdirSync(path.dirname(path.resolve(results)), { recursive: true });
writeFileSync(results, JSON.stringify({ cases }));
process.exit(cases.some((one) => one.status === "failed" || one.status === "missing") ? 1 : 0);
