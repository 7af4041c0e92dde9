/**
 * Checks and builds the front end for JupyterLab and Notebook: `front.ts RESULTS`. What its own lockfile lists is installed
 * when that has changed; types, lint and the build count as a case each, its tests one by one; all goes to RESULTS.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type CaseResult, readResults } from "./results.ts";

const root = path.dirname(import.meta.dirname);
const jupyter = path.join(root, "jupyter");
const modules = path.join(root, "node_modules");
/** Written last: what a complete installation was made from. */
const STAMP = path.join(jupyter, "node_modules", ".gorgon-lock");

/** JupyterLab's packages are not to be had. The message begins with `missing:`. */
export class FrontMissing extends Error {
  override readonly name = "FrontMissing";

  constructor(what: string) {
    super(`missing: ${what}`);
  }
}

/** Runs a program to its end with this terminal; answers its exit code. */
function run(file: string, args: readonly string[], cwd: string): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on("exit", (code) => {
      resolve(code ?? 1);
    });
  });
}

/** npm as a program and arguments, without a shell: npm tells its scripts where it is. */
function npm(args: readonly string[]): readonly [string, readonly string[]] {
  const cli = process.env["npm_execpath"];
  if (cli !== undefined && /\.[cm]?js$/.test(cli)) return [process.execPath, [cli, ...args]];
  return [process.platform === "win32" ? "npm.cmd" : "npm", args];
}

/** Installs what jupyter/package-lock.json lists, unless that was done already. Rejects with FrontMissing. */
export async function frontModules(): Promise<void> {
  const wanted = `${process.platform}-${process.arch}\n${readFileSync(path.join(jupyter, "package-lock.json"), "utf8")}`;
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) return;
  console.error("Installing JupyterLab's packages (400 MB) into jupyter/node_modules...");
  rmSync(STAMP, { force: true });
  const [file, args] = npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
  if ((await run(file, args, jupyter)) !== 0) {
    throw new FrontMissing("JupyterLab's packages in jupyter/node_modules (check the network, and run it again)");
  }
  writeFileSync(STAMP, wanted);
}

const tool = (file: string, ...args: string[]): readonly string[] => [path.join(modules, file), ...args];

const CHECKS: readonly { readonly title: string; readonly args: readonly string[] }[] = [
  { title: "types", args: tool("typescript/bin/tsc", "-p", "jupyter", "--noEmit") },
  { title: "lint", args: tool("eslint/bin/eslint.js", "jupyter/src", "--max-warnings=0") },
  { title: "build", args: [path.join("jupyter", "build.mjs")] },
];

async function tests(): Promise<CaseResult[]> {
  const file = path.join(root, "test", "artifacts", "front-tests.json");
  rmSync(file, { force: true });
  const reports = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const code = await run(process.execPath, tool("vitest/vitest.mjs", "run", "--project", "front", ...reports), root);
  try {
    const cases = readResults(readFileSync(file, "utf8"));
    if (code === 0 || cases.some((one) => one.status === "failed")) return cases;
    return [...cases, { title: "vitest", status: "failed", message: `exit code ${String(code)}` }];
  } catch {
    return [{ title: "vitest", status: "failed", message: `left no results (exit code ${String(code)})` }];
  }
}

async function check(): Promise<CaseResult[]> {
  try {
    await frontModules();
  } catch (error) {
    if (!(error instanceof FrontMissing)) throw error;
    return [{ title: "front end", status: "failed", message: error.message }];
  }
  const cases: CaseResult[] = [];
  for (const { title, args } of CHECKS) {
    const code = await run(process.execPath, args, root);
    const status = code === 0 ? "passed" : "failed";
    cases.push({ title: `front end: ${title}`, status, message: `exit code ${String(code)}` });
  }
  return [...cases, ...(await tests())];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [results = path.join(root, "test", "artifacts", "front.json")] = process.argv.slice(2);
  mkdirSync(path.dirname(results), { recursive: true });
  const cases = await check();
  writeFileSync(results, JSON.stringify({ cases }));
  for (const { title, status, message } of cases)
    if (status !== "passed") console.error(`${status} ${title}: ${message}`);
  process.exit(cases.every(({ status }) => status === "passed") ? 0 : 1);
}
