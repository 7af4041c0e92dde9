/**
 * What `code` does, in a browser: takes VS Code's command-line arguments, opens the workbench with the extension under
 * development, runs the tests in its extension host and ends with their exit code.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ensureWorkbench } from "../../scripts/workbench.ts";
import type { CaseResult } from "../../scripts/results.ts";
import { openBrowser, openPage } from "./browser.ts";
import { createProfile, removeProfile, type Profile } from "./profile.ts";
import { startServer } from "./server.ts";

/** Environment variable that names the file in which the suite leaves its cases. */
export const RESULTS = "GORGON_SUITE_RESULTS";
/** Environment variable: seconds after which a suite that never ends is given up (exit code 124). */
export const LIMIT = "GORGON_SUITE_LIMIT";

/** The arguments that mean something here. */
export interface Arguments {
  readonly developmentPath: string;
  readonly testsPath: string;
  readonly folder: string;
  readonly userData: string;
  readonly extensions: string;
}

/** Reads VS Code's arguments; those without a meaning in a browser are passed over. */
export function parseArguments(argv: readonly string[]): Arguments {
  const values = new Map<string, string>();
  let folder = "";
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i] ?? "";
    const [, name, value] = /^--([A-Za-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) folder = word;
    else if (value !== undefined) values.set(name, value);
    // These two may stand apart from their value.
    else if (name === "user-data-dir" || name === "extensions-dir") values.set(name, argv[(i += 1)] ?? "");
  }
  const absolute = (name: string): string => {
    const value = values.get(name);
    return value ? path.resolve(value) : "";
  };
  return {
    developmentPath: absolute("extensionDevelopmentPath"),
    testsPath: absolute("extensionTestsPath"),
    folder: path.resolve(folder || "."),
    userData: absolute("user-data-dir"),
    extensions: absolute("extensions-dir"),
  };
}

/**
 * The exit code that counts. A host that crashes, or a run without tests, reports 0 all the same: success needs a
 * results file in which something passed and nothing failed.
 */
export function verdict(reported: number, results: string): { readonly code: number; readonly why: string } {
  if (reported !== 0) return { code: reported, why: `the extension host reported exit code ${String(reported)}` };
  try {
    const { cases } = JSON.parse(readFileSync(results, "utf8")) as { cases: readonly CaseResult[] };
    const failed = cases.filter((one) => one.status === "failed" || one.status === "missing").length;
    const passed = cases.filter((one) => one.status === "passed").length;
    if (failed > 0) return { code: 1, why: `${String(failed)} tests failed` };
    return passed > 0 ? { code: 0, why: `${String(passed)} tests passed` } : { code: 1, why: "no test was run" };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { code: 1, why: `the extension host ended without results (it crashed, or never began): ${why}` };
  }
}

/** Runs the workbench until the tests have ended. */
async function launch(args: Arguments, results: string, artifacts: string): Promise<number> {
  const { entry } = await ensureWorkbench();
  const fresh = createProfile();
  const profile: Profile = {
    ...fresh,
    ...(args.userData ? { userData: args.userData } : {}),
    ...(args.extensions ? { extensions: args.extensions } : {}),
  };
  // Without this driver the built product passes over extensionDevelopmentPath and extensionTestsPath in silence.
  const server = await startServer({ entry, profile, args: ["--vscode-option", "enable-smoke-test-driver"] });
  const browser = await openBrowser(profile);
  try {
    const { page, lines } = await openPage(browser);
    let timer: NodeJS.Timeout | undefined;
    const seconds = Number(process.env[LIMIT] ?? 120);
    const reported = new Promise<number>((resolve, reject) => {
      timer = setTimeout(() => resolve(124), seconds * 1000);
      void server.ended.then((code) => reject(new Error(`code-server ended (${String(code)}):\n${server.output()}`)));
      page.on("crash", () => reject(new Error("Chromium's page crashed")));
      page.exposeFunction("codeAutomationLog", () => undefined).catch(reject);
      page.exposeFunction("codeAutomationExit", (code: unknown) => resolve(Number(code))).catch(reject);
    });
    const remote = `vscode-remote://127.0.0.1:${String(server.port)}`;
    const payload: [string, string][] = [
      ["extensionDevelopmentPath", remote + args.developmentPath],
      ["extensionTestsPath", remote + args.testsPath],
      ["extensionEnvironment", JSON.stringify({ [RESULTS]: results })],
      ["skipWelcome", "true"],
      ["skipReleaseNotes", "true"],
    ];
    await page.goto(server.url(args.folder, payload), { waitUntil: "domcontentloaded" });
    const code = await reported;
    clearTimeout(timer);
    const judged = verdict(code, results);
    if (judged.code !== 0) {
      mkdirSync(artifacts, { recursive: true });
      await page.screenshot({ path: path.join(artifacts, "in-host.png") });
      writeFileSync(path.join(artifacts, "in-host.log"), `${lines.join("\n")}\n\n${server.output()}`);
      console.error(`${judged.why}; see in-host.png and in-host.log in ${artifacts}`);
    }
    return judged.code;
  } finally {
    await browser.close();
    const { killed, left } = await server.stop();
    for (const one of [...killed, ...left]) console.error(`did not end by itself: ${String(one.pid)} ${one.command}`);
    removeProfile(fresh, true);
  }
}

if (import.meta.main) {
  const args = parseArguments(process.argv.slice(2));
  const results = process.env[RESULTS] ?? "";
  if (!args.developmentPath || !args.testsPath || !results) {
    console.error(`Needs --extensionDevelopmentPath=, --extensionTestsPath= and ${RESULTS}.`);
    process.exit(2);
  }
  rmSync(results, { force: true });
  try {
    process.exitCode = await launch(args, results, path.join(path.dirname(import.meta.dirname), "artifacts"));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
