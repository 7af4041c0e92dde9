/** Notebooks in a stand-in of VS Code: a test opens them, runs their cells in VS Code's steps and reads what stands under them. */
import type * as vscode from "vscode";
import { Signal } from "../signal.ts";
import { FakeUri } from "./faces.ts";

type Summary = vscode.NotebookCellExecutionSummary;

/** A cell that a test makes. */
export interface NewCell {
  readonly text: string;
  /** nbformat's id; none without one. */
  readonly id?: string;
  readonly markdown?: boolean;
}

/** A cell whose state is the test's. */
export interface FakeCell {
  index: number;
  readonly notebook: FakeNotebook;
  readonly kind: number;
  readonly metadata: Record<string, unknown>;
  outputs: readonly { readonly items: readonly { readonly mime: string; readonly data: Uint8Array }[] }[];
  executionSummary: Summary | undefined;
  text: string;
  /** VS Code's name of it. */
  readonly name: string;
  readonly document: unknown;
}

/** An open notebook. */
export interface FakeNotebook {
  uri: FakeUri;
  readonly notebookType: string;
  isClosed: boolean;
  metadata: Record<string, unknown>;
  cells: FakeCell[];
  readonly cellCount: number;
  getCells(): FakeCell[];
  cellAt(index: number): FakeCell;
}

/** A view's page played by a test. */
export interface FakeView {
  readonly posted: unknown[];
  readonly webview: { html: string };
  visible: boolean;
  readonly send: (message: unknown) => void;
  readonly show: (visible: boolean) => void;
}

/** One item as VS Code would draw it. */
export interface FakeCellItem {
  readonly text: string;
  readonly tooltip: string;
  readonly priority: number;
  readonly command: { readonly command: string; readonly arguments: readonly unknown[] };
  readonly accessibilityInformation: { readonly label: string };
}

const EDITOR = (notebook: FakeNotebook) => ({
  notebook,
  selection: { start: 0, end: 1 },
  viewColumn: 1,
  revealRange: () => undefined,
});

/** Gives a piece of the module to it without losing its getters. */
function joined<T extends object, U extends object>(base: T, more: U): T & U {
  return Object.defineProperties(base, Object.getOwnPropertyDescriptors(more)) as T & U;
}

/** Everything about notebooks. */
export class FakeNotebooks {
  readonly documents: FakeNotebook[] = [];
  readonly providers: { readonly type: string; readonly provider: vscode.NotebookCellStatusBarItemProvider }[] = [];
  readonly viewProviders = new Map<string, vscode.WebviewViewProvider>();
  /** Extensions by id: their API. */
  readonly extensions = new Map<string, { isActive: boolean; exports: unknown; activate(): Promise<unknown> }>();
  /** Files by path, for `workspace.fs`. */
  readonly files = new Map<string, Uint8Array>();
  /** Cells that were shown, by their place. */
  readonly revealed: number[] = [];
  active: FakeNotebook | undefined;
  /** How often items were asked to be drawn anew. */
  redrawn = 0;
  readonly #opened = new Signal<FakeNotebook>();
  readonly #closed = new Signal<FakeNotebook>();
  readonly #saved = new Signal<FakeNotebook>();
  readonly #changed = new Signal<unknown>();
  readonly #renamed = new Signal<unknown>();
  readonly #front = new Signal<unknown>();
  #handles = 0;

  /** Names of the module. */
  readonly module = {
    NotebookCellKind: { Markup: 1, Code: 2 },
    NotebookCellStatusBarAlignment: { Left: 1, Right: 2 },
    NotebookEditorRevealType: { InCenterIfOutsideViewport: 2 },
    NotebookRange: class {
      readonly start: number;
      readonly end: number;
      constructor(start: number, end: number) {
        this.start = start;
        this.end = end;
      }
    },
    NotebookCellStatusBarItem: class {
      readonly text: string;
      readonly alignment: number;
      constructor(text: string, alignment: number) {
        this.text = text;
        this.alignment = alignment;
      }
    },
    CancellationTokenSource: class {
      readonly token = { isCancellationRequested: false };
      cancel(): void {
        throw new Error("Cancelling interrupts the user's cell.");
      }
      dispose(): void {
        // Nothing to let go of.
      }
    },
    extensions: { getExtension: (id: string) => this.extensions.get(id) },
    notebooks: {
      registerNotebookCellStatusBarItemProvider: (type: string, provider: vscode.NotebookCellStatusBarItemProvider) => {
        const one = { type, provider };
        this.providers.push(one);
        if (type === "jupyter-notebook") provider.onDidChangeCellStatusBarItems?.(() => void (this.redrawn += 1));
        return { dispose: () => void this.providers.splice(this.providers.indexOf(one), 1) };
      },
    },
  };

  /** Adds what `vscode.window` has for notebooks. */
  inWindow<T extends object>(base: T) {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- getters have a `this` of their own
    const all = this;
    return joined(base, {
      get activeNotebookEditor() {
        return all.active === undefined ? undefined : EDITOR(all.active);
      },
      get visibleNotebookEditors() {
        return all.active === undefined ? [] : [EDITOR(all.active)];
      },
      onDidChangeActiveNotebookEditor: (listener: (editor: unknown) => void) => this.#front.on(listener),
      showNotebookDocument: (notebook: FakeNotebook, options: { selections?: readonly { start: number }[] } = {}) => {
        this.active = notebook;
        for (const { start } of options.selections ?? []) this.revealed.push(start);
        return Promise.resolve(EDITOR(notebook));
      },
      registerWebviewViewProvider: (id: string, provider: vscode.WebviewViewProvider) => {
        this.viewProviders.set(id, provider);
        return { dispose: () => this.viewProviders.delete(id) };
      },
    });
  }

  /** Adds what `vscode.workspace` has for notebooks. */
  inWorkspace<T extends object>(base: T) {
    return joined(base, {
      notebookDocuments: this.documents,
      onDidOpenNotebookDocument: (listener: (one: FakeNotebook) => void) => this.#opened.on(listener),
      onDidCloseNotebookDocument: (listener: (one: FakeNotebook) => void) => this.#closed.on(listener),
      onDidSaveNotebookDocument: (listener: (one: FakeNotebook) => void) => this.#saved.on(listener),
      onDidChangeNotebookDocument: (listener: (event: unknown) => void) => this.#changed.on(listener),
      onDidRenameFiles: (listener: (event: unknown) => void) => this.#renamed.on(listener),
      fs: {
        readFile: (uri: FakeUri) => {
          const file = this.files.get(uri.path);
          return file === undefined ? Promise.reject(new Error("ENOENT")) : Promise.resolve(file);
        },
      },
    });
  }

  /** Opens a notebook and puts it in front. */
  open(path: string, cells: readonly NewCell[], scheme = "file"): FakeNotebook {
    const notebook: FakeNotebook = {
      uri: new FakeUri(scheme, path),
      notebookType: "jupyter-notebook",
      isClosed: false,
      metadata: { metadata: { language_info: { name: "python" } } },
      cells: [],
      get cellCount() {
        return notebook.cells.length;
      },
      getCells: () => [...notebook.cells],
      cellAt: (index) => notebook.cells[index] ?? missing(),
    };
    notebook.cells = cells.map((one) => this.#cell(notebook, one));
    number(notebook);
    this.documents.push(notebook);
    this.active = notebook;
    this.#opened.fire(notebook);
    this.#front.fire(EDITOR(notebook));
    return notebook;
  }

  close(notebook: FakeNotebook): void {
    notebook.isClosed = true;
    this.documents.splice(this.documents.indexOf(notebook), 1);
    if (this.active === notebook) this.active = undefined;
    this.#closed.fire(notebook);
  }

  save(notebook: FakeNotebook): void {
    this.#saved.fire(notebook);
  }

  rename(from: string, to: string): void {
    this.#renamed.fire({ files: [{ oldUri: new FakeUri("file", from), newUri: new FakeUri("file", to) }] });
  }

  /** Puts cells in at a place. */
  insert(notebook: FakeNotebook, at: number, cells: readonly NewCell[]): void {
    const added = cells.map((one) => this.#cell(notebook, one));
    this.splice(notebook, at, 0, added);
  }

  /** Takes cells out, puts others in; a cell may be both. */
  splice(notebook: FakeNotebook, at: number, count: number, added: readonly FakeCell[] = []): FakeCell[] {
    const removed = notebook.cells.splice(at, count, ...added);
    for (const cell of removed) if (!notebook.cells.includes(cell)) cell.index = -1;
    number(notebook);
    this.#change(notebook, [], [{ removedCells: removed, addedCells: added }]);
    return removed;
  }

  /** Moves a cell as VS Code does: out and in, in one change. */
  move(notebook: FakeNotebook, from: number, to: number): void {
    const [cell] = notebook.cells.splice(from, 1);
    if (cell === undefined) return;
    notebook.cells.splice(to, 0, cell);
    number(notebook);
    this.#change(
      notebook,
      [],
      [
        { removedCells: [cell], addedCells: [] },
        { removedCells: [], addedCells: [cell] },
      ],
    );
  }

  /** One step of a run. */
  step(cell: FakeCell, summary: Summary): void {
    cell.executionSummary = summary;
    this.#change(cell.notebook, [{ cell, executionSummary: summary }]);
  }

  /** Queued, sent and numbered: the cell runs. */
  begin(cell: FakeCell, executionOrder: number): void {
    this.step(cell, {});
    this.step(cell, {});
    this.step(cell, { executionOrder });
    this.step(cell, { executionOrder });
  }

  /** The run's end. */
  end(cell: FakeCell, startTime: number, endTime: number, success = true): void {
    const { executionOrder } = cell.executionSummary ?? {};
    this.step(cell, {
      ...(executionOrder === undefined ? {} : { executionOrder }),
      success,
      timing: { startTime, endTime },
    });
  }

  /** New outputs. */
  output(cell: FakeCell, mime: string, value: unknown): void {
    cell.outputs = [{ items: [{ mime, data: Buffer.from(JSON.stringify(value)) }] }];
    this.#change(cell.notebook, [{ cell, outputs: cell.outputs }]);
  }

  /** What stands under a cell now. */
  under(cell: FakeCell): readonly FakeCellItem[] {
    return this.providers
      .filter(({ type }) => type === cell.notebook.notebookType)
      .flatMap(({ provider }) => provider.provideCellStatusBarItems(real(cell), undefined as never) as never);
  }

  /** Opens a view of the side bar. */
  openView(id: string): FakeView {
    const messages = new Signal<unknown>();
    const visibility = new Signal<undefined>();
    const posted: unknown[] = [];
    const webview = {
      html: "",
      options: {},
      cspSource: "https://webview.test",
      asWebviewUri: (uri: FakeUri) => ({ toString: () => `https://webview.test${uri.path}` }),
      onDidReceiveMessage: (listener: (message: unknown) => void) => messages.on(listener),
      postMessage: (message: unknown) => {
        posted.push(message);
        return Promise.resolve(true);
      },
    };
    const view: FakeView = {
      ...{ posted, webview, visible: true },
      send: (message) => messages.fire(message),
      show: (visible) => {
        view.visible = visible;
        visibility.fire(undefined);
      },
    };
    const events = {
      onDidChangeVisibility: (listener: () => void) => visibility.on(listener),
      onDidDispose: () => ({ dispose: () => undefined }),
    };
    const whole = Object.assign(view, events) as unknown as vscode.WebviewView;
    void this.viewProviders.get(id)?.resolveWebviewView(whole, undefined as never, undefined as never);
    return view;
  }

  #change(notebook: FakeNotebook, cellChanges: readonly unknown[], contentChanges: readonly unknown[] = []): void {
    this.#changed.fire({ notebook, metadata: undefined, cellChanges, contentChanges });
  }

  #cell(notebook: FakeNotebook, { text, id, markdown }: NewCell): FakeCell {
    const name = `vscode-notebook-cell:${notebook.uri.path}#W${String(this.#handles++)}sZmlsZQ==`;
    const cell: FakeCell = {
      ...{ index: 0, notebook, kind: markdown === true ? 1 : 2, metadata: id === undefined ? {} : { id } },
      ...{ outputs: [], executionSummary: undefined, text, name },
      document: {
        uri: { toString: () => name },
        getText: () => cell.text,
        get lineCount() {
          return cell.text.split("\n").length;
        },
        lineAt: (line: number) => ({ text: cell.text.split("\n")[line] ?? "" }),
      },
    };
    return cell;
  }
}

function number(notebook: FakeNotebook): void {
  notebook.cells.forEach((cell, index) => (cell.index = index));
}

function missing(): never {
  throw new Error("There is no such cell.");
}

/** A cell as the extension sees it. */
export function real(cell: FakeCell): vscode.NotebookCell {
  return cell as unknown as vscode.NotebookCell;
}

/** A notebook as the extension sees it. */
export function realNotebook(notebook: FakeNotebook): vscode.NotebookDocument {
  return notebook as unknown as vscode.NotebookDocument;
}
