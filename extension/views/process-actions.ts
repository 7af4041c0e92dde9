/** What a user does with a process: watch it from now on, or end it after a confirmation that names it. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import { proposeConfigEdit, terminateProcess } from "../../protocol/messages/worker.ts";
import type { ProcessRow } from "../../protocol/state.ts";
import { plain } from "../escape.ts";
import { applyConfigEdit } from "../language/edit.ts";
import type { LatestState } from "../worker/latest.ts";
import type { Worker } from "../worker/worker.ts";
import { mustBeTrusted } from "./alert-actions.ts";
import { processElement, processName, sorted } from "./processes.ts";

/** The worker waits some seconds for the process to go; a slow system takes as long to look for it, milliseconds. */
const ANSWER_MS = 30_000;

/** What the actions work on. */
export interface ProcessTargets {
  readonly vs: typeof vscode;
  readonly worker: Worker;
  readonly latest: LatestState;
}

async function chosen(
  { vs, latest }: ProcessTargets,
  element: unknown,
  title: string,
): Promise<ProcessRow | undefined> {
  const rows = latest.now?.processes?.rows ?? [];
  const clicked = rows.find((row) => processElement(row) === element);
  if (clicked !== undefined) return clicked;
  if (typeof element === "string") throw new Error(t("this process is not among those that stand out any more."));
  const items = sorted(rows, "cpu").map((row) => ({
    label: processName(row),
    description: `pid ${String(row.pid)}`,
    row,
  }));
  if (items.length === 0) {
    await vs.window.showInformationMessage(t("Gorgon: the processes are not known yet."));
    return undefined;
  }
  return (await vs.window.showQuickPick(items, { title, matchOnDescription: true }))?.row;
}

/** Opens the user's `gorgon.yaml` with a watch on the program added, not saved. */
export async function watchProcess(targets: ProcessTargets, element: unknown): Promise<void> {
  mustBeTrusted(targets.vs);
  const row = await chosen(targets, element, t("Gorgon: Watch Process"));
  if (row === undefined) return;
  const name = plain(row.name, 60);
  const edit = await targets.worker.send(proposeConfigEdit, { add: { watch: { title: name, name } } });
  await applyConfigEdit(targets.vs, edit);
}

/** Asks a process to end, once the user has said so again; offers to kill it where asking was not enough. */
export async function terminate(targets: ProcessTargets, element: unknown): Promise<void> {
  const { vs, worker } = targets;
  mustBeTrusted(vs);
  const row = await chosen(targets, element, t("Gorgon: Terminate Process"));
  if (row === undefined) return;
  const { pid, startedAt } = row;
  const name = processName(row);
  const confirm = async (question: string, detail: string, button: string): Promise<boolean> =>
    (await vs.window.showWarningMessage(question, { modal: true, detail }, button)) === button;
  const end = async (force: boolean): Promise<boolean> => {
    const { outcome } = await worker.send(terminateProcess, { pid, startedAt, force }, ANSWER_MS);
    return outcome === "gone";
  };

  const asked = await confirm(
    t("Terminate {0} (pid {1})?", name, pid),
    t("It is asked to end (SIGTERM; on Windows it ends at once). What it has not saved may be lost."),
    t("Terminate"),
  );
  if (!asked) return;
  let gone = await end(false);
  if (!gone) {
    const killed = await confirm(
      t("{0} (pid {1}) was asked to end and is still there. Kill it?", name, pid),
      t("It ends at once (SIGKILL), without a chance to save anything or to tidy up."),
      t("Kill"),
    );
    if (!killed) return;
    gone = await end(true);
  }
  const told = gone
    ? t("Gorgon: {0} (pid {1}) has ended.", name, pid)
    : t("Gorgon: {0} (pid {1}) still runs.", name, pid);
  void vs.window.showInformationMessage(told);
  await targets.latest.poll();
}
