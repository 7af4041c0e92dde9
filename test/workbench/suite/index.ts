/** The module behind `extensionTestsPath`: runs every case inside the extension host and leaves a results file. */
import { writeFileSync } from "node:fs";
import Mocha from "mocha";
import type { CaseResult } from "../../../scripts/results.ts";
import { activation } from "./activation.ts";
import { commands } from "./commands.ts";
import { settings } from "./settings.ts";

/** Called by VS Code. Resolves when all passed, rejects otherwise. */
export function run(): Promise<void> {
  const file = process.env["GORGON_SUITE_RESULTS"];
  if (!file) return Promise.reject(new Error("GORGON_SUITE_RESULTS does not say where the results go."));
  const mocha = new Mocha({ ui: "bdd", timeout: 30_000, reporter: Silent });
  // The suites are bundled, not loaded by name: give them mocha's words as a file would get them.
  mocha.suite.emit(Mocha.Suite.constants.EVENT_FILE_PRE_REQUIRE, globalThis, "suite", mocha);
  for (const suite of [activation, commands, settings]) suite();
  const cases: CaseResult[] = [];
  return new Promise((resolve, reject) => {
    const runner = mocha.run((failures) => {
      writeFileSync(file, JSON.stringify({ cases }, null, 2));
      if (failures === 0) resolve();
      else reject(new Error(`${String(failures)} of ${String(cases.length)} tests failed`));
    });
    runner.on("pass", (test) => cases.push({ title: test.fullTitle(), status: "passed", message: notes(test) }));
    runner.on("pending", (test) => cases.push({ title: test.fullTitle(), status: "skipped", message: "" }));
    runner.on("fail", (test, error: unknown) => {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      cases.push({ title: test.fullTitle(), status: "failed", message });
    });
  });
}

function notes(test: Mocha.Test): string {
  return `${String(test.duration ?? 0)} ms`;
}

/** The console of an extension host is no terminal: the results file says it all. */
class Silent extends Mocha.reporters.Base {}
