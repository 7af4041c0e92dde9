/** Tells the worker what runs, by names and numbers and never by text, and has runs measured that no package measured. */
import type * as vscode from "vscode";
import type { CellRecord, CellRef } from "../../protocol/cell.ts";
import { kernelRuns, measureRun } from "../../protocol/messages/worker.ts";
import type { Disposable } from "../signal.ts";
import type { Timers } from "../timers.ts";
import type { Worker } from "../worker/worker.ts";
import { cellHash, cellUri } from "./cells.ts";
import type { Binding, KernelBindings } from "./kernels.ts";
import type { CellRecords } from "./records.ts";
import type { CellRun, EndedRun, RunTracker } from "./tracker.ts";

/** How long the package's own record may take after VS Code saw the end, milliseconds. */
const GRACE_MS = 1500;
/** Where the package is loaded its record comes; longer means that the run had none, e.g. of an empty cell. */
const MEASURED_GRACE_MS = 5000;

/** What it is made from. */
export interface ReporterParts {
  readonly worker: Pick<Worker, "send" | "tell">;
  readonly timers: Timers;
  readonly tracker: RunTracker;
  readonly kernels: KernelBindings;
  readonly records: CellRecords;
  readonly log: (message: string) => void;
}

/** What a cell is called towards the worker. */
export function cellRef(cell: vscode.NotebookCell, executionCount: number | null): CellRef {
  return { id: cellUri(cell), executionCount, hash: cellHash(cell), label: "" };
}

const keyOf = ({ kernel }: Binding): string => `${String(kernel.pid)} ${String(kernel.startedAt)}`;

/** Follows the tracker until disposed. */
export class RunReporter implements Disposable {
  readonly #parts: ReporterParts;
  readonly #subscriptions: readonly Disposable[];
  /** What the worker was told last, by the kernel. */
  readonly #told = new Map<string, string>();
  /** Kernels that were asked to go: of them nothing more is told. */
  readonly #left = new Set<string>();
  #disposed = false;

  constructor(parts: ReporterParts) {
    this.#parts = parts;
    const { tracker, kernels } = parts;
    this.#subscriptions = [
      tracker.onStart.on((run) => this.#tellRun(run.cell.notebook, run)),
      tracker.onIdle.on((notebook) => this.#tellRun(notebook, null)),
      tracker.onEnd.on((run) => this.#expect(run)),
      // A kernel may become known while its first cell runs.
      kernels.onChange.on(() => {
        for (const run of tracker.running()) this.#tellRun(run.cell.notebook, run);
      }),
    ];
  }

  /** The user asked this notebook's kernel to restart or to end. */
  leaving(binding: Binding): void {
    this.#left.add(keyOf(binding));
    const { pid, startedAt: since } = binding.kernel;
    void this.#tell({ pid, startedAt: since, cell: null, leaving: true });
  }

  dispose(): void {
    this.#disposed = true;
    for (const one of this.#subscriptions) one.dispose();
  }

  #tellRun(notebook: vscode.NotebookDocument, run: CellRun | null): void {
    const binding = this.#parts.kernels.of(notebook);
    // The package knows better, and sooner.
    if (binding?.state?.measured !== false) return;
    const { pid, startedAt } = binding.kernel;
    const key = keyOf(binding);
    if (this.#left.has(key)) return;
    const what = run === null ? "" : `${cellUri(run.cell)} ${String(run.startedAt)}`;
    if ((this.#told.get(key) ?? "") === what) return;
    this.#told.set(key, what);
    const cell = run === null ? null : cellRef(run.cell, run.order);
    void this.#tell({ pid, startedAt, cell, leaving: false });
  }

  async #tell(what: Parameters<NonNullable<(typeof kernelRuns)["types"]>>[0]): Promise<void> {
    try {
      await this.#parts.worker.tell(kernelRuns, what);
    } catch (error) {
      this.#parts.log(`The worker was not told what runs: ${String(error)}`);
    }
  }

  #expect(run: EndedRun): void {
    const measured = this.#parts.kernels.of(run.cell.notebook)?.state?.measured === true;
    this.#parts.timers.after(measured ? MEASURED_GRACE_MS : GRACE_MS, () => {
      if (!this.#disposed) void this.#measure(run);
    });
  }

  async #measure({ cell, startedAt, endedAt, order, outcome }: EndedRun): Promise<void> {
    const { worker, kernels, records, log } = this.#parts;
    const had = records.of(cell)?.now;
    // The kernel's clock is not VS Code's: a record that overlaps the run is the run's.
    if (had !== undefined && had.startedAt <= endedAt + GRACE_MS && had.endedAt >= startedAt - GRACE_MS) return;
    const binding = kernels.of(cell.notebook);
    if (binding === null) return;
    try {
      const ref = cellRef(cell, order);
      const { pid, startedAt: since } = binding.kernel;
      const asked = { pid, startedAt: since, cell: ref, from: startedAt, to: endedAt, outcome };
      const { record } = await worker.send(measureRun, asked);
      if (record !== null) this.#take(cell, record);
    } catch (error) {
      log(`A run was not measured from outside: ${String(error)}`);
    }
  }

  #take(cell: vscode.NotebookCell, record: CellRecord): void {
    if (!this.#disposed && cell.index >= 0) this.#parts.records.add(cell, record);
  }
}
