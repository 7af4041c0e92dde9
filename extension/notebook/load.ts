/** Loads the notebook side when the first notebook is opened: windows without one pay nothing for it. */
import type * as vscode from "vscode";
import type { Alert } from "../../protocol/alert.ts";
import type { Disposable } from "../signal.ts";
import { CELLS_VIEW, NOTEBOOK_CONTEXTS, NOTEBOOK_TYPES, type NotebookCommand } from "./names.ts";
import type * as bundle from "./notebooks.ts";
import { isEnabled } from "./options.ts";

/** Makes the notebook side; the real one is a bundle of its own. */
export type StartNotebooks = typeof bundle.startNotebooks;

/** `notebooks.ts` is bundled into a file of its own beside the extension's. */
export const startLazily: StartNotebooks = (parts) => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the bundle is CommonJS; its neighbour loads on demand
  const side = require("./notebook.cjs") as typeof bundle;
  return side.startNotebooks(parts);
};

/** There while the setting allows it and a notebook has been opened, or one of its commands was used. */
export class NotebookLoader implements Disposable {
  readonly #parts: bundle.NotebookParts;
  readonly #start: StartNotebooks;
  readonly #subscriptions: readonly { dispose(): unknown }[];
  #notebooks: bundle.Notebooks | undefined;
  #view: vscode.WebviewView | undefined;

  constructor(parts: bundle.NotebookParts, start: StartNotebooks = startLazily) {
    this.#parts = parts;
    this.#start = start;
    const { vs } = parts;
    this.#subscriptions = [
      vs.workspace.onDidOpenNotebookDocument((notebook) => this.#see(notebook)),
      vs.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("gorgon.notebook.enabled")) this.#follow();
      }),
      vs.window.registerWebviewViewProvider(CELLS_VIEW, {
        resolveWebviewView: (view) => {
          this.#view = view;
          view.onDidDispose(() => {
            if (this.#view === view) this.#view = undefined;
          });
          // The first one is given to the side that is loaded for it.
          if (this.#notebooks === undefined) this.#loaded();
          else this.#notebooks.resolveView(view);
        },
      }),
    ];
  }

  /** After activation: notebooks may have been open before. */
  start(): void {
    for (const notebook of this.#parts.vs.workspace.notebookDocuments) this.#see(notebook);
  }

  /** Runs a command of the notebook side. */
  async run(command: NotebookCommand, args: readonly unknown[]): Promise<void> {
    await this.#loaded().run(command, args);
  }

  /** Writes what has not been written: the window closes. */
  async flush(): Promise<void> {
    await this.#notebooks?.flush();
  }

  /** Whether this window has told of it under a cell and in a notification of its own. */
  isTold(alert: Pick<Alert, "labels" | "rule">): boolean {
    return this.#notebooks?.isTold(alert) === true;
  }

  dispose(): void {
    for (const one of this.#subscriptions) one.dispose();
    this.#notebooks?.dispose();
  }

  #see({ notebookType }: vscode.NotebookDocument): void {
    if (this.#notebooks === undefined && this.#isEnabled() && NOTEBOOK_TYPES.includes(notebookType)) this.#loaded();
  }

  #isEnabled(): boolean {
    return isEnabled(this.#parts.vs);
  }

  #follow(): void {
    if (this.#isEnabled()) {
      this.start();
      return;
    }
    this.#notebooks?.dispose();
    this.#notebooks = undefined;
    this.#tell(false);
  }

  #tell(seen: boolean): void {
    void this.#parts.vs.commands.executeCommand("setContext", NOTEBOOK_CONTEXTS.seen, seen);
  }

  #loaded(): bundle.Notebooks {
    if (this.#notebooks === undefined) {
      this.#notebooks = this.#start(this.#parts);
      this.#tell(true);
      if (this.#view !== undefined) this.#notebooks.resolveView(this.#view);
    }
    return this.#notebooks;
  }
}
