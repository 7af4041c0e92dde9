/** `Gorgon: Choose This Notebook's Kernel Process`: for notebooks of which Gorgon cannot tell it. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import { formatBytes, formatDuration } from "../../protocol/format.ts";
import { sameKernel, type KernelState } from "../../protocol/kernel.ts";
import { plain } from "../escape.ts";
import type { KernelBindings } from "./kernels.ts";

/** Asks, and binds what was chosen. */
export async function chooseKernel(
  vs: typeof vscode,
  kernels: KernelBindings,
  notebook: vscode.NotebookDocument,
): Promise<void> {
  const { kernels: all, time } = kernels.state;
  if (all.length === 0) {
    throw new Error(
      t("No kernel runs on this machine. Run a cell first; a kernel on another machine cannot be watched."),
    );
  }
  const likely = kernels.candidates(notebook);
  const now = kernels.of(notebook);
  const choices = all
    .toSorted(
      (a, b) => Number(likely.includes(b)) - Number(likely.includes(a)) || b.kernel.startedAt - a.kernel.startedAt,
    )
    .map((one) => choiceOf(one, time, now !== null && sameKernel(now.kernel, one.kernel)));
  const title = t("Gorgon: Which Process Runs This Notebook?");
  const placeHolder = t("Those that fit best come first");
  const picked = await vs.window.showQuickPick(choices, {
    title,
    placeHolder,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked !== undefined) kernels.bind(notebook, picked.kernel, "chosen");
}

function choiceOf(one: KernelState, now: number, current: boolean) {
  const { kernel, usage, folder, connection } = one;
  const age = t("started {0} ago", formatDuration(Math.max(0, now - kernel.startedAt)));
  const size = usage === null ? "" : formatBytes(usage.rssBytes);
  return {
    label: `${current ? "$(check) " : ""}${kernel.language} · pid ${String(kernel.pid)}`,
    description: [age, size].filter((part) => part !== "").join(" · "),
    detail: plain([folder, connection].filter((part) => part !== "").join(" · "), 200),
    kernel,
  };
}
