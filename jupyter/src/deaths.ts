/** Says why a kernel died, in place of the dialog that only says that it did. */
import { Dialog } from "@jupyterlab/apputils";
import { Widget } from "@lumino/widgets";
import { t } from "@vscode/l10n";
import type { JupyterDeath } from "../../protocol/messages/jupyter.ts";
import { plain } from "../../protocol/plain.ts";
import { deathElement } from "./sheet.ts";

/** A dialog of Lab that says of a notebook's kernel only that it is gone comes this near to its death, milliseconds. */
const SAME_DEATH_MS = 30_000;

/** Whether somebody is to be interrupted for it: not for what was asked for, and not for a kernel of no open notebook. */
export function isShown(
  death: JupyterDeath,
  openKernels: ReadonlySet<string>,
  openPaths: ReadonlySet<string>,
): boolean {
  if (death.cause === "ended") return false;
  return openKernels.has(death.kernelId) || (death.path !== "" && openPaths.has(death.path));
}

/** What Lab's own dialog looks like: its words in the language that Lab speaks. */
export interface BareDialog {
  /** `Kernel Restarting`, translated. */
  readonly title: string;
  /** Its text for this path, translated. */
  body(path: string): string;
}

/** Whether these are the words of Lab's own dialog on a kernel of this path. */
export function isBare(title: string, body: string, path: string, words: BareDialog): boolean {
  return title.trim() === words.title && body.trim() === words.body(path);
}

function textIn(dialog: Widget, part: string): string {
  return dialog.node.querySelector(part)?.textContent ?? "";
}

/** The dialogs on deaths; at most one at a time for one notebook. */
export class DeathDialogs {
  readonly #words: BareDialog;
  readonly #show: (death: JupyterDeath) => void;
  /** Paths of which the death was told, and when by this page's clock. */
  readonly #told = new Map<string, number>();

  /** `show` leads to the cell that ran. */
  constructor(words: BareDialog, show: (death: JupyterDeath) => void) {
    this.#words = words;
    this.#show = show;
    Dialog.tracker.widgetAdded.connect((_, dialog) => this.#onDialog(dialog));
  }

  /** Tells of a death. `session`: how Lab's dialog names the notebook. `cellName` is empty where no cell is known. */
  tell(death: JupyterDeath, session: string, cellName: string): void {
    this.#told.set(session, Date.now());
    Dialog.tracker.forEach((dialog) => this.#rejectBare(dialog, session));
    this.explain(death, cellName);
  }

  /** The same where the user asked for it. */
  explain(death: JupyterDeath, cellName: string): void {
    const body = new Widget({ node: deathElement(death, cellName) });
    body.addClass("jp-Gorgon");
    body.addClass("jp-Gorgon-dialog");
    const go = Dialog.createButton({ label: t("Go to the cell") });
    const close = Dialog.okButton({ label: t("Close") });
    const dialog = new Dialog({
      title: t("Why the kernel of {0} died", plain(death.path.split("/").at(-1) ?? "", 60)),
      body,
      buttons: death.cell === null ? [close] : [go, close],
      defaultButton: death.cell === null ? 0 : 1,
    });
    void dialog.launch().then(({ button }) => {
      if (button.label === go.label) this.#show(death);
    });
  }

  /** Lab's own one came after ours. */
  #onDialog(dialog: Dialog<unknown>): void {
    for (const [path, at] of this.#told) {
      if (Date.now() - at > SAME_DEATH_MS) this.#told.delete(path);
      // It is made here and launched right after; before that it cannot be rejected.
      else queueMicrotask(() => this.#rejectBare(dialog, path));
    }
  }

  #rejectBare(dialog: Dialog<unknown>, path: string): void {
    if (dialog.isDisposed) return;
    const [title, body] = [textIn(dialog, ".jp-Dialog-header"), textIn(dialog, ".jp-Dialog-body")];
    if (isBare(title, body, path, this.#words)) dialog.reject();
  }
}
