/** The notebook side, put together: what it hears of VS Code and the worker, who gets it, and what its commands do. */
import { config, t } from "@vscode/l10n";
import type * as vscode from "vscode";
import type { Alert } from "../../protocol/alert.ts";
import { CELL_MIME } from "../../protocol/cell.ts";
import type { CellRecord } from "../../protocol/cell.ts";
import type { KernelsState } from "../../protocol/kernel.ts";
import { cellEnded, getKernels, kernelsChanged } from "../../protocol/messages/worker.ts";
import type { Disposable } from "../signal.ts";
import type { Timers } from "../timers.ts";
import type { Worker } from "../worker/worker.ts";
import { cellHash, cellUri, codeCells } from "./cells.ts";
import { costPage } from "./cost-page.ts";
import { CostlyCells } from "./costly.ts";
import { deathPage } from "./death-page.ts";
import { Deaths } from "./deaths.ts";
import { GuardPrompts } from "./guard.ts";
import { Jupyter } from "./jupyter.ts";
import { chooseKernel } from "./choose.ts";
import { KernelBindings } from "./kernels.ts";
import { Measuring } from "./measure.ts";
import { NOTEBOOK_COMMANDS, NOTEBOOK_TYPES, type NotebookCommand } from "./names.ts";
import { readItemOptions } from "./options.ts";
import { Pages, type PageContent } from "./page.ts";
import { parseRecord } from "../../protocol/cell-parse.ts";
import { CellItems } from "./provider.ts";
import { CellRecords } from "./records.ts";
import { RunReporter } from "./reporter.ts";
import { cellOf, notebookOf } from "./targets.ts";
import { RunTracker } from "./tracker.ts";

/** The bell's rule for kernels that wait for an answer, and the label by which an alert names a death. */
const FROZEN_RULE = "kernel-frozen";
const DEATH_LABEL = "jupyter.kernel.death";

/** What the notebook side is made from. */
export interface NotebookParts {
  readonly vs: typeof vscode;
  readonly worker: Pick<Worker, "on" | "onStatus" | "send" | "status" | "tell">;
  readonly timers: Timers;
  /** The workspace's memory: costs, and that kernels may be measured. */
  readonly memory: vscode.Memento;
  readonly extensionUri: vscode.Uri;
  readonly log: (message: string) => void;
  /** The process that starts kernels for this window. */
  readonly hostPid: number;
  readonly hostName: string;
  /** The window's language: its sentences by the English ones. */
  readonly words: Readonly<Record<string, string>>;
}

/** Starts it. Its bundle has words of its own. */
export function startNotebooks(parts: NotebookParts): Notebooks {
  config({ contents: { ...parts.words } });
  return new Notebooks(parts);
}

/** There from the first notebook on. */
export class Notebooks implements Disposable {
  readonly #parts: NotebookParts;
  readonly #records: CellRecords;
  readonly #tracker: RunTracker;
  readonly #kernels: KernelBindings;
  readonly #deaths: Deaths;
  readonly #guards: GuardPrompts;
  readonly #measuring: Measuring;
  readonly #costly: CostlyCells;
  readonly #pages: Pages;
  readonly #subscriptions: readonly { dispose(): unknown }[];

  constructor(parts: NotebookParts) {
    this.#parts = parts;
    const { vs, worker, timers, memory, log } = parts;
    const notebooks = (): readonly vscode.NotebookDocument[] => ours(vs);
    const records = new CellRecords({ memory, timers, log });
    const tracker = new RunTracker(timers);
    const kernels = new KernelBindings({ tracker, notebooks, hostPid: parts.hostPid });
    const reporter = new RunReporter({ worker, timers, tracker, kernels, records, log });
    const deaths = new Deaths({ vs, timers, kernels, tracker });
    const guards = new GuardPrompts({ vs, worker, kernels, tracker });
    const options = () => readItemOptions(vs);
    const measuring = new Measuring({
      ...{ vs, timers, memory, log, tracker, kernels, reporter },
      ...{ jupyter: new Jupyter(vs), extensionUri: parts.extensionUri, hostName: parts.hostName },
      take: (record) => this.#take(record),
    });
    const items = new CellItems({
      ...{ vs, timers, records, tracker, kernels, options },
      deathOf: (cell) => deaths.of(cell),
      guardOf: (cell) => guards.of(cell),
    });
    const costly = new CostlyCells({
      ...{ vs, timers, memory, records, tracker, kernels, deaths, log },
      ...{ extensionUri: parts.extensionUri, words: parts.words, shares: () => options().shares },
    });
    this.#records = records;
    this.#tracker = tracker;
    this.#kernels = kernels;
    this.#deaths = deaths;
    this.#guards = guards;
    this.#measuring = measuring;
    this.#costly = costly;
    this.#pages = new Pages(vs);
    const { workspace } = vs;
    this.#subscriptions = [
      workspace.onDidOpenNotebookDocument((notebook) => this.#open(notebook)),
      workspace.onDidCloseNotebookDocument((notebook) => {
        records.close(notebook);
        tracker.stop(notebook);
        kernels.unbind(notebook);
      }),
      workspace.onDidSaveNotebookDocument((notebook) => records.save(notebook)),
      workspace.onDidRenameFiles(({ files }) => {
        for (const { oldUri, newUri } of files) void records.rename(oldUri.toString(), newUri.toString());
      }),
      workspace.onDidChangeNotebookDocument((event) => this.#change(event)),
      workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration("gorgon.notebook")) return;
        items.refresh();
        costly.refresh();
      }),
      worker.on(kernelsChanged, (state) => this.#see(state)),
      worker.on(cellEnded, ({ record }) => this.#take(record)),
      worker.onStatus.on(({ status }) => {
        if (status === "running") this.#ask();
      }),
      tracker.onEmpty.on((cell) => records.clear(cell)),
      tracker.onEnd.on(({ cell, startedAt, endedAt }) => records.ran(cell, startedAt, endedAt)),
      records.onChange.on(() => this.#refreshPage()),
      ...[deaths.onChange.on(() => items.refresh()), guards.onChange.on(() => items.refresh())],
      ...[items, costly, this.#pages, measuring, guards, deaths, reporter, kernels, tracker, records],
    ];
    for (const notebook of ours(vs)) this.#open(notebook);
    if (worker.status.status === "running") this.#ask();
  }

  /** Writes what has not been written: the window closes. */
  flush(): Promise<void> {
    return this.#records.flush();
  }

  /** VS Code made the view *Most Expensive Cells*. */
  resolveView(view: vscode.WebviewView): void {
    this.#costly.resolve(view);
  }

  /** Carries out a command. Rejects with the reason in words. */
  async run(command: NotebookCommand, args: readonly unknown[]): Promise<void> {
    const { vs } = this.#parts;
    const [first, second] = args;
    const notebook = notebookOf(vs, first);
    const argument = typeof second === "string" ? second : undefined;
    switch (command) {
      case NOTEBOOK_COMMANDS.measureKernel:
        return this.#measuring.measure(wanted(notebook));
      case NOTEBOOK_COMMANDS.chooseKernel:
        return chooseKernel(vs, this.#kernels, wanted(notebook));
      case NOTEBOOK_COMMANDS.showCellCost:
        this.#showCost(cellOf(vs, first));
        return;
      case NOTEBOOK_COMMANDS.showCostlyCells:
        return this.#costly.reveal();
      case NOTEBOOK_COMMANDS.whyKernelDied:
        this.#showDeath(argument, notebook);
        return;
      case NOTEBOOK_COMMANDS.restartWithLimit:
        return this.#restart(argument, notebook);
      case NOTEBOOK_COMMANDS.answerGuard:
        return this.#guards.answer(notebook, argument);
      case NOTEBOOK_COMMANDS.forgetCells:
        this.#records.forget(wanted(notebook));
    }
  }

  /** Whether an alert of the bell is about a kernel's death or frost that this window tells by itself. */
  isTold({ rule, labels }: Pick<Alert, "labels" | "rule">): boolean {
    if (rule === FROZEN_RULE) return this.#guards.frozen().length > 0;
    const id = labels[DEATH_LABEL];
    return id !== undefined && this.#deaths.list().some((one) => one.id === id);
  }

  dispose(): void {
    for (const one of this.#subscriptions) one.dispose();
  }

  #open(notebook: vscode.NotebookDocument): void {
    if (!NOTEBOOK_TYPES.includes(notebook.notebookType)) return;
    this.#records.open(notebook);
    // A file that was run elsewhere may carry records in its outputs.
    for (const cell of codeCells(notebook)) if (this.#records.of(cell) === null) this.#readOutputs(cell);
  }

  #change(event: vscode.NotebookDocumentChangeEvent): void {
    if (!NOTEBOOK_TYPES.includes(event.notebook.notebookType)) return;
    this.#records.edit(event);
    this.#tracker.see(event);
    for (const { cell, outputs } of event.cellChanges) if (outputs !== undefined) this.#readOutputs(cell);
  }

  #readOutputs(cell: vscode.NotebookCell): void {
    for (const { items } of cell.outputs) {
      for (const { mime, data } of items) {
        if (mime !== CELL_MIME) continue;
        const record = parsed(data);
        if (record !== null) this.#records.add(cell, record);
      }
    }
  }

  #ask(): void {
    this.#parts.worker.send(getKernels, null).then(
      (state) => {
        // A worker of before, or one in a test, has nothing to say of kernels.
        if (Array.isArray((state as Partial<KernelsState> | null)?.kernels)) this.#see(state);
      },
      (error: unknown) => this.#parts.log(`The kernels are not known: ${String(error)}`),
    );
  }

  #see(state: KernelsState): void {
    // An answer may be overtaken by what changed meanwhile.
    if (state.time < this.#kernels.state.time) return;
    this.#deaths.see(state);
    this.#kernels.see(state);
    for (const { running } of state.kernels) {
      const cell = running === null ? null : cellOf(this.#parts.vs, running.cell.id);
      if (running !== null && cell !== null) {
        this.#tracker.confirm(cell, running.startedAt, running.cell.executionCount);
      }
    }
  }

  #take(record: CellRecord): void {
    const cell = this.#kernels.cellOf(record);
    if (cell !== null) this.#records.add(cell, record);
  }

  #costOf(cell: vscode.NotebookCell): PageContent | null {
    const cost = this.#records.of(cell);
    if (cost === null) return null;
    const { shares } = readItemOptions(this.#parts.vs);
    const edited = cost.now.cell.hash !== "" && cost.now.cell.hash !== cellHash(cell);
    return costPage({ cost, name: cellName(cell, cost.now.cell.label), file: fileName(cell.notebook), shares, edited });
  }

  #showCost(cell: vscode.NotebookCell | null): void {
    const content = cell === null ? null : this.#costOf(cell);
    if (cell === null || content === null) {
      throw new Error(t("Nothing has been measured of this cell yet. Run it, and choose this again."));
    }
    this.#pages.show(cellUri(cell), content);
  }

  #refreshPage(): void {
    const cell = this.#pages.subject === "" ? null : cellOf(this.#parts.vs, this.#pages.subject);
    const content = cell === null ? null : this.#costOf(cell);
    if (content !== null) this.#pages.refresh(content);
  }

  #showDeath(id: string | undefined, notebook: vscode.NotebookDocument | null): void {
    const death = this.#deathOf(id, notebook);
    const { notebook: where, cell } = this.#deaths.placeOf(death.id);
    const file = where === null ? "" : fileName(where);
    this.#pages.show(death.id, deathPage(death, cell === null ? "" : cellName(cell, death.cell?.label ?? ""), file));
  }

  async #restart(id: string | undefined, notebook: vscode.NotebookDocument | null): Promise<void> {
    const death = id === undefined ? null : this.#deathOf(id, notebook);
    const where = death === null ? notebook : (this.#deaths.placeOf(death.id).notebook ?? notebook);
    await this.#measuring.restartWithLimit(wanted(where), death?.limit?.bytes ?? null);
  }

  #deathOf(id: string | undefined, notebook: vscode.NotebookDocument | null) {
    const all = this.#deaths.list();
    const here = all.find((one) => this.#deaths.placeOf(one.id).notebook === notebook);
    const found = id === undefined ? (here ?? all[0]) : all.find((one) => one.id === id);
    if (found === undefined) throw new Error(t("No kernel of this window has died lately."));
    return found;
  }
}

function ours(vs: typeof vscode): readonly vscode.NotebookDocument[] {
  return vs.workspace.notebookDocuments.filter((one) => NOTEBOOK_TYPES.includes(one.notebookType) && !one.isClosed);
}

function wanted(notebook: vscode.NotebookDocument | null): vscode.NotebookDocument {
  if (notebook === null) throw new Error(t("Open a notebook first: this is about the one in front."));
  return notebook;
}

function fileName(notebook: vscode.NotebookDocument): string {
  return notebook.uri.path.split("/").at(-1) ?? "";
}

/** What a cell is called on a page. */
export function cellName(cell: vscode.NotebookCell, label: string): string {
  return label === "" ? t("Cell {0}", cell.index + 1) : label;
}

function parsed(data: Uint8Array): CellRecord | null {
  try {
    return parseRecord(JSON.parse(Buffer.from(data).toString("utf8")));
  } catch {
    return null;
  }
}
