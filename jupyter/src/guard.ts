/** A kernel that its memory guard holds frozen: said once, with the three answers, for as long as it is so. */
import { Dialog, Notification, showDialog } from "@jupyterlab/apputils";
import { t } from "@vscode/l10n";
import { ofLimit } from "../../protocol/cell-words.ts";
import type { GuardAnswer } from "../../protocol/kernel.ts";
import type { JupyterKernel } from "../../protocol/messages/jupyter.ts";
import { kernelName } from "./bell.ts";
import type { Connection } from "./connection.ts";
import { frozenChange } from "./guard-change.ts";

/** Asks what is to become of frozen kernels, and sends the answer. */
export class Guards {
  readonly #connection: Connection;
  /** The notification of each frozen kernel. */
  readonly #asked = new Map<string, string>();

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.changed.connect(() => this.#look());
  }

  /** Sends the answer, an end only once it was asked for twice; what went wrong is said. */
  answer(kernelId: string, answer: GuardAnswer): void {
    this.#answer(kernelId, answer).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      Notification.error(t("The kernel was not answered: {0}", reason), { autoClose: false });
    });
  }

  async #answer(kernelId: string, answer: GuardAnswer): Promise<void> {
    if (answer === "end") {
      const kernel = this.#connection.state?.kernels.find((one) => one.id === kernelId);
      const { button } = await showDialog({
        title: t("End the kernel of {0}?", kernel === undefined ? t("this notebook") : kernelName(kernel)),
        body: t("Its variables are lost. The notebook and its outputs stay."),
        buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: t("End Kernel") })],
      });
      if (!button.accept) return;
    }
    await this.#connection.answer(kernelId, answer);
  }

  #look(): void {
    const { state } = this.#connection;
    // A line that is cut says nothing of the kernels.
    if (state === null) return;
    const { fresh, over } = frozenChange(new Set(this.#asked.keys()), state.kernels);
    for (const id of over) {
      Notification.dismiss(this.#asked.get(id));
      this.#asked.delete(id);
    }
    for (const kernel of fresh) this.#ask(kernel);
  }

  #ask(kernel: JupyterKernel): void {
    const { guard } = kernel;
    if (guard === null) return;
    const action = (label: string, answer: GuardAnswer, displayType: Notification.ActionDisplayType) => ({
      ...{ label, displayType },
      callback: (event: MouseEvent) => {
        // Until the kernel is answered, the question stands.
        event.preventDefault();
        this.answer(kernel.id, answer);
      },
    });
    const message = t(
      "The kernel of {0} is frozen at {1}, before the system ends it.",
      kernelName(kernel),
      ofLimit(guard.treeBytes, guard.limitBytes),
    );
    const id = Notification.warning(message, {
      autoClose: false,
      actions: [
        action(t("Continue"), "continue", "default"),
        action(t("Interrupt"), "interrupt", "accent"),
        action(t("End Kernel"), "end", "warn"),
      ],
    });
    this.#asked.set(kernel.id, id);
  }
}
