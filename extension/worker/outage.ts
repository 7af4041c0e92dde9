/** Tells the user, once for each outage, that the worker is down and what helps. */
import type * as vscode from "vscode";
import { COMMANDS } from "../contributions.ts";
import { notification } from "../escape.ts";
import type { Disposable } from "../signal.ts";
import type { Worker, WorkerStatus } from "./worker.ts";

/** Shows a message whenever the worker goes down; the status bar keeps saying it afterwards. */
export function tellOutages(vs: typeof vscode, worker: Worker): Disposable {
  const tell = async (status: WorkerStatus): Promise<void> => {
    if (status.status !== "down") return;
    const mend = status.mend === "reload" ? "Reload Window" : "Restart";
    const answer = await vs.window.showErrorMessage(notification(`Gorgon is down: ${status.reason}`), mend, "Show Log");
    if (answer === "Restart") await vs.commands.executeCommand(COMMANDS.restartWorker);
    if (answer === "Reload Window") await vs.commands.executeCommand("workbench.action.reloadWindow");
    if (answer === "Show Log") await vs.commands.executeCommand(COMMANDS.showLog);
  };
  return worker.onStatus.on((status) => void tell(status));
}
