/** Kernels of this window that died: under their cell, in one notification each, and the page that says why. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { KernelDeath, KernelsState } from "../../protocol/kernel.ts";
import { notification } from "../escape.ts";
import { Signal, type Disposable } from "../signal.ts";
import type { Timers } from "../timers.ts";
import { cellUri } from "./cells.ts";
import type { KernelBindings } from "./kernels.ts";
import { NOTEBOOK_COMMANDS, NOTEBOOK_CONTEXTS } from "./names.ts";
import type { Between, RunTracker } from "./tracker.ts";

/** What a window finds when it opens is told if it is not older, milliseconds. */
const NEWS_MS = 60_000;
/** So long the steps of a run may come after its kernel's death, milliseconds. */
const STEPS_MS = 3000;
/** A kernel that nobody sees die may be missed so late, milliseconds. */
const MISSED_MS = 5000;

/** What it is made from. */
export interface DeathsParts {
  readonly vs: typeof vscode;
  readonly timers: Timers;
  readonly kernels: KernelBindings;
  readonly tracker: RunTracker;
}

interface Known {
  readonly death: KernelDeath;
  notebook: vscode.NotebookDocument | null;
  /** Null once the cell has been run or cleared since. */
  cell: vscode.NotebookCell | null;
  /** The death names its cell, or that has been run since: what VS Code tells later does not change it. */
  settled: boolean;
  /** VS Code has shown the end of the run that it died in: the next run of that cell is another one. */
  over: boolean;
}

/** Without a watcher it is known only that it was still there at the last look. */
function whenOf({ time, lastAt }: KernelDeath): Between {
  return { from: Math.min(time, Math.max(lastAt ?? time, time - MISSED_MS)), to: time };
}

/** Whether a user wants to hear of it: an end that was asked for is none. */
function isNews(death: KernelDeath): boolean {
  return death.cause !== "ended";
}

/** Keeps those of this window. */
export class Deaths implements Disposable {
  readonly onChange = new Signal<void>();
  readonly #parts: DeathsParts;
  readonly #known = new Map<string, Known>();
  readonly #subscriptions: readonly Disposable[];
  #context = false;

  constructor(parts: DeathsParts) {
    this.#parts = parts;
    const { tracker } = parts;
    this.#subscriptions = [
      tracker.onEmpty.on((cell) => this.#rerun(cell, ({ death }) => this.#isPast(death))),
      tracker.onStart.on(({ cell }) => this.#rerun(cell, ({ death, over }) => over || this.#isPast(death))),
      tracker.onEnd.on(({ cell, startedAt, outcome }) => {
        for (const one of this.#in(cell)) if (startedAt <= one.death.time) one.over = true;
        this.#rerun(cell, ({ death }) => startedAt > death.time);
        if (outcome === "error") this.#lookAgain();
      }),
    ];
  }

  /** Takes the worker's next word. Before the bindings do: they forget kernels that are gone. */
  see(state: KernelsState): void {
    for (const death of state.deaths) {
      if (this.#known.has(death.id) || !isNews(death) || !this.#parts.kernels.isOurs(death)) continue;
      this.#take(death);
    }
  }

  /** The death that happened in this cell. */
  of(cell: vscode.NotebookCell): KernelDeath | null {
    return this.#in(cell).at(-1)?.death ?? null;
  }

  /** All of this window, the newest first. */
  list(): readonly KernelDeath[] {
    return [...this.#known.values()].map(({ death }) => death).sort((a, b) => b.time - a.time);
  }

  /** Where it happened, as far as it is known. */
  placeOf(id: string): {
    readonly notebook: vscode.NotebookDocument | null;
    readonly cell: vscode.NotebookCell | null;
  } {
    const { notebook = null, cell = null } = this.#known.get(id) ?? {};
    return { notebook, cell };
  }

  dispose(): void {
    for (const one of this.#subscriptions) one.dispose();
    this.onChange.dispose();
  }

  /** Those in this cell, as they were told. */
  #in(cell: vscode.NotebookCell): readonly Known[] {
    const uri = cellUri(cell);
    return [...this.#known.values()].filter((one) => one.cell !== null && cellUri(one.cell) === uri);
  }

  /** VS Code has shown by now all steps of the run in which it happened. */
  #isPast(death: KernelDeath): boolean {
    return death.time <= this.#parts.timers.now() - STEPS_MS;
  }

  /** The cell runs again: deaths of before are not its cost any more. */
  #rerun(cell: vscode.NotebookCell, isBefore: (one: Known) => boolean): void {
    for (const one of this.#in(cell)) {
      if (!isBefore(one)) continue;
      one.cell = null;
      one.settled = true;
      this.onChange.fire();
    }
  }

  #take(death: KernelDeath): void {
    const { vs, kernels, tracker, timers } = this.#parts;
    const named =
      death.cell === null
        ? null
        : kernels.cellOf({
            ...{ kernel: death.kernel, cell: death.cell },
            ...{ startedAt: death.cellStartedAt ?? death.time, endedAt: death.time },
          });
    const notebook = named?.notebook ?? this.#notebookOf(death);
    const cell = named ?? (notebook === null ? null : tracker.ranAt(notebook, whenOf(death)));
    this.#known.set(death.id, { death, notebook, cell, settled: named !== null, over: false });
    if (cell !== null) tracker.stop(cell.notebook);
    if (!this.#context) {
      this.#context = true;
      void vs.commands.executeCommand("setContext", NOTEBOOK_CONTEXTS.died, true);
    }
    this.onChange.fire();
    if (timers.now() - death.time < NEWS_MS) void this.#notify(death, cell);
  }

  #notebookOf(death: KernelDeath): vscode.NotebookDocument | null {
    const { kernels, tracker } = this.#parts;
    return kernels.notebookOfDead(death, (notebook) => tracker.ranAt(notebook, whenOf(death)) !== null);
  }

  /** A cell failed: it may be the one in which a kernel died of whose death was heard before. */
  #lookAgain(): void {
    const { tracker, timers } = this.#parts;
    for (const one of this.#known.values()) {
      if (one.settled || timers.now() - one.death.time > STEPS_MS + MISSED_MS) continue;
      one.notebook ??= this.#notebookOf(one.death);
      const cell = one.notebook === null ? null : tracker.ranAt(one.notebook, whenOf(one.death));
      if (cell === null || cell === one.cell) continue;
      one.cell = cell;
      this.onChange.fire();
    }
  }

  async #notify(death: KernelDeath, cell: vscode.NotebookCell | null): Promise<void> {
    const { vs } = this.#parts;
    const goTo = t("Go to Cell");
    const why = t("Why?");
    const restart = t("Restart with a Limit...");
    const limited = death.cause === "oom" && vs.workspace.isTrusted;
    const buttons = [...(cell === null ? [] : [goTo]), why, ...(limited ? [restart] : [])];
    const text = notification(death.sentence, 400);
    const answer = await vs.window.showErrorMessage(`Gorgon: ${text}`, ...buttons);
    if (answer === goTo && cell !== null) await revealCell(vs, cell);
    if (answer === why) await vs.commands.executeCommand(NOTEBOOK_COMMANDS.whyKernelDied, "", death.id);
    if (answer === restart) await vs.commands.executeCommand(NOTEBOOK_COMMANDS.restartWithLimit, "", death.id);
  }
}

/** Shows a notebook at a cell, which is selected. */
export async function revealCell(vs: typeof vscode, cell: vscode.NotebookCell): Promise<void> {
  if (cell.index < 0) throw new Error(t("This cell is not in the notebook any more."));
  const range = new vs.NotebookRange(cell.index, cell.index + 1);
  const open = vs.window.visibleNotebookEditors.find(({ notebook }) => notebook === cell.notebook);
  const column = open?.viewColumn;
  const editor = await vs.window.showNotebookDocument(cell.notebook, {
    selections: [range],
    ...(column === undefined ? {} : { viewColumn: column }),
  });
  editor.revealRange(range, vs.NotebookEditorRevealType.InCenterIfOutsideViewport);
}
