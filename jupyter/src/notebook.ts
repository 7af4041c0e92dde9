/** One open notebook: its cells' costs from the kernel itself, from the server and from the file, in one book. */
import type { ICodeCellModel } from "@jupyterlab/cells";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import type { IDisposable } from "@lumino/disposable";
import { Signal, type ISignal } from "@lumino/signaling";
import { parseRecord } from "../../protocol/cell-parse.ts";
import { CELL_MIME, type CellRecord, type CellRef } from "../../protocol/cell.ts";
import type { JupyterDeath, JupyterKernel } from "../../protocol/messages/jupyter.ts";
import { CellBook, type Running } from "./book.ts";
import type { Connection, ToldRecord } from "./connection.ts";
import { KernelComm } from "./kernel-comm.ts";
import type { CellPlace } from "./match.ts";
import type { Options } from "./options.ts";
import { CellQueue } from "./queue.ts";
import { sha1 } from "./sha1.ts";

/** Where a cell's cost stands in a notebook file, if the user wants that. */
export const METADATA_KEY = "gorgon";

/** A kernel that was asked to end has ended by then, milliseconds. */
const ASKED_MS = 15_000;

/** What it is made from. */
export interface NotebookParts {
  readonly panel: NotebookPanel;
  readonly connection: Connection;
  readonly options: Options;
  readonly log: (message: string) => void;
}

/** Follows the notebook until its panel is disposed. */
export class WatchedNotebook implements IDisposable {
  readonly panel: NotebookPanel;
  readonly book: CellBook;
  readonly #parts: NotebookParts;
  readonly #changed = new Signal<this, void>(this);
  readonly #tableWanted = new Signal<this, object>(this);
  readonly #queue = new CellQueue(() => Date.now());
  #comm: KernelComm | null = null;
  #loaded = false;
  /** The kernel's own word that costs belong into the file. */
  #store = false;
  /** When somebody asked this page for another kernel, or for none, by its own clock. */
  #askedAt = -Infinity;
  /** Cells of which the file's word was taken. */
  readonly #read = new WeakSet();
  #asked = "";
  /** The newest run that the server has told of this kernel. */
  #since: string | null = null;
  #disposed = false;

  constructor(parts: NotebookParts) {
    const { panel, connection } = parts;
    this.#parts = parts;
    this.panel = panel;
    this.book = new CellBook(() => this.#places());
    const { sessionContext, content } = panel;
    sessionContext.kernelChanged.connect(this.#onKernel, this);
    sessionContext.statusChanged.connect((_, status) => {
      if (status === "restarting" || status === "terminating") this.#askedAt = Date.now();
      // Where the server did it by itself Lab says so right behind the other word.
      if (status === "autorestarting") this.#askedAt = -Infinity;
      if (status === "restarting" || status === "autorestarting" || status === "dead") this.#queue.cut();
    });
    content.modelChanged.connect(this.#onModel, this);
    connection.changed.connect(this.#onState, this);
    connection.recorded.connect(this.#onRecorded, this);
    panel.disposed.connect(() => this.dispose());
    this.#onModel();
    this.#listen(sessionContext.session?.kernel ?? null);
  }

  /** Something of what stands under its cells is another. */
  get changed(): ISignal<this, void> {
    return this.#changed;
  }

  /** Somebody wants to see the table of this cell. */
  get tableWanted(): ISignal<this, object> {
    return this.#tableWanted;
  }

  /** Opens the table of a cell's cost. */
  showTable(key: object): void {
    this.#tableWanted.emit(key);
  }

  /** The kernel's connection; null without one. */
  get kernel(): Kernel.IKernelConnection | null {
    return this.panel.sessionContext.session?.kernel ?? null;
  }

  /** The kernel as the server sees it; null without one, or without the server's word. */
  get served(): JupyterKernel | null {
    const id = this.kernel?.id;
    return this.#parts.connection.state?.kernels.find((one) => one.id === id) ?? null;
  }

  /** The package in the kernel measures. */
  get measured(): boolean {
    return this.#loaded || this.served?.measured === true;
  }

  /** The kernel ends because somebody asked this page for it. */
  get isAsked(): boolean {
    return Date.now() - this.#askedAt < ASKED_MS;
  }

  /** The file's path as Jupyter names it. */
  get path(): string {
    return this.panel.context.path;
  }

  /** Asks the kernel again whether the package is there. */
  async seek(): Promise<void> {
    await this.#comm?.seek();
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  dispose(): void {
    this.#disposed = true;
    const { connection } = this.#parts;
    connection.changed.disconnect(this.#onState, this);
    connection.recorded.disconnect(this.#onRecorded, this);
    this.#comm?.dispose();
    this.#comm = null;
    Signal.clearData(this);
  }

  /** A kernel died: this notebook's, now or before. */
  died(death: JupyterDeath): void {
    if (this.#isMine(death.kernelId, death.path) && this.book.died(this.#withCell(death))) this.#changed.emit();
  }

  /** One of its cells was sent to the kernel. */
  queued(key: object): void {
    this.#queue.add(key);
    this.#changed.emit();
  }

  /** It has left the queue. */
  ended(key: object): void {
    this.#queue.remove(key);
    this.book.add(recordsIn(key));
    this.#changed.emit();
  }

  /** Takes the cost of one cell away until it runs again. */
  clear(key: object): void {
    this.book.clear(key);
    this.#changed.emit();
  }

  /** Takes all of them away, out of the file as well. */
  clearAll(): void {
    this.book.clearAll();
    for (const { key } of this.#places()) {
      const model = key as ICodeCellModel;
      if (model.getMetadata(METADATA_KEY) !== undefined) model.deleteMetadata(METADATA_KEY);
    }
    this.#changed.emit();
  }

  #places(): readonly CellPlace[] {
    const cells = this.panel.content.model?.cells;
    if (cells === undefined) return [];
    return [...cells].flatMap((model): CellPlace[] => {
      if (model.type !== "code") return [];
      const code = model as ICodeCellModel;
      const hash = (): string => sha1(code.sharedModel.getSource());
      return [{ key: code, id: code.id, count: code.executionCount, hash }];
    });
  }

  /** A kernel that a cell kills at once had no time to say which; this page may have sent it. */
  #withCell(death: JupyterDeath): JupyterDeath {
    const first = this.#queue.first as ICodeCellModel | null;
    if (death.cell !== null || first === null || death.cause === "ended" || death.kernelId !== this.kernel?.id)
      return death;
    return { ...death, cell: refOf(first) };
  }

  /** The cell that this page sent first of those that wait, since the kernel was frozen. */
  #presumed({ guard }: JupyterKernel): Pick<Running, "cell" | "startedAt"> | null {
    const first = this.#queue.first as ICodeCellModel | null;
    return first === null || guard === null ? null : { cell: refOf(first), startedAt: guard.since };
  }

  #isMine(kernelId: string, path: string): boolean {
    const id = this.kernel?.id;
    return kernelId !== "" && kernelId === id ? true : path !== "" && path === this.path;
  }

  #onKernel(_: unknown, { newValue }: { newValue: Kernel.IKernelConnection | null }): void {
    this.#listen(newValue);
  }

  #listen(kernel: Kernel.IKernelConnection | null): void {
    this.#comm?.dispose();
    this.#comm = null;
    this.#loaded = false;
    this.#store = false;
    this.book.run(null);
    this.#changed.emit();
    this.#asked = "";
    this.#since = null;
    if (kernel === null) return;
    this.#comm = new KernelComm(
      kernel,
      {
        records: (records) => this.#add(records),
        started: (cell, startedAt) => {
          if (this.book.run({ cell, startedAt, seenAt: Date.now() })) this.#changed.emit();
        },
        idle: () => {
          if (this.book.run(null)) this.#changed.emit();
        },
        loaded: (loaded) => {
          this.#loaded = loaded;
          this.#changed.emit();
        },
        store: (store) => {
          this.#store = store;
        },
      },
      this.#parts.log,
    );
    this.#onState();
  }

  #onState(): void {
    const { connection } = this.#parts;
    const served = this.served;
    if (served === null) {
      if (connection.state === null) this.#asked = "";
      return;
    }
    for (const death of connection.state?.deaths ?? []) this.died(death);
    // One that froze before its own word came out is known from the server, or from what this page sent.
    const frozen = served.guard?.phase === "frozen" && this.book.running === null;
    if (!this.#loaded || frozen) {
      const running = served.running ?? (frozen ? this.#presumed(served) : null);
      this.book.run(running === null ? null : { ...running, seenAt: Date.now() - this.#age(running.startedAt) });
    }
    if (!this.#loaded && served.measured) void this.seek();
    // Sizes and peaks move with every state.
    this.#changed.emit();
    const asked = `${served.id} ${connection.status}`;
    if (asked === this.#asked && connection.status === "live") return;
    this.#asked = asked;
    void connection.records(served.id, this.path, this.#since).then((records) => {
      if (this.#disposed || this.kernel?.id !== served.id) return;
      this.#since = records.at(-1)?.id ?? this.#since;
      this.#add(records);
    });
  }

  /** How long ago that was by the server's clock. */
  #age(time: number): number {
    return Math.max(0, (this.#parts.connection.state?.time ?? time) - time);
  }

  #onRecorded(_: unknown, { record, kernelId, path }: ToldRecord): void {
    if (this.#isMine(kernelId, path)) this.#add([record]);
  }

  #add(records: readonly CellRecord[]): void {
    if (!this.book.add(records)) return;
    if (this.#parts.options.values.persist || this.#store) this.#persist(records);
    this.#changed.emit();
  }

  /** Writes each cell's last run into the notebook, once; whoever saves it, keeps it. */
  #persist(records: readonly CellRecord[]): void {
    const ids = new Set(records.map(({ id }) => id));
    for (const [key, { cost }] of this.book.all()) {
      if (cost === null || !ids.has(cost.now.id)) continue;
      const model = key as ICodeCellModel;
      // Where it ran is nobody's business who gets the file.
      const kept = { ...cost.now, kernel: { ...cost.now.kernel, host: "" } };
      const there = parseRecord(model.getMetadata(METADATA_KEY));
      if (there?.id !== kept.id) model.setMetadata(METADATA_KEY, kept);
    }
  }

  #onModel(): void {
    this.panel.content.model?.cells.changed.connect(this.#onContent, this);
    this.#onContent();
  }

  #onContent(): void {
    this.book.moved();
    this.#readFile();
    this.#changed.emit();
  }

  /** What the file holds of each cell, once: Lab makes the model before it reads the file into it. */
  #readFile(): void {
    const records = [...(this.panel.content.model?.cells ?? [])].flatMap((cell) => {
      if (cell.type !== "code" || this.#read.has(cell)) return [];
      this.#read.add(cell);
      const kept = parseRecord(cell.getMetadata(METADATA_KEY));
      // A copied cell carries the cost of the one it was copied from.
      const own = kept === null || (kept.cell.id !== null && kept.cell.id !== cell.id) ? [] : [kept];
      return [...own, ...recordsIn(cell)];
    });
    this.book.add(records);
  }
}

function refOf({ id }: ICodeCellModel): CellRef {
  return { id, executionCount: null, hash: "", label: "" };
}

/** Records among a cell's outputs: the kernel leaves there only what that cell cost, whatever the front end of then called it. */
function recordsIn({ id, outputs }: Partial<Pick<ICodeCellModel, "id" | "outputs">>): readonly CellRecord[] {
  if (id === undefined || outputs === undefined) return []; // no code
  return Array.from({ length: outputs.length }, (_, at) => outputs.get(at).data[CELL_MIME])
    .map((value) => (value === undefined ? null : parseRecord(value)))
    .filter((record) => record !== null)
    .map((record) => ({ ...record, cell: { ...record.cell, id } }));
}
