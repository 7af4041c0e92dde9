/** Has the worker look for a notebook's kernel when a cell runs whose kernel is not known: it may be gone before the next poll. */
import type * as vscode from "vscode";
import type { Disposable } from "../signal.ts";
import type { Timers } from "../timers.ts";
import type { KernelBindings } from "./kernels.ts";
import type { RunTracker } from "./tracker.ts";

/** How long a notebook waits for its next search, milliseconds: the worker looks through all processes for each. */
const FIRST_WAIT_MS = 300;
/** A kernel that is not found again and again is on another machine, or one of several that fit. */
const LONGEST_WAIT_MS = 10_000;

/** What it is made from. */
export interface KernelSearchParts {
  readonly timers: Timers;
  readonly tracker: RunTracker;
  readonly kernels: KernelBindings;
  /** Has the worker look, and takes what it finds. */
  readonly ask: () => void;
}

/** Follows the tracker until disposed. */
export class KernelSearch implements Disposable {
  readonly #parts: KernelSearchParts;
  readonly #subscriptions: readonly Disposable[];
  /** When each notebook's kernel was searched for last, and how long the next search waits. */
  readonly #asked = new WeakMap<vscode.NotebookDocument, { readonly at: number; readonly waitMs: number }>();

  constructor(parts: KernelSearchParts) {
    this.#parts = parts;
    const { tracker } = parts;
    this.#subscriptions = [
      // Both: the first cell's kernel is there only when it has numbered the run, a later one may end before that.
      tracker.onEmpty.on(({ notebook }) => this.#search(notebook)),
      tracker.onStart.on(({ cell }) => this.#search(cell.notebook)),
    ];
  }

  dispose(): void {
    for (const one of this.#subscriptions) one.dispose();
  }

  #search(notebook: vscode.NotebookDocument): void {
    const { timers, kernels, ask } = this.#parts;
    if (kernels.of(notebook) !== null) {
      this.#asked.delete(notebook);
      return;
    }
    const now = timers.now();
    const before = this.#asked.get(notebook);
    if (before !== undefined && now - before.at < before.waitMs) return;
    const waitMs = before === undefined ? FIRST_WAIT_MS : Math.min(LONGEST_WAIT_MS, before.waitMs * 2);
    this.#asked.set(notebook, { at: now, waitMs });
    ask();
  }
}
