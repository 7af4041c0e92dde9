/** The view *Most Expensive Cells*: follows the notebook in front, and feeds its page while that is seen. */
import type * as vscode from "vscode";
import { COST_ORDERS, type CostOrder, type CostlyCommand, type FromCostly } from "../../protocol/messages/costly.ts";
import { createNonce, dashboardHtml } from "../dashboard/html.ts";
import type { Disposable } from "../signal.ts";
import type { Timers } from "../timers.ts";
import { costlySnapshot } from "./costly-rows.ts";
import { revealCell, type Deaths } from "./deaths.ts";
import type { KernelBindings } from "./kernels.ts";
import { CELLS_VIEW, NOTEBOOK_COMMANDS, NOTEBOOK_TYPES } from "./names.ts";
import type { CellRecords } from "./records.ts";
import type { RunTracker } from "./tracker.ts";
import type { Shares } from "../../protocol/cell-words.ts";

/** Records come in bursts, milliseconds. */
const SOON_MS = 200;
/** What runs is drawn anew so often, milliseconds. */
const LIVE_MS = 1000;
const ORDER_KEY = "gorgon.costlyOrder";

const COMMANDS: Readonly<Record<CostlyCommand, string>> = {
  measure: NOTEBOOK_COMMANDS.measureKernel,
  choose: NOTEBOOK_COMMANDS.chooseKernel,
};

/** What it is made from. */
export interface CostlyParts {
  readonly vs: typeof vscode;
  readonly timers: Timers;
  readonly memory: vscode.Memento;
  readonly records: CellRecords;
  readonly tracker: RunTracker;
  readonly kernels: KernelBindings;
  readonly deaths: Deaths;
  readonly extensionUri: vscode.Uri;
  readonly words: Readonly<Record<string, string>>;
  readonly shares: () => Shares;
  readonly log: (message: string) => void;
}

/** Owns the view once VS Code has made it. */
export class CostlyCells implements Disposable {
  readonly #parts: CostlyParts;
  readonly #subscriptions: readonly { dispose(): unknown }[];
  #view: vscode.WebviewView | undefined;
  #viewEvents: readonly { dispose(): unknown }[] = [];
  #ready = false;
  #notebook: vscode.NotebookDocument | null = null;
  #soon: (() => void) | null = null;
  #sent = "";

  constructor(parts: CostlyParts) {
    this.#parts = parts;
    const { vs, records, tracker, kernels, deaths } = parts;
    this.#notebook = notebookIn(vs.window.activeNotebookEditor) ?? notebookIn(vs.window.visibleNotebookEditors[0]);
    this.#subscriptions = [
      vs.window.onDidChangeActiveNotebookEditor((editor) => {
        // With a text or a page in front, the notebook of before is still what it is about.
        const notebook = notebookIn(editor);
        if (notebook === null) return;
        this.#notebook = notebook;
        this.refresh();
      }),
      vs.workspace.onDidCloseNotebookDocument((notebook) => {
        if (notebook !== this.#notebook) return;
        this.#notebook = notebookIn(vs.window.activeNotebookEditor);
        this.refresh();
      }),
      records.onChange.on((uri) => {
        if (uri === this.#notebook?.uri.toString()) this.refresh();
      }),
      ...[tracker.onStart, tracker.onIdle].map((signal) => signal.on(() => this.refresh())),
      ...[kernels.onChange, deaths.onChange].map((signal) => signal.on(() => this.refresh())),
    ];
  }

  /** VS Code made the view, or made it anew. */
  resolve(view: vscode.WebviewView): void {
    const { vs, extensionUri, words } = this.#parts;
    for (const one of this.#viewEvents) one.dispose();
    const folder = vs.Uri.joinPath(extensionUri, "dist", "webview");
    const { webview } = view;
    webview.options = {
      enableScripts: true,
      enableForms: false,
      enableCommandUris: false,
      localResourceRoots: [folder],
    };
    this.#view = view;
    this.#ready = false;
    this.#viewEvents = [
      webview.onDidReceiveMessage((value: unknown) => void this.#take(value)),
      view.onDidChangeVisibility(() => this.refresh()),
      view.onDidDispose(() => {
        if (this.#view === view) this.#view = undefined;
      }),
    ];
    const address = (name: string): string => webview.asWebviewUri(vs.Uri.joinPath(folder, name)).toString();
    webview.html = dashboardHtml(
      {
        ...{ cspSource: webview.cspSource, script: address("costly.js"), language: vs.env.language, words },
        styles: [address("codicon.css"), address("costly.css")],
      },
      createNonce(),
    );
  }

  /** Brings the view to the front. */
  async reveal(): Promise<void> {
    await this.#parts.vs.commands.executeCommand(`${CELLS_VIEW}.focus`);
  }

  /** To be called when what it shows may be another. */
  refresh(): void {
    this.#wait(SOON_MS);
  }

  dispose(): void {
    this.#soon?.();
    for (const one of [...this.#subscriptions, ...this.#viewEvents]) one.dispose();
  }

  get #order(): CostOrder {
    const kept = this.#parts.memory.get<unknown>(ORDER_KEY);
    return COST_ORDERS.find((one) => one === kept) ?? "time";
  }

  #wait(milliseconds: number): void {
    if (this.#view === undefined) return;
    this.#soon ??= this.#parts.timers.after(milliseconds, () => {
      this.#soon = null;
      this.#post();
    });
  }

  #post(): void {
    const view = this.#view;
    if (view?.visible !== true || !this.#ready) return;
    const { records, tracker, kernels, timers, shares, log } = this.#parts;
    const notebook = this.#notebook;
    const run = notebook === null ? null : tracker.runningIn(notebook);
    const binding = notebook === null ? null : kernels.of(notebook);
    const snapshot = costlySnapshot({
      ...{ notebook, run, binding, order: this.#order, shares: shares(), now: timers.now() },
      costs: notebook === null ? [] : records.all(notebook),
      hasRun: notebook !== null && tracker.hasRun(notebook),
      rivals: notebook === null ? 0 : kernels.candidates(notebook).length,
    });
    const text = JSON.stringify(snapshot);
    if (text !== this.#sent) {
      this.#sent = text;
      view.webview.postMessage(snapshot).then(undefined, (error: unknown) => {
        log(`The view of the cells did not take a message: ${String(error)}`);
      });
    }
    if (run !== null) this.#wait(LIVE_MS);
  }

  async #take(value: unknown): Promise<void> {
    const { vs, memory, log } = this.#parts;
    const message = parseFromCostly(value);
    const notebook = this.#notebook;
    try {
      switch (message?.type) {
        case "ready":
          this.#ready = true;
          this.#sent = "";
          this.#post();
          break;
        case "order":
          await memory.update(ORDER_KEY, message.order);
          this.#post();
          break;
        case "go":
          if (notebook !== null && message.index < notebook.cellCount) {
            await revealCell(vs, notebook.cellAt(message.index));
          }
          break;
        case "cost":
          await vs.commands.executeCommand(NOTEBOOK_COMMANDS.showCellCost, message.id);
          break;
        case "command":
          await vs.commands.executeCommand(COMMANDS[message.command]);
          break;
        case undefined:
          log("The view of the cells sent something that is no message; it was refused.");
      }
    } catch (error) {
      log(`The view of the cells: ${String(error)}`);
    }
  }
}

function notebookIn(editor: vscode.NotebookEditor | undefined): vscode.NotebookDocument | null {
  return editor !== undefined && NOTEBOOK_TYPES.includes(editor.notebook.notebookType) ? editor.notebook : null;
}

/** A message of the page; null for what is none. */
export function parseFromCostly(value: unknown): FromCostly | null {
  if (typeof value !== "object" || value === null) return null;
  const { type, order, index, id, command } = value as Readonly<Record<string, unknown>>;
  const known = COST_ORDERS.find((one) => one === order);
  if (type === "ready") return { type };
  if (type === "order" && known !== undefined) return { type, order: known };
  if (type === "go" && typeof index === "number" && Number.isInteger(index) && index >= 0) return { type, index };
  if (type === "cost" && typeof id === "string") return { type, id };
  if (type === "command" && (command === "measure" || command === "choose")) return { type, command };
  return null;
}
