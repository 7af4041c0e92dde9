/** Follows the notebooks that are open in this page. */
import type { INotebookTracker, Notebook, NotebookPanel } from "@jupyterlab/notebook";
import { NotebookActions } from "@jupyterlab/notebook";
import { Signal, type ISignal } from "@lumino/signaling";
import type { Connection } from "./connection.ts";
import { loadInto } from "./measure.ts";
import { WatchedNotebook } from "./notebook.ts";
import type { Options } from "./options.ts";

/** What it is made from. */
export interface NotebooksParts {
  /** Null on a page that has no notebooks. */
  readonly tracker: INotebookTracker | null;
  readonly connection: Connection;
  readonly options: Options;
  readonly log: (message: string) => void;
}

/** Every notebook of this page. */
export class Notebooks {
  readonly #parts: NotebooksParts;
  readonly #watched = new Map<NotebookPanel, WatchedNotebook>();
  readonly #added = new Signal<this, WatchedNotebook>(this);
  readonly #currentChanged = new Signal<this, void>(this);

  constructor(parts: NotebooksParts) {
    this.#parts = parts;
    const { tracker } = parts;
    tracker?.forEach((panel) => this.#watch(panel));
    tracker?.widgetAdded.connect((_, panel) => this.#watch(panel));
    tracker?.currentChanged.connect(() => this.#currentChanged.emit());
    NotebookActions.outputCleared.connect((_, { notebook, cell }) => this.#of(notebook)?.clear(cell.model));
    NotebookActions.executionScheduled.connect((_, { notebook, cell }) => this.#of(notebook)?.queued(cell.model));
    NotebookActions.executed.connect((_, { notebook, cell }) => this.#of(notebook)?.ended(cell.model));
  }

  /** A notebook was opened. */
  get added(): ISignal<this, WatchedNotebook> {
    return this.#added;
  }

  /** Another one is in front. */
  get currentChanged(): ISignal<this, void> {
    return this.#currentChanged;
  }

  all(): readonly WatchedNotebook[] {
    return [...this.#watched.values()];
  }

  /** The one in front; null without one. */
  current(): WatchedNotebook | null {
    const panel = this.#parts.tracker?.currentWidget ?? null;
    return panel === null ? null : (this.#watched.get(panel) ?? null);
  }

  #of(content: Notebook): WatchedNotebook | undefined {
    return this.all().find(({ panel }) => panel.content === content);
  }

  #watch(panel: NotebookPanel): void {
    if (this.#watched.has(panel) || panel.isDisposed) return;
    const { connection, options, log } = this.#parts;
    const notebook = new WatchedNotebook({ panel, connection, options, log });
    this.#watched.set(panel, notebook);
    panel.disposed.connect(() => {
      this.#watched.delete(panel);
      this.#currentChanged.emit();
    });
    measureByItself(notebook, options, log);
    this.#added.emit(notebook);
    if (this.current() === notebook) this.#currentChanged.emit();
  }
}

/** Loads the package into each new kernel, where the user has set that. */
function measureByItself(notebook: WatchedNotebook, options: Options, log: (message: string) => void): void {
  const { sessionContext } = notebook.panel;
  let done: object | null = null;
  const look = async (): Promise<void> => {
    const { kernel } = notebook;
    if (options.values.measure !== "python" || kernel === null || kernel === done || notebook.measured) return;
    done = kernel;
    try {
      const { language_info } = await kernel.info;
      if (language_info.name.toLowerCase() !== "python") return;
      await loadInto(kernel);
      await notebook.seek();
    } catch (error) {
      // Nobody asked at this moment: the panel's hint offers it again.
      log(`Gorgon: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  sessionContext.kernelChanged.connect(() => void look());
  sessionContext.statusChanged.connect((_, status) => {
    // A restarted kernel is a new one under the old name.
    if (status === "restarting" || status === "autorestarting") done = null;
    else if (status === "idle") void look();
  });
  options.changed.connect(() => void look());
  void look();
}
