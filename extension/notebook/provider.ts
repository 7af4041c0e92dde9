/** Hands VS Code the items under each cell, and asks it to look again: at once for news, each second while a cell runs. */
import type * as vscode from "vscode";
import { wallOf } from "../../protocol/cell-items.ts";
import type { GuardState, KernelDeath } from "../../protocol/kernel.ts";
import type { Disposable } from "../signal.ts";
import type { Timers } from "../timers.ts";
import { cellUri, isCode } from "./cells.ts";
import { costItems, deathItems, frozenItems, liveItems, type CellItem, type ItemOptions } from "./items.ts";
import type { KernelBindings } from "./kernels.ts";
import { NOTEBOOK_TYPES } from "./names.ts";
import type { CellRecords } from "./records.ts";
import type { RunTracker } from "./tracker.ts";

/** How often the items of a running cell are drawn anew, milliseconds. */
const LIVE_MS = 1000;
/** Several things change at once when a run ends, milliseconds. */
const SOON_MS = 50;
/** VS Code's own items, e.g. its time, come first. */
const FIRST_PRIORITY = 1000;

/** What it is made from. */
export interface ProviderParts {
  readonly vs: typeof vscode;
  readonly timers: Timers;
  readonly records: CellRecords;
  readonly tracker: RunTracker;
  readonly kernels: KernelBindings;
  readonly deathOf: (cell: vscode.NotebookCell) => KernelDeath | null;
  readonly guardOf: (cell: vscode.NotebookCell) => GuardState | null;
  readonly options: () => ItemOptions;
}

/** Registered for every kind of notebook that a kernel runs. */
export class CellItems implements vscode.NotebookCellStatusBarItemProvider, Disposable {
  readonly onDidChangeCellStatusBarItems: vscode.Event<void>;
  readonly #parts: ProviderParts;
  readonly #changed: vscode.EventEmitter<void>;
  readonly #subscriptions: readonly { dispose(): unknown }[];
  #soon: (() => void) | null = null;
  #tick: (() => void) | null = null;

  constructor(parts: ProviderParts) {
    this.#parts = parts;
    const { vs, records, tracker, kernels } = parts;
    this.#changed = new vs.EventEmitter();
    this.onDidChangeCellStatusBarItems = this.#changed.event;
    this.#subscriptions = [
      this.#changed,
      records.onChange.on(() => this.refresh()),
      tracker.onStart.on(() => this.refresh()),
      tracker.onIdle.on(() => this.refresh()),
      kernels.onChange.on(() => {
        if (this.#isLive()) this.refresh();
      }),
      ...NOTEBOOK_TYPES.map((type) => vs.notebooks.registerNotebookCellStatusBarItemProvider(type, this)),
    ];
  }

  /** To be called when what stands under a cell may be another. */
  refresh(): void {
    this.#soon ??= this.#parts.timers.after(SOON_MS, () => {
      this.#soon = null;
      this.#changed.fire();
      this.#follow();
    });
  }

  provideCellStatusBarItems(cell: vscode.NotebookCell): vscode.NotebookCellStatusBarItem[] {
    if (!isCode(cell)) return [];
    return this.#itemsOf(cell).map((one, index) => this.#made(one, cell, index));
  }

  dispose(): void {
    this.#soon?.();
    this.#tick?.();
    for (const one of this.#subscriptions) one.dispose();
  }

  #itemsOf(cell: vscode.NotebookCell): readonly CellItem[] {
    const { records, tracker, kernels, deathOf, guardOf, options, timers } = this.#parts;
    const guard = guardOf(cell);
    if (guard !== null) return frozenItems(guard);
    const death = deathOf(cell);
    if (death !== null) return deathItems(death);
    const wanted = options();
    const cost = records.of(cell);
    const run = tracker.runningIn(cell.notebook);
    const runs = run !== null && cellUri(run.cell) === cellUri(cell);
    // The package's record of the run comes a moment before VS Code sees its end, and shows its time.
    if (runs && cost?.cleared !== false) {
      const kernel = kernels.of(cell.notebook)?.state ?? null;
      // Its own time counts from the number on.
      const timed = cell.executionSummary?.executionOrder !== undefined;
      return liveItems({ startedAt: run.startedAt, kernel, timed }, timers.now(), wanted.show);
    }
    if (cost === null || cost.cleared) return [];
    return costItems(cost, wanted, runs ? wallOf(cost.now) : shownMs(cell));
  }

  #made(one: CellItem, cell: vscode.NotebookCell, index: number): vscode.NotebookCellStatusBarItem {
    const { vs } = this.#parts;
    const made = new vs.NotebookCellStatusBarItem(one.text, vs.NotebookCellStatusBarAlignment.Left);
    made.tooltip = one.tooltip;
    made.priority = FIRST_PRIORITY - index;
    // The cell by its name: an object would not arrive as it was.
    const place = [cellUri(cell), ...(one.argument === undefined ? [] : [one.argument])];
    made.command = { command: one.command, title: one.spoken, arguments: place };
    made.accessibilityInformation = { label: one.spoken };
    return made;
  }

  #isLive(): boolean {
    return this.#parts.tracker.running().length > 0;
  }

  #follow(): void {
    if (!this.#isLive() || this.#tick !== null) return;
    this.#tick = this.#parts.timers.after(LIVE_MS, () => {
      this.#tick = null;
      this.refresh();
    });
  }
}

/** The time that VS Code shows under a cell, milliseconds; null where it shows none, as in a file that was opened again. */
function shownMs({ executionSummary }: vscode.NotebookCell): number | null {
  const { success, timing } = executionSummary ?? {};
  return success === undefined || timing === undefined ? null : timing.endTime - timing.startTime;
}
