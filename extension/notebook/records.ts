/** The last two runs of every cell of the open notebooks, wherever a cell goes; what of it outlives the window is in `stored.ts`. */
import type * as vscode from "vscode";
import { withRecord, type CellCost } from "../../protocol/cell-cost.ts";
import type { CellRecord } from "../../protocol/cell.ts";
import { Signal, type Disposable } from "../signal.ts";
import type { Timers } from "../timers.ts";
import { cellUri, codeCells, fileId, matchPlaces, placeOf, type CellPlace } from "./cells.ts";
import { StoredCells, type StoredCell } from "./stored.ts";

/** Cells run one after the other: what they leave is written together; VS Code writes all or nothing, milliseconds. */
const WRITE_SMALL_MS = 250;
const WRITE_LARGE_MS = 3000;
/** What is large, characters. */
const LARGE = 50_000;
/** Costs of deleted cells are kept for an undo; so many of a notebook at most. */
const MOST_LOST = 200;
/** A run's time by VS Code lies around the kernel's; on one machine their clocks are one, but for rounding, milliseconds. */
const SAME_START_MS = 20;

interface Slot extends CellPlace {
  cost: CellCost;
}

/** A cell with what it cost. */
export interface CostedCell {
  readonly cell: vscode.NotebookCell;
  readonly cost: CellCost;
}

interface Book {
  readonly notebook: vscode.NotebookDocument;
  /** By VS Code's name of the cell. */
  readonly slots: Map<string, Slot>;
  /** Of cells that are not there: deleted, or not found again yet. */
  lost: Slot[];
}

/** Follows the notebooks that are open. */
export class CellRecords implements Disposable {
  /** The address of the notebook of which something changed. */
  readonly onChange = new Signal<string>();
  readonly #stored: StoredCells;
  readonly #timers: Timers;
  readonly #log: (message: string) => void;
  readonly #books = new Map<string, Book>();
  /** Notebooks that were closed, until they are written. */
  readonly #unwritten = new Map<string, readonly StoredCell[]>();
  readonly #changed = new Set<string>();
  #cancel: (() => void) | null = null;
  #size = 0;

  constructor(parts: { memory: vscode.Memento; timers: Timers; log: (message: string) => void }) {
    this.#stored = new StoredCells(parts.memory);
    this.#timers = parts.timers;
    this.#log = parts.log;
  }

  /** A notebook was opened: its cells get what is kept of them. */
  open(notebook: vscode.NotebookDocument): void {
    const uri = notebook.uri.toString();
    if (this.#books.get(uri)?.notebook === notebook) return;
    const kept = this.#unwritten.get(uri) ?? this.#stored.read(uri);
    const lost: Slot[] = (kept.length > 0 ? kept : this.#ofUntitled(notebook)).map((one) => ({ ...one }));
    this.#books.set(uri, { notebook, slots: new Map(), lost });
    this.#adopt(uri);
  }

  /** It was closed: VS Code forgets its names for the cells. */
  close(notebook: vscode.NotebookDocument): void {
    const uri = notebook.uri.toString();
    const book = this.#books.get(uri);
    if (book?.notebook !== notebook) return;
    this.#refreshPlaces(book);
    this.#unwritten.set(
      uri,
      [...book.slots.values()].map((slot) => ({ ...slot })),
    );
    this.#books.delete(uri);
    this.#write(uri);
  }

  /** It was saved: cells without an id are known by the text that is in the file now. */
  save(notebook: vscode.NotebookDocument): void {
    const uri = notebook.uri.toString();
    const book = this.#books.get(uri);
    if (book === undefined || book.slots.size === 0) return;
    this.#refreshPlaces(book);
    this.#write(uri);
  }

  /** Cells came, went or moved. */
  edit(event: vscode.NotebookDocumentChangeEvent): void {
    const uri = event.notebook.uri.toString();
    const book = this.#books.get(uri);
    if (book === undefined || event.contentChanges.length === 0) return;
    const there = new Set(event.notebook.getCells().map(cellUri));
    for (const cell of event.contentChanges.flatMap((change) => change.removedCells)) {
      const slot = book.slots.get(cellUri(cell));
      // A moved cell is removed at one place and added at another.
      if (slot === undefined || there.has(cellUri(cell))) continue;
      book.slots.delete(cellUri(cell));
      book.lost = [{ ...slot, ...placeOf(cell), index: slot.index }, ...book.lost].slice(0, MOST_LOST);
    }
    this.#adopt(uri);
    this.#tell(uri);
  }

  /** A run of this cell ended. Says whether that was news. */
  add(cell: vscode.NotebookCell, record: CellRecord): boolean {
    const uri = cell.notebook.uri.toString();
    this.open(cell.notebook);
    const slots = this.#books.get(uri)?.slots;
    if (slots === undefined) return false;
    const slot = slots.get(cellUri(cell));
    const cost = withRecord(slot?.cost ?? null, record);
    if (cost === slot?.cost) return false;
    slots.set(cellUri(cell), { ...placeOf(cell), cost });
    this.#tell(uri);
    return true;
  }

  /** The cell's outputs were cleared, or it is about to run again: what it cost is kept for the comparison only. */
  clear(cell: vscode.NotebookCell): void {
    const uri = cell.notebook.uri.toString();
    const slot = this.#books.get(uri)?.slots.get(cellUri(cell));
    if (slot === undefined || slot.cost.cleared) return;
    slot.cost = { ...slot.cost, cleared: true };
    this.#tell(uri);
  }

  /**
   * The cell ran in that time. The record of a short run comes over its own socket before VS Code tells that the run began and
   * so emptied the cell: a record of this very run is none of before.
   */
  ran(cell: vscode.NotebookCell, from: number, to: number): void {
    const uri = cell.notebook.uri.toString();
    const slot = this.#books.get(uri)?.slots.get(cellUri(cell));
    if (slot?.cost.cleared !== true) return;
    const { startedAt, endedAt } = slot.cost.now;
    if (startedAt > to + SAME_START_MS || endedAt < from - SAME_START_MS) return;
    slot.cost = { ...slot.cost, cleared: false };
    this.#tell(uri);
  }

  /** What a cell cost; null for one that has not run. */
  of(cell: vscode.NotebookCell): CellCost | null {
    return this.#books.get(cell.notebook.uri.toString())?.slots.get(cellUri(cell))?.cost ?? null;
  }

  /** Every cell of a notebook that has a cost which is not cleared, in its order. */
  all(notebook: vscode.NotebookDocument): readonly CostedCell[] {
    const slots = this.#books.get(notebook.uri.toString())?.slots;
    if (slots === undefined || slots.size === 0) return [];
    return codeCells(notebook).flatMap((cell) => {
      const cost = slots.get(cellUri(cell))?.cost;
      return cost === undefined || cost.cleared ? [] : [{ cell, cost }];
    });
  }

  /** Forgets all of a notebook. */
  forget(notebook: vscode.NotebookDocument): void {
    const uri = notebook.uri.toString();
    const book = this.#books.get(uri);
    book?.slots.clear();
    if (book !== undefined) book.lost = [];
    this.#tell(uri);
  }

  /** A file or folder was renamed in this window. */
  async rename(from: string, to: string): Promise<void> {
    const renamed = (uri: string): string =>
      uri === from ? to : uri.startsWith(`${from}/`) ? `${to}${uri.slice(from.length)}` : uri;
    await this.flush();
    await this.#stored.rename(renamed);
    // VS Code may have opened the new name before it told of the renaming.
    for (const [uri, book] of this.#books) {
      if (book.slots.size > 0 || book.lost.length > 0) continue;
      book.lost = this.#stored.read(uri).map((one) => ({ ...one }));
      if (book.lost.length === 0) continue;
      this.#adopt(uri);
      this.onChange.fire(uri);
    }
  }

  /** Writes what has not been written. */
  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#changed.size === 0) return;
    const changed = new Map<string, readonly StoredCell[]>();
    for (const uri of this.#changed) {
      const book = this.#books.get(uri);
      if (book !== undefined) this.#refreshPlaces(book);
      changed.set(uri, book === undefined ? (this.#unwritten.get(uri) ?? []) : [...book.slots.values()]);
      this.#unwritten.delete(uri);
    }
    this.#changed.clear();
    try {
      this.#size = await this.#stored.write(changed, this.#timers.now());
    } catch (error) {
      this.#log(`The costs of cells were not kept: ${String(error)}`);
    }
  }

  dispose(): void {
    void this.flush();
    this.onChange.dispose();
  }

  /** Gives cells that have none the costs of cells that are not there. */
  #adopt(uri: string): void {
    const book = this.#books.get(uri);
    if (book === undefined || book.lost.length === 0) return;
    const free = codeCells(book.notebook).filter((cell) => !book.slots.has(cellUri(cell)));
    const found = matchPlaces(book.lost, free);
    for (const [slot, cell] of found) book.slots.set(cellUri(cell), slot);
    book.lost = book.lost.filter((slot) => !found.has(slot));
  }

  /** A new notebook gets its name when it is first saved: VS Code opens the file and closes the untitled one. */
  #ofUntitled(notebook: vscode.NotebookDocument): readonly Slot[] {
    const ids = new Set(codeCells(notebook).map(fileId));
    ids.delete("");
    if (ids.size === 0) return [];
    const open = [...this.#books].map(([uri, book]) => [uri, [...book.slots.values()]] as const);
    for (const [uri, slots] of [...open, ...this.#unwritten]) {
      if (!uri.startsWith("untitled:") || slots.length === 0) continue;
      if (slots.every(({ id }) => ids.has(id))) return slots;
    }
    return [];
  }

  /** Cells may have moved or been edited since. Only those without an id are looked at for that: hashing all takes time. */
  #refreshPlaces(book: Book): void {
    for (const cell of codeCells(book.notebook)) {
      const slot = book.slots.get(cellUri(cell));
      if (slot === undefined) continue;
      const id = fileId(cell);
      const place = id === "" || id !== slot.id ? placeOf(cell) : { index: cell.index };
      book.slots.set(cellUri(cell), { ...slot, ...place });
    }
  }

  #tell(uri: string): void {
    this.#write(uri);
    this.onChange.fire(uri);
  }

  #write(uri: string): void {
    this.#changed.add(uri);
    this.#cancel ??= this.#timers.after(this.#size > LARGE ? WRITE_LARGE_MS : WRITE_SMALL_MS, () => {
      this.#cancel = null;
      void this.flush();
    });
  }
}
