/** What the cases in the extension host share: the extension under test, and waiting for a condition. */
import * as vscode from "vscode";
import { COMMANDS } from "../../../extension/contributions.ts";
import type { GorgonApi } from "../../../extension/extension.ts";
import type { WorkerState } from "../../../protocol/state.ts";

/** publisher.name in package.json. */
export const EXTENSION_ID = "gorgon-monitor.gorgon";

/** The extension as VS Code loaded it. Throws when it is not there. */
export function gorgon(): vscode.Extension<GorgonApi> {
  const found = vscode.extensions.getExtension<GorgonApi>(EXTENSION_ID);
  if (!found) throw new Error(`VS Code does not know ${EXTENSION_ID}`);
  return found;
}

/** Waits until `probe` answers something other than undefined, and answers with it. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | PromiseLike<T | undefined>,
  limitMs = 20_000,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`Not within ${String(limitMs / 1000)} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits for a state of a running worker that is as wanted. */
export function untilState(what: string, wanted: (state: WorkerState) => boolean): Promise<WorkerState> {
  return until(what, () => {
    if (!gorgon().isActive) return undefined;
    const api = gorgon().exports;
    const now = api.state();
    return api.worker().status === "running" && now !== null && wanted(now) ? now : undefined;
  });
}

/** Runs the doctor and answers with the document that it opens. */
export async function doctorReport(): Promise<string> {
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  await vscode.commands.executeCommand(COMMANDS.runDoctor);
  return until("the doctor's document", () => {
    const text = vscode.window.activeTextEditor?.document.getText() ?? "";
    return text.startsWith("# Gorgon Doctor") ? text : undefined;
  });
}
