/** Kernels that their memory guard holds frozen: asks what to do with them, once each time, and takes the answer to the worker. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import { GUARD_ANSWERS, type GuardAnswer, type GuardState, type KernelState } from "../../protocol/kernel.ts";
import { answerGuard } from "../../protocol/messages/worker.ts";
import { notification } from "../escape.ts";
import { Signal, type Disposable } from "../signal.ts";
import type { Worker } from "../worker/worker.ts";
import { cellUri } from "./cells.ts";
import type { KernelBindings, KernelId } from "./kernels.ts";
import { NOTEBOOK_CONTEXTS } from "./names.ts";
import type { RunTracker } from "./tracker.ts";
import { ofLimit } from "../../protocol/cell-words.ts";

/** What it is made from. */
export interface GuardParts {
  readonly vs: typeof vscode;
  readonly worker: Pick<Worker, "send">;
  readonly kernels: KernelBindings;
  readonly tracker: RunTracker;
}

/** One frost of one kernel. */
const frostOf = ({ kernel, guard }: KernelState): string => `${keyOf(kernel)} ${String(guard?.since)}`;
const keyOf = ({ pid, startedAt }: KernelId): string => `${String(pid)} ${String(startedAt)}`;

/** Watches the bindings, which know every kernel. */
export class GuardPrompts implements Disposable {
  readonly onChange = new Signal<void>();
  readonly #parts: GuardParts;
  readonly #subscription: Disposable;
  /** Frosts that were asked about; a kernel that goes on and freezes again is asked about anew, however soon that is. */
  #asked: ReadonlySet<string> = new Set();

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.#subscription = parts.kernels.onChange.on(() => this.#look());
  }

  /** The guard that holds this cell's kernel frozen while the cell runs. */
  of(cell: vscode.NotebookCell): GuardState | null {
    const { kernels, tracker } = this.#parts;
    if (this.#asked.size === 0) return null;
    const state = kernels.of(cell.notebook)?.state;
    if (state?.guard?.phase !== "frozen") return null;
    const running = tracker.runningIn(cell.notebook)?.cell;
    const id = running === undefined ? state.running?.cell.id : cellUri(running);
    return id === cellUri(cell) ? state.guard : null;
  }

  /** Kernels of this window that are frozen now. */
  frozen(): readonly KernelState[] {
    const { kernels } = this.#parts;
    return kernels.state.kernels.filter((one) => one.guard?.phase === "frozen" && kernels.isOurs(one));
  }

  /** From the palette or a cell: `answer` is asked for where it is not given. */
  async answer(notebook: vscode.NotebookDocument | null, given?: string): Promise<void> {
    const { vs, kernels } = this.#parts;
    const frozen = this.frozen();
    const bound = notebook === null ? undefined : kernels.of(notebook)?.state;
    const one = frozen.find((kernel) => kernel === bound) ?? (frozen.length === 1 ? frozen[0] : undefined);
    const kernel = one ?? (await this.#pickKernel(frozen));
    if (kernel === undefined) return;
    const answer = GUARD_ANSWERS.find((name) => name === given) ?? (await this.#pickAnswer(kernel));
    if (answer !== undefined) await this.#send(kernel, answer, vs);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.onChange.dispose();
  }

  #look(): void {
    const frozen = this.frozen();
    const keys = new Set(frozen.map(frostOf));
    const fresh = frozen.filter((one) => !this.#asked.has(frostOf(one)));
    const changed = keys.size !== this.#asked.size || fresh.length > 0;
    this.#asked = keys;
    if (!changed) return;
    void this.#parts.vs.commands.executeCommand("setContext", NOTEBOOK_CONTEXTS.frozen, keys.size > 0);
    this.onChange.fire();
    for (const one of fresh) void this.#ask(one);
  }

  async #ask(kernel: KernelState): Promise<void> {
    const { vs, kernels } = this.#parts;
    const { guard } = kernel;
    if (guard === null) return;
    const notebook = kernels.notebookOf(kernel.kernel);
    const name = notebook?.uri.path.split("/").at(-1) ?? t("process {0}", kernel.kernel.pid);
    const text = t(
      "Gorgon: The kernel of {name} is frozen at {size}. It waits for you and is lost only if you end it. {reason}",
      {
        ...{ name: notification(name, 60), size: ofLimit(guard.treeBytes, guard.limitBytes) },
        reason: notification(guard.reason, 200),
      },
    );
    const labels = this.#labels();
    const answer = await vs.window.showWarningMessage(text, ...Object.values(labels));
    const chosen = GUARD_ANSWERS.find((one) => labels[one] === answer);
    if (chosen === undefined) return;
    try {
      await this.#send(kernel, chosen, vs);
    } catch (error) {
      await vs.window.showErrorMessage(
        `Gorgon: ${notification(error instanceof Error ? error.message : String(error))}`,
      );
    }
  }

  #labels(): Readonly<Record<GuardAnswer, string>> {
    return { continue: t("Continue"), interrupt: t("Interrupt"), end: t("End Kernel") };
  }

  /** VS Code cannot take a notification back: one that was answered elsewhere says so when it is used. */
  async #send(asked: KernelState, answer: GuardAnswer, vs: typeof vscode): Promise<void> {
    const { worker } = this.#parts;
    if (!vs.workspace.isTrusted) {
      throw new Error(t("This workspace is not trusted: from here no kernel is touched. Trust it first."));
    }
    const still = this.frozen().find(({ kernel }) => keyOf(kernel) === keyOf(asked.kernel));
    // It may have gone on and be frozen again, about which the user was asked anew.
    if (still?.guard?.since !== asked.guard?.since) {
      void vs.window.showInformationMessage(t("Gorgon: This kernel is not frozen any more; nothing was done."));
      return;
    }
    const { pid, startedAt } = asked.kernel;
    await worker.send(answerGuard, { pid, startedAt, answer });
  }

  async #pickKernel(frozen: readonly KernelState[]): Promise<KernelState | undefined> {
    const { vs } = this.#parts;
    if (frozen.length === 0) {
      void vs.window.showInformationMessage(t("Gorgon: No kernel of this window is frozen."));
      return undefined;
    }
    const choices = frozen.map((kernel) => ({
      label: this.#parts.kernels.notebookOf(kernel.kernel)?.uri.path.split("/").at(-1) ?? kernel.connection,
      description: `pid ${String(kernel.kernel.pid)}`,
      kernel,
    }));
    return (await vs.window.showQuickPick(choices, { title: t("Gorgon: Which Frozen Kernel?") }))?.kernel;
  }

  async #pickAnswer({ guard }: KernelState): Promise<GuardAnswer | undefined> {
    const { vs } = this.#parts;
    const labels = this.#labels();
    const choices = [
      { label: labels.continue, detail: t("The cell goes on and may use up the memory."), answer: "continue" as const },
      {
        label: labels.interrupt,
        detail: t("The cell is asked to stop; variables stay."),
        answer: "interrupt" as const,
      },
      { label: labels.end, detail: t("The kernel ends; all its variables are lost."), answer: "end" as const },
    ];
    const placeHolder = notification(guard?.reason ?? "");
    return (await vs.window.showQuickPick(choices, { title: t("Gorgon: The Kernel Is Frozen"), placeHolder }))?.answer;
  }
}
