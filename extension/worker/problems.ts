/** Tells the user of a refused setting: once for each distinct problem. */
import path from "node:path";
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { ConfigProblem } from "../../protocol/state.ts";
import { COMMANDS } from "../contributions.ts";
import { notification } from "../escape.ts";

/** Remembers what was told. */
export class ProblemTeller {
  readonly #vs: typeof vscode;
  readonly #told = new Set<string>();

  constructor(vs: typeof vscode) {
    this.#vs = vs;
  }

  /** Shows those not shown yet. */
  tell(problems: readonly ConfigProblem[]): void {
    for (const problem of problems) {
      // It is in force: the editor and the doctor tell of it, without a pop-up.
      if (problem.severity !== undefined) continue;
      const key = JSON.stringify([problem.source, problem.key, problem.value, problem.message]);
      if (this.#told.has(key)) continue;
      this.#told.add(key);
      void this.#show(problem);
    }
  }

  async #show(problem: ConfigProblem): Promise<void> {
    // The button leads to where the mistake is.
    const inFile = path.isAbsolute(problem.source);
    const button = inFile ? t("Open File") : t("Open Settings");
    const where = inFile ? ` (${path.basename(problem.source)})` : "";
    const text = notification(`Gorgon: ${problem.key}${where}: ${problem.message}`);
    const answer = await this.#vs.window.showWarningMessage(text, button);
    if (answer === undefined) return;
    if (inFile) await this.#vs.window.showTextDocument(this.#vs.Uri.file(problem.source));
    else await this.#vs.commands.executeCommand(COMMANDS.openSettings);
  }
}
