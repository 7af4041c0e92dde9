/** Which cell runs in which notebook, read off the steps in which VS Code changes a cell's execution summary. */
import type * as vscode from "vscode";
import { Signal, type Disposable } from "../signal.ts";
import type { Timers } from "../timers.ts";
import { cellUri } from "./cells.ts";

/** A run that ended so long ago is not news: a file that was read again, milliseconds. */
const NEWS_MS = 60_000;
/** How long a run that ended is remembered, for records that come late, milliseconds. */
const LATE_MS = 600_000;
const MOST_ENDED = 500;
/** VS Code may end a cell before it is known that its kernel died, milliseconds. */
const ABOUT_MS = 2000;
/** Two processes that write down one moment by one clock differ by so much at most, milliseconds. */
const ROUNDING_MS = 100;
/** A kernel that starts may take so long for its first cell, milliseconds. */
const WAITING_MS = 30_000;

/** The media type of an exception among a cell's outputs. */
const ERROR_MIME = "application/vnd.code.notebook.error";

/** A cell that runs. */
export interface CellRun {
  readonly cell: vscode.NotebookCell;
  /** Milliseconds since the epoch, by this window's clock. */
  readonly startedAt: number;
  /** `In [7]`; null while the kernel has not said so. */
  readonly order: number | null;
}

/** A cell that ran to an end. */
export interface EndedRun extends CellRun {
  readonly endedAt: number;
  readonly outcome: "ok" | "error" | "interrupted";
}

/** What a cell has shown so far of a run. `queued`: its summary was emptied, by a run to come or by a clearing. */
interface Step {
  readonly cell: vscode.NotebookCell;
  readonly queuedAt: number;
  /** Emptied twice: it is the one that was sent to the kernel. */
  readonly sent: boolean;
  /** Null until the kernel has numbered the run. */
  run: CellRun | null;
}

/** When something happened that was seen late, milliseconds since the epoch. */
export interface Between {
  readonly from: number;
  readonly to: number;
}

/** What is remembered of a run. */
interface Past extends Between {
  readonly uri: string;
  readonly cell: vscode.NotebookCell;
  readonly failed: boolean;
}

/**
 * The steps of one run are: everything empty (queued), empty again (sent), a number (running), a number with success and times
 * (done); any of them may be missing. A cleared output empties the summary too, and a file that is read again shows a number
 * without any run: so a run begins only with a number after an emptying, and ends only with times.
 */
export class RunTracker implements Disposable {
  readonly onStart = new Signal<CellRun>();
  readonly onEnd = new Signal<EndedRun>();
  /** Its summary was emptied: queued or cleared. */
  readonly onEmpty = new Signal<vscode.NotebookCell>();
  /** Nothing of this notebook runs any more, or it is not known. */
  readonly onIdle = new Signal<vscode.NotebookDocument>();
  readonly #timers: Timers;
  /** By the cell's name. */
  readonly #steps = new Map<string, Step>();
  /** By the notebook. */
  readonly #running = new Map<vscode.NotebookDocument, CellRun>();
  readonly #ended: Past[] = [];
  /** The cell that waited in each notebook when its kernel was gone, and when that was. */
  readonly #stopped = new WeakMap<
    vscode.NotebookDocument,
    { readonly cell: vscode.NotebookCell; readonly at: number }
  >();
  /** The run that each notebook began last, and when that was seen to be over. */
  readonly #last = new WeakMap<vscode.NotebookDocument, { readonly run: CellRun; endedAt: number | null }>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Takes a change of a notebook. */
  see(event: vscode.NotebookDocumentChangeEvent): void {
    for (const change of event.contentChanges) {
      for (const cell of change.removedCells) if (cell.index < 0) this.#drop(cell);
    }
    for (const { cell, executionSummary } of event.cellChanges) {
      if (executionSummary !== undefined) this.#step(cell, executionSummary);
    }
  }

  /** The notebook was closed, or its kernel is gone: nothing runs in it. */
  stop(notebook: vscode.NotebookDocument): void {
    const [next] = this.#running.has(notebook) ? [] : this.#queued(notebook);
    if (next !== undefined) this.#stopped.set(notebook, { cell: next.cell, at: this.#timers.now() });
    for (const [uri, step] of this.#steps) if (step.cell.notebook === notebook) this.#steps.delete(uri);
    this.#idle(notebook);
  }

  /** What runs in a notebook. */
  runningIn(notebook: vscode.NotebookDocument): CellRun | null {
    return this.#running.get(notebook) ?? null;
  }

  /** All that runs. */
  running(): readonly CellRun[] {
    return [...this.#running.values()];
  }

  /** Whether a cell of this notebook has run in this window. */
  hasRun(notebook: vscode.NotebookDocument): boolean {
    return this.#last.has(notebook);
  }

  /** Whether this window saw that cell queued, running or ended at about that time. */
  saw(uri: string, from: number, to: number): boolean {
    if (this.#steps.has(uri)) return true;
    return this.#ended.some((one) => one.uri === uri && one.from <= to + NEWS_MS && from <= one.to + NEWS_MS);
  }

  /**
   * The cell in which the kernel died: the one that failed just then, one that runs or was sent but not numbered yet, or else
   * the one that was seen to end in the seconds before.
   */
  ranAt(notebook: vscode.NotebookDocument, died: Between): vscode.NotebookCell | null {
    const failed = this.#ended.filter((one) => one.failed && one.cell.notebook === notebook && overlaps(one, died));
    const certain = failed.find((one) => overlaps(one, { from: died.to, to: died.to }));
    if (certain !== undefined) return certain.cell;
    const last = this.#last.get(notebook);
    if (last?.endedAt === null && last.run.startedAt <= died.to) {
      // The first cell of a kernel after one that failed: the next kernel runs already.
      return (last.run.order === 1 ? failed.at(-1)?.cell : undefined) ?? last.run.cell;
    }
    const sent = this.#queued(notebook).find((step) => step.queuedAt <= died.to + ABOUT_MS);
    if (sent !== undefined) return sent.cell;
    const stopped = this.#stopped.get(notebook);
    if (stopped !== undefined && near(stopped.at, died)) return stopped.cell;
    const before = failed.at(-1)?.cell;
    if (before !== undefined || last === undefined || last.endedAt === null) return before ?? null;
    return last.endedAt + ABOUT_MS >= died.from ? last.run.cell : null;
  }

  /** Whether another cell of the notebook waits for its turn. */
  hasQueued(notebook: vscode.NotebookDocument): boolean {
    return this.#queued(notebook).length > 0;
  }

  /**
   * Something ran in this notebook at that time of which neither VS Code nor the package has told: what waited first has begun.
   */
  presume(notebook: vscode.NotebookDocument, time: number): void {
    if (this.#running.has(notebook)) return;
    const next = this.#queued(notebook).find((step) => step.queuedAt <= time + ABOUT_MS);
    if (next !== undefined) this.#begin({ cell: next.cell, startedAt: this.#sentAt(next), order: null });
  }

  /** The package said that the kernel runs this: better than the steps, which come late. */
  confirm(cell: vscode.NotebookCell, startedAt: number, order: number | null): void {
    const running = this.#running.get(cell.notebook);
    if (running !== undefined && cellUri(running.cell) === cellUri(cell)) return;
    if (!this.#steps.has(cellUri(cell))) return;
    this.#begin({ cell, startedAt, order });
  }

  dispose(): void {
    for (const signal of [this.onStart, this.onEnd, this.onEmpty, this.onIdle]) signal.dispose();
  }

  #step(cell: vscode.NotebookCell, summary: vscode.NotebookCellExecutionSummary): void {
    const uri = cellUri(cell);
    const { executionOrder, success, timing } = summary;
    const now = this.#timers.now();
    if (timing !== undefined || success !== undefined) {
      this.#end(cell, summary);
      return;
    }
    if (executionOrder === undefined) {
      // Emptied once more while it waits: it was sent to the kernel. What counts of a run's time is its last emptying.
      const before = this.#steps.get(uri);
      if ((before?.run ?? null) === null) {
        this.#steps.set(uri, { cell, queuedAt: now, sent: before !== undefined, run: null });
      } else this.#cancelled(cell);
      this.onEmpty.fire(cell);
      return;
    }
    const step = this.#steps.get(uri);
    if (step?.run !== null) return;
    this.#begin({ cell, startedAt: this.#sentAt(step), order: executionOrder });
  }

  /** Cells that wait, the first in line first. Behind nothing none waits for long: that one's outputs were cleared. */
  #queued(notebook: vscode.NotebookDocument): readonly Step[] {
    const since = this.#running.has(notebook) ? -Infinity : this.#timers.now() - WAITING_MS;
    return [...this.#steps.values()]
      .filter((step) => step.cell.notebook === notebook && step.run === null && step.queuedAt > since)
      .toSorted((a, b) => Number(b.sent) - Number(a.sent));
  }

  /** A cell behind others begins when the one before it ends. */
  #sentAt(step: Step): number {
    const before = this.#ended.at(-1);
    const sameNotebook = before !== undefined && before.uri.split("#")[0] === cellUri(step.cell).split("#")[0];
    return Math.max(step.queuedAt, sameNotebook ? before.to : 0);
  }

  #begin(run: CellRun): void {
    const { notebook } = run.cell;
    const running = this.#running.get(notebook);
    // Cells run one after the other: one of which no end was seen was cancelled.
    if (running !== undefined) this.#steps.delete(cellUri(running.cell));
    const step = this.#steps.get(cellUri(run.cell));
    if (step !== undefined) step.run = run;
    this.#running.set(notebook, run);
    this.#last.set(notebook, { run, endedAt: null });
    this.onStart.fire(run);
  }

  #end(cell: vscode.NotebookCell, { executionOrder, success, timing }: vscode.NotebookCellExecutionSummary): void {
    const uri = cellUri(cell);
    const step = this.#steps.get(uri);
    const now = this.#timers.now();
    this.#steps.delete(uri);
    const known = step?.run ?? null;
    if (known !== null) this.#running.delete(cell.notebook);
    const startedAt = timing?.startTime ?? known?.startedAt;
    const endedAt = timing?.endTime ?? now;
    const news = step !== undefined || Math.abs(now - endedAt) < NEWS_MS;
    const twice = this.#ended.some((one) => one.uri === uri && one.to === endedAt);
    if (startedAt !== undefined && news && !twice && timing !== undefined) {
      const order = executionOrder ?? known?.order ?? null;
      this.#last.set(cell.notebook, { run: { cell, startedAt, order }, endedAt: now });
      this.#ended.push({ uri, cell, from: startedAt, to: endedAt, failed: success === false });
      while (this.#ended.length > MOST_ENDED || now - (this.#ended[0]?.to ?? now) > LATE_MS) this.#ended.shift();
      const outcome = success === false ? failureOf(cell) : "ok";
      this.onEnd.fire({ cell, startedAt, endedAt, order, outcome });
    }
    // Jupyter drops what waits behind a cell that failed, without a word.
    if (success === false) this.#unqueue(cell.notebook);
    if (known !== null || step !== undefined) this.#idle(cell.notebook);
  }

  #unqueue(notebook: vscode.NotebookDocument): void {
    for (const [uri, step] of this.#steps) {
      if (step.cell.notebook === notebook && step.run === null) this.#steps.delete(uri);
    }
  }

  #cancelled(cell: vscode.NotebookCell): void {
    this.#steps.delete(cellUri(cell));
    if (this.#running.get(cell.notebook)?.cell === cell) this.#running.delete(cell.notebook);
    this.#idle(cell.notebook);
  }

  #drop(cell: vscode.NotebookCell): void {
    const step = this.#steps.get(cellUri(cell));
    if (step === undefined) return;
    this.#cancelled(cell);
  }

  #idle(notebook: vscode.NotebookDocument): void {
    const running = this.#running.get(notebook);
    if (running !== undefined && !this.#steps.has(cellUri(running.cell))) this.#running.delete(notebook);
    if (this.#running.has(notebook)) return;
    const last = this.#last.get(notebook);
    if (last !== undefined) last.endedAt ??= this.#timers.now();
    this.onIdle.fire(notebook);
  }
}

function near(time: number, { from, to }: Between): boolean {
  return time >= from - ABOUT_MS && time <= to + ABOUT_MS;
}

function overlaps(one: Between, other: Between): boolean {
  return one.from <= other.to + ROUNDING_MS && other.from <= one.to + ROUNDING_MS;
}

/** An exception's name says whether the user stopped the cell. */
function failureOf(cell: vscode.NotebookCell): "error" | "interrupted" {
  const errors = cell.outputs.flatMap((output) => output.items).filter(({ mime }) => mime === ERROR_MIME);
  return errors.some(({ data }) => Buffer.from(data).toString("utf8").includes('"KeyboardInterrupt"'))
    ? "interrupted"
    : "error";
}
