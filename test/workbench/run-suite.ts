/**
 * Runs the in-host suite through @vscode/test-electron: in a desktop VS Code where one can be had, else in the browser
 * workbench through our stand-in for its program. Usage: run-suite.ts [results file].
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { downloadAndUnzipVSCode, runTests } from "@vscode/test-electron";
import { build } from "esbuild";
import { buildAll } from "../../scripts/build.ts";
import { whyNoDesktop } from "../../scripts/desktop.ts";
import type { CaseResult } from "../../scripts/results.ts";
import { ensureWorkbench } from "../../scripts/workbench.ts";
import { findChromium } from "./browser.ts";
import { LIMIT, RESULTS } from "./launcher.ts";
import { writeSettings } from "./profile.ts";

const root = path.dirname(path.dirname(import.meta.dirname));

/** Bundles the suite with mocha into one CommonJS file, as the extension host wants it. */
export async function buildSuite(outfile = path.join(root, "out", "suite", "index.cjs")): Promise<string> {
  await build({
    absWorkingDir: root,
    entryPoints: [path.join(import.meta.dirname, "suite", "index.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    sourcemap: "inline",
    external: ["vscode"],
    logLevel: "error",
    logOverride: { "require-resolve-not-external": "silent" },
  });
  return outfile;
}

/** The program to run: a downloaded VS Code, or the stand-in with the reason why. */
async function program(): Promise<string> {
  const reason = whyNoDesktop();
  if (reason === "") {
    try {
      return await downloadAndUnzipVSCode({ cachePath: path.join(root, ".vscode-test") });
    } catch (error) {
      console.log(
        `No desktop VS Code could be downloaded (${error instanceof Error ? error.message : String(error)}).`,
      );
    }
  }
  console.log(`The suite runs in the browser workbench: ${reason || "the download failed"}.`);
  findChromium();
  await ensureWorkbench();
  return path.join(import.meta.dirname, "code");
}

/** Runs the suite; its cases go to `results`, whatever happens. Answers with the exit code. */
export async function runSuite(results: string, developmentPath = root): Promise<number> {
  mkdirSync(path.dirname(results), { recursive: true });
  rmSync(results, { force: true });
  const base = mkdtempSync(path.join(tmpdir(), "gorgon-suite-"));
  try {
    const vscodeExecutablePath = await program();
    if (developmentPath === root && !existsSync(path.join(root, "dist", "extension.cjs"))) await buildAll();
    const folder = path.join(base, "demo");
    cpSync(path.join(root, "demo"), folder, { recursive: true });
    const userData = path.join(base, "user-data");
    writeSettings(userData, { "gorgon.interval": 1 });
    await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: developmentPath,
      extensionTestsPath: await buildSuite(),
      extensionTestsEnv: { [RESULTS]: results, [LIMIT]: "120" },
      launchArgs: [folder, `--user-data-dir=${userData}`, `--extensions-dir=${path.join(base, "extensions")}`],
    });
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const cases = existsSync(results)
      ? (JSON.parse(readFileSync(results, "utf8")) as { cases: CaseResult[] }).cases
      : [];
    // A run that broke without a failing case must still be seen as broken.
    if (!cases.some((one) => one.status === "failed")) {
      writeFileSync(
        results,
        JSON.stringify({ cases: [...cases, { title: "in-host suite", status: "failed", message }] }),
      );
    }
    console.error(message);
    return 1;
  } finally {
    rmSync(base, { recursive: true, force: true, maxRetries: 5 });
  }
}

if (import.meta.main) {
  const results = path.resolve(process.argv[2] ?? path.join(root, "test", "artifacts", "in-host.json"));
  const code = await runSuite(results);
  const { cases } = JSON.parse(readFileSync(results, "utf8")) as { cases: readonly CaseResult[] };
  for (const one of cases) console.log(`${one.status.padEnd(7)} ${one.title}${one.message ? `: ${one.message}` : ""}`);
  process.exitCode = code;
}
