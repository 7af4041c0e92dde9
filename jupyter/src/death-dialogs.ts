/** Says why a kernel died, in place of the dialog that only says that it did. */
import { Dialog } from "@jupyterlab/apputils";
import { Widget } from "@lumino/widgets";
import { t } from "@vscode/l10n";
import type { JupyterDeath } from "../../protocol/messages/jupyter.ts";
import { plain } from "../../protocol/plain.ts";
import { deathElement } from "./sheet.ts";

/** A dialog of Lab that says of a notebook's kernel only that it is gone comes this near to its death, milliseconds. */
const SAME_DEATH_MS = 30_000;

/** The dialogs on deaths; at most one at a time for one notebook. */
export class DeathDialogs {
  readonly #bare: (path: string) => string;
  readonly #show: (death: JupyterDeath) => void;
  /** Paths of which the death was told, and when by this page's clock. */
  readonly #told = new Map<string, number>();

  /** `bare`: the text of Lab's own dialog for this path, in Lab's language. `show` leads to the cell that ran. */
  constructor(bare: (path: string) => string, show: (death: JupyterDeath) => void) {
    this.#bare = bare;
    this.#show = show;
    Dialog.tracker.widgetAdded.connect((_, dialog) => this.#onDialog(dialog));
  }

  /** Tells of a death. `session`: how Lab's dialog names the notebook. `cellName` is empty where no cell is known. */
  tell(death: JupyterDeath, session: string, cellName: string): void {
    this.spare(session);
    this.explain(death, cellName);
  }

  /** Keeps Lab's own dialog away: there is a better one, or the kernel's end was asked for. */
  spare(session: string): void {
    this.#told.set(session, Date.now());
    Dialog.tracker.forEach((dialog) => this.#rejectBare(dialog, session));
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
      buttons: cellName === "" ? [close] : [go, close],
      defaultButton: cellName === "" ? 0 : 1,
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
    // Its title is drawn when it is shown, and that is to be spared.
    const text = dialog.node.querySelector(".jp-Dialog-body")?.textContent ?? "";
    if (text.trim() === this.#bare(path)) dialog.reject();
  }
}
