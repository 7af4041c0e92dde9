/** Puts footers into the layouts of the cells of one notebook, wherever something is known: they live and move with the cell's own widget. */
import { CodeCell, type Cell, type ICodeCellModel } from "@jupyterlab/cells";
import type { IDisposable } from "@lumino/disposable";
import type { PanelLayout } from "@lumino/widgets";
import { t } from "@vscode/l10n";
import type { GuardAnswer } from "../../protocol/kernel.ts";
import { NOTHING } from "./book.ts";
import { CellFooter } from "./footer.ts";
import type { WatchedNotebook } from "./notebook.ts";
import type { Options } from "./options.ts";
import { sha1 } from "./sha1.ts";
import { Planned } from "./planned.ts";

/** Records come in bursts, and every state of the server is one more reason, milliseconds. */
const SOON_MS = 60;
/** A running cell's time is written anew so often, milliseconds. */
const LIVE_MS = 1000;
/** Of a notebook with thousands of cells a drawing takes tens of milliseconds: so many times as long nothing is drawn. */
const REST = 10;
/** Below the editor and above the output: after the cell's header and its input. */
const PLACE = 2;

/** Answers a frozen kernel. */
export type Answer = (notebook: WatchedNotebook, answer: GuardAnswer) => void;

/** The footers of one notebook. */
export class NotebookFooters implements IDisposable {
  readonly #notebook: WatchedNotebook;
  readonly #options: Options;
  readonly #answer: Answer;
  readonly #footers = new Map<Cell, CellFooter>();
  readonly #planned = new Planned(() => {
    const began = performance.now();
    this.#draw();
    this.#took = performance.now() - began;
  });
  /** How long the last drawing took, milliseconds. */
  #took = 0;
  #disposed = false;

  constructor(notebook: WatchedNotebook, options: Options, answer: Answer) {
    this.#notebook = notebook;
    this.#options = options;
    this.#answer = answer;
    notebook.changed.connect(this.#onChange, this);
    notebook.tableWanted.connect((_, key) => {
      for (const [cell, footer] of this.#footers) if (cell.model === key) footer.open();
    });
    options.changed.connect(this.#onChange, this);
    notebook.panel.disposed.connect(() => this.dispose());
    this.#onChange();
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#planned.cancel();
    this.#options.changed.disconnect(this.#onChange, this);
    for (const footer of this.#footers.values()) footer.dispose();
    this.#footers.clear();
  }

  #onChange(): void {
    this.#wait(Math.max(SOON_MS, this.#took * REST));
  }

  #wait(milliseconds: number): void {
    if (!this.#disposed) this.#planned.within(milliseconds);
  }

  #draw(): void {
    const { panel, book, served } = this.#notebook;
    const views = book.all();
    const now = Date.now();
    panel.content.widgets.forEach((cell, index) => {
      const view = views.get(cell.model) ?? NOTHING;
      const known = this.#footers.get(cell);
      if (!(cell instanceof CodeCell) || (view === NOTHING && known === undefined)) return;
      const footer = known ?? this.#attach(cell);
      footer.draw({
        ...{ view, now, kernel: served, options: this.#options.values, name: t("Cell {0}", index + 1) },
        waiting: cell.model.executionState === "running",
        edited: () => isEdited(cell.model, view.cost?.now.cell.hash ?? ""),
      });
    });
    for (const [cell, footer] of this.#footers) {
      if (!cell.isDisposed) continue;
      footer.dispose();
      this.#footers.delete(cell);
    }
    if ([...views.values()].some(({ running }) => running !== null)) this.#wait(LIVE_MS);
  }

  #attach(cell: CodeCell): CellFooter {
    const { panel } = this.#notebook;
    const footer = new CellFooter({
      answer: (answer) => this.#answer(this.#notebook, answer),
      leave: () => {
        panel.content.activeCellIndex = panel.content.widgets.indexOf(cell);
        panel.content.mode = "command";
        panel.content.node.focus();
      },
    });
    this.#footers.set(cell, footer);
    // A cell that was not scrolled to yet has no parts: what is put in now would stand before all of them.
    void cell.ready.then(() => {
      if (cell.isDisposed || footer.isDisposed) return;
      (cell.layout as PanelLayout).insertWidget(PLACE, footer);
    });
    return footer;
  }
}

function isEdited(model: ICodeCellModel, hash: string): boolean {
  return hash !== "" && sha1(model.sharedModel.getSource()) !== hash;
}
