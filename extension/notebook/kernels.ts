/** Which kernel process runs which notebook: as the package or the user says, else by what fits it alone; never a guess among two. */
import path from "node:path";
import type * as vscode from "vscode";
import type { CellRecord, KernelRef } from "../../protocol/cell.ts";
import { sameKernel, type KernelDeath, type KernelsState, type KernelState } from "../../protocol/kernel.ts";
import { Signal, type Disposable } from "../signal.ts";
import { cellHash, cellOfUri, cellUri, codeCells, fileId } from "./cells.ts";
import type { RunTracker } from "./tracker.ts";

/** A kernel by its process. */
export type KernelId = Pick<KernelRef, "pid" | "startedAt">;

/** How it is known that they belong together, best first. */
export type BindingSource = "package" | "asked" | "chosen" | "only";

/** A notebook's kernel. */
export interface Binding {
  readonly kernel: KernelId;
  readonly source: BindingSource;
  /** As the worker sees it; null where it does not, e.g. on another machine. */
  readonly state: KernelState | null;
}

interface Bound {
  readonly kernel: KernelId;
  readonly source: BindingSource;
  /** The connection file of the kernel that was bound: a restarted one may have the same. */
  readonly connection: string;
  readonly seen: boolean;
}

/** What it is made from. */
export interface KernelBindingsParts {
  readonly tracker: RunTracker;
  readonly notebooks: () => readonly vscode.NotebookDocument[];
  /** The process that starts kernels for this window. */
  readonly hostPid: number;
}

/** What the worker says of a kernel whose program names no language. */
const UNKNOWN: ReadonlySet<string> = new Set(["", "other"]);

/** A window has a handful of kernels; those that are gone for long do not matter. */
const MOST_OWNERS = 50;

/** Keeps who belongs to whom. */
export class KernelBindings implements Disposable {
  readonly onChange = new Signal<void>();
  readonly #parts: KernelBindingsParts;
  readonly #bound = new Map<string, Bound>();
  /** Whose each kernel was, also once it is gone: why it died is known only some time later. The newest last. */
  #owners: readonly { readonly kernel: KernelId; readonly notebook: vscode.NotebookDocument }[] = [];
  #state: KernelsState = { time: 0, kernels: [], deaths: [] };

  constructor(parts: KernelBindingsParts) {
    this.#parts = parts;
  }

  /** Everything the worker knows of kernels. */
  get state(): KernelsState {
    return this.#state;
  }

  /** Takes the worker's next word. */
  see(state: KernelsState): void {
    this.#remember();
    this.#state = state;
    for (const [uri, bound] of this.#bound) {
      const found = state.kernels.find((one) => sameKernel(one.kernel, bound.kernel));
      if (found !== undefined) {
        this.#bound.set(uri, { ...bound, kernel: found.kernel, seen: true, connection: found.connection });
      } else if (bound.seen || this.#isDead(bound.kernel)) this.#replace(uri, bound);
    }
    for (const { kernel, running } of state.kernels) {
      const cell = running?.cell.id;
      const notebook = cell === null || cell === undefined ? undefined : this.#notebookOfUri(cell);
      if (notebook !== undefined && this.#mayBeOurs(kernel, cell ?? "", running?.startedAt ?? 0, state.time)) {
        this.#set(notebook.uri.toString(), kernel, "package");
      }
    }
    this.onChange.fire();
  }

  /** Says that this kernel runs this notebook. */
  bind(notebook: vscode.NotebookDocument, kernel: KernelId, source: BindingSource): void {
    this.#set(notebook.uri.toString(), kernel, source);
    this.onChange.fire();
  }

  /** Its kernel ended or restarts. */
  unbind(notebook: vscode.NotebookDocument): void {
    this.#remember();
    if (this.#bound.delete(notebook.uri.toString())) this.onChange.fire();
  }

  /** The kernel of a notebook; null where it is not known, or two fit. */
  of(notebook: vscode.NotebookDocument): Binding | null {
    const bound = this.#bound.get(notebook.uri.toString());
    if (bound !== undefined) {
      const { kernel, source } = bound;
      return { kernel, source, state: this.#state.kernels.find((one) => sameKernel(one.kernel, kernel)) ?? null };
    }
    if (!this.#parts.tracker.hasRun(notebook)) return null;
    const [only, ...others] = this.candidates(notebook);
    if (only === undefined || others.length > 0) return null;
    const rivals = this.#parts.notebooks().filter((one) => one !== notebook && this.#wants(one, only));
    return rivals.length > 0 ? null : { kernel: only.kernel, source: "only", state: only };
  }

  /** Kernels that could be a notebook's: started from this window, of its language and, where folders tell, in its folder. */
  candidates(notebook: vscode.NotebookDocument): readonly KernelState[] {
    const uri = notebook.uri.toString();
    const others = [...this.#bound].filter(([other]) => other !== uri).map(([, { kernel }]) => kernel);
    const language = languageOf(notebook);
    const free = this.#state.kernels.filter(
      (one) =>
        one.ancestors.includes(this.#parts.hostPid) &&
        !others.some((kernel) => sameKernel(kernel, one.kernel)) &&
        speaks(one.kernel, language),
    );
    const near = free.filter((one) => one.folder !== "" && one.folder === folderOf(notebook));
    // A setting of Jupyter's starts all of them in the workspace's root: then the folder tells nothing.
    return near.length > 0 ? near : free;
  }

  /** The open notebook that a kernel runs. */
  notebookOf(kernel: KernelId): vscode.NotebookDocument | null {
    const found = this.#parts.notebooks().find((one) => {
      const binding = this.of(one);
      return binding !== null && sameKernel(binding.kernel, kernel);
    });
    if (found !== undefined) return found;
    const owner = this.#owners.findLast((one) => sameKernel(one.kernel, kernel))?.notebook;
    return owner === undefined || owner.isClosed ? null : owner;
  }

  /**
   * The open notebook that a dead kernel ran. One that was never seen alive is of the only notebook that it fits and that ran
   * something when it died.
   */
  notebookOfDead(
    { kernel, folder, ancestors, time }: KernelDeath,
    ran: (notebook: vscode.NotebookDocument) => boolean,
  ): vscode.NotebookDocument | null {
    const known = this.notebookOf(kernel);
    if (known !== null || !ancestors.includes(this.#parts.hostPid)) return known;
    const fitting = this.#parts.notebooks().filter((one) => {
      // Another one that was there before and lives.
      const other = this.of(one)?.state?.kernel.startedAt ?? Infinity;
      return other > time && speaks(kernel, languageOf(one)) && ran(one);
    });
    const near = fitting.filter((one) => folder !== "" && folderOf(one) === folder);
    const [only, ...others] = near.length > 0 ? near : fitting;
    return others.length > 0 ? null : (only ?? null);
  }

  /** Whether a kernel is this window's: it was started from here, or runs a notebook of it. */
  isOurs(one: Pick<KernelState | KernelDeath, "kernel" | "ancestors">): boolean {
    return one.ancestors.includes(this.#parts.hostPid) || this.notebookOf(one.kernel) !== null;
  }

  /**
   * The cell of a record; null when it is another window's. VS Code's name of the cell decides, then the file's id, then the
   * number of the run with the text.
   */
  cellOf(record: Pick<CellRecord, "kernel" | "cell" | "startedAt" | "endedAt">): vscode.NotebookCell | null {
    const { id, executionCount, hash } = record.cell;
    const named = id === null ? undefined : this.#notebookOfUri(id);
    if (id !== null && named !== undefined) {
      if (!this.#mayBeOurs(record.kernel, id, record.startedAt, record.endedAt)) return null;
      this.#set(named.uri.toString(), record.kernel, "package");
      return cellOfUri(named, id) ?? null;
    }
    const notebook = this.notebookOf(record.kernel);
    if (notebook === null) return null;
    const cells = codeCells(notebook);
    const ofId = id === null ? [] : cells.filter((cell) => fileId(cell) === id);
    if (ofId.length === 1) return ofId[0] ?? null;
    const candidates = ofId.length > 0 ? ofId : cells;
    const numbered = candidates.filter(
      (cell) => executionCount !== null && cell.executionSummary?.executionOrder === executionCount,
    );
    // The number alone may be of a run before the kernel restarted.
    return numbered.find((cell) => hash === "" || cellHash(cell) === hash) ?? null;
  }

  dispose(): void {
    this.onChange.dispose();
  }

  #remember(): void {
    const now = this.#parts.notebooks().flatMap((notebook) => {
      const binding = this.of(notebook);
      return binding === null ? [] : [{ kernel: binding.kernel, notebook }];
    });
    const others = this.#owners.filter((one) => !now.some((other) => sameKernel(one.kernel, other.kernel)));
    this.#owners = [...others, ...now].slice(-MOST_OWNERS);
  }

  #wants(notebook: vscode.NotebookDocument, kernel: KernelState): boolean {
    if (this.#bound.has(notebook.uri.toString()) || !this.#parts.tracker.hasRun(notebook)) return false;
    return this.candidates(notebook).some((one) => sameKernel(one.kernel, kernel.kernel));
  }

  /** Two windows may have the same file open: VS Code calls its cells the same in both. */
  #mayBeOurs(kernel: KernelId, cell: string, from: number, to: number): boolean {
    const known = this.#state.kernels.find((one) => sameKernel(one.kernel, kernel));
    if (known?.ancestors.includes(this.#parts.hostPid) === true) return true;
    if ([...this.#bound.values()].some((one) => sameKernel(one.kernel, kernel))) return true;
    return this.#parts.tracker.saw(cell, from, to);
  }

  #notebookOfUri(cell: string): vscode.NotebookDocument | undefined {
    return cell.includes("#")
      ? this.#parts.notebooks().find((one) => one.getCells().some((other) => cellUri(other) === cell))
      : undefined;
  }

  #isDead(kernel: KernelId): boolean {
    return this.#state.deaths.some((one) => sameKernel(one.kernel, kernel));
  }

  #set(uri: string, kernel: KernelId, source: BindingSource): void {
    const bound = this.#bound.get(uri);
    // What comes late of a kernel that is gone says nothing of the notebook's kernel now.
    if ((bound !== undefined && sameKernel(bound.kernel, kernel)) || this.#isDead(kernel)) return;
    const state = this.#state.kernels.find((one) => sameKernel(one.kernel, kernel));
    // As the worker names it: it is asked by that.
    this.#bound.set(uri, {
      kernel: state?.kernel ?? kernel,
      source,
      connection: state?.connection ?? "",
      seen: state !== undefined,
    });
  }

  /** A bound kernel is gone. A server restarts one under the same connection file. */
  #replace(uri: string, { connection, source }: Bound): void {
    this.#bound.delete(uri);
    if (connection === "") return;
    const next = this.#state.kernels.find((one) => one.connection === connection);
    if (next !== undefined) this.#bound.set(uri, { kernel: next.kernel, source, connection, seen: true });
  }
}

function speaks(kernel: KernelRef, language: string): boolean {
  return language === "" || UNKNOWN.has(kernel.language) || kernel.language === language;
}

function folderOf({ uri }: vscode.NotebookDocument): string {
  return uri.scheme === "file" ? path.dirname(uri.fsPath) : "";
}

/** The language of a notebook's kernel, as Jupyter names it, lower case; empty where the file does not say. */
export function languageOf(notebook: vscode.NotebookDocument): string {
  interface Metadata {
    readonly kernelspec?: { readonly language?: unknown };
    readonly language_info?: { readonly name?: unknown };
  }
  const { metadata } = notebook;
  for (const one of [metadata["metadata"], metadata] as (Metadata | undefined)[]) {
    const name = one?.kernelspec?.language ?? one?.language_info?.name;
    if (typeof name === "string") return name.toLowerCase();
  }
  return "";
}
