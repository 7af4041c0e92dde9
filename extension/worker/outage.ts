/** Tells the user, once for each outage, that the worker is down and what helps. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import { COMMANDS } from "../contributions.ts";
import { notification } from "../escape.ts";
import type { Disposable } from "../signal.ts";
import type { Worker, WorkerStatus } from "./worker.ts";

/** Shows a message whenever the worker goes down; the status bar keeps saying it afterwards. */
export function tellOutages(vs: typeof vscode, worker: Worker): Disposable {
  const tell = async (status: WorkerStatus): Promise<void> => {
    if (status.status !== "down") return;
    const reload = status.mend === "reload";
    const mend = reload ? t("Reload Window") : t("Restart");
    const log = t("Show Log");
    const said = notification(t("Gorgon is down: {0}", status.reason));
    const answer = await vs.window.showErrorMessage(said, mend, log);
    if (answer === mend)
      await vs.commands.executeCommand(reload ? "workbench.action.reloadWindow" : COMMANDS.restartWorker);
    if (answer === log) await vs.commands.executeCommand(COMMANDS.showLog);
  };
  return worker.onStatus.on((status) => void tell(status));
}
