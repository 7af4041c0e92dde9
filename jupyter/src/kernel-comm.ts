/** Listens to the package in one kernel, over a comm that this page opens. The kernel is asked first: opening what is not there writes into its log. */
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import type { IDisposable } from "@lumino/disposable";
import { parseRecord, parseRecords } from "../../protocol/cell-parse.ts";
import type { CellRecord, CellRef } from "../../protocol/cell.ts";
import { parseStarted } from "./parse.ts";

/** What the package in jupyter/gorgon/comm.py listens for. */
export const COMM_TARGET = "gorgon.v1";

/** What a kernel tells. */
export interface CommListener {
  records(records: readonly CellRecord[]): void;
  started(cell: CellRef, startedAt: number): void;
  /** Nothing runs: the kernel is idle, was restarted, or is gone. */
  idle(): void;
  /** The package is there, or is not any more. */
  loaded(loaded: boolean): void;
  /** The kernel's own setting: costs are to be kept in the notebook file. */
  store(store: boolean): void;
}

/** Whether it is an IPython: only there the package can be. */
async function isPython(kernel: Kernel.IKernelConnection): Promise<boolean> {
  const { language_info } = await kernel.info;
  return language_info.name.toLowerCase() === "python";
}

/** Code after which the package may be there. */
const LOADS = /\b(?:re)?load_ext\s+gorgon\b|\bimport\s+gorgon\b|\bload_extension\(\s*["']gorgon["']/;
/** A subshell takes messages while a cell runs; where none comes by then, the kernel is asked in the plain way, milliseconds. */
const SUBSHELL_MS = 2000;

/** Evaluated in the kernel, leaving no name; an expression that fails is an answer as well. */
const LOADED = "'gorgon.comm' in __import__('sys').modules";

/** One kernel's comm, opened again after a restart and after the connection was lost. */
export class KernelComm implements IDisposable {
  readonly #kernel: Kernel.IKernelConnection;
  readonly #listener: CommListener;
  readonly #log: (message: string) => void;
  #comm: Kernel.IComm | null = null;
  #since: string | null = null;
  #asking = false;
  /** A cell that loads the package runs. */
  #loads = false;
  /** The question was dropped with the queue of a cell that failed. */
  #unanswered = false;
  #restarted = false;
  /** The request of which the kernel runs the code; null where the page came later. */
  #execution: string | null = null;
  #disposed = false;

  constructor(kernel: Kernel.IKernelConnection, listener: CommListener, log: (message: string) => void) {
    this.#kernel = kernel;
    this.#listener = listener;
    this.#log = log;
    kernel.statusChanged.connect(this.#onStatus, this);
    kernel.connectionStatusChanged.connect(this.#onConnection, this);
    kernel.iopubMessage.connect(this.#onMessage, this);
    if (kernel.connectionStatus === "connected") void this.seek();
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** Whether the package in the kernel is heard. */
  get open(): boolean {
    return this.#comm !== null;
  }

  /** Opens the comm if the package is there; asked again it does nothing. */
  async seek(): Promise<void> {
    await this.#try(() => this.#isLoaded());
  }

  async #try(loaded: () => Promise<boolean>): Promise<void> {
    if (this.#asking || this.#comm !== null || this.#disposed) return;
    this.#asking = true;
    try {
      if (await loaded()) await this.#openComm();
    } catch (error) {
      // A kernel that is restarted or ended takes its questions with it.
      if (!this.isDisposed) this.#log(`Gorgon: the kernel did not say whether the package is loaded: ${String(error)}`);
    } finally {
      this.#asking = false;
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const { statusChanged, connectionStatusChanged, iopubMessage, isDisposed } = this.#kernel;
    statusChanged.disconnect(this.#onStatus, this);
    connectionStatusChanged.disconnect(this.#onConnection, this);
    iopubMessage.disconnect(this.#onMessage, this);
    const comm = this.#comm;
    this.#comm = null;
    if (comm !== null && !comm.isDisposed && !isDisposed) comm.close();
  }

  async #isLoaded(): Promise<boolean> {
    if (!(await isPython(this.#kernel)) || this.#disposed) return false;
    const future = this.#kernel.requestExecute({
      ...{ code: "", silent: true, store_history: false, allow_stdin: false },
      user_expressions: { loaded: LOADED },
    });
    const { content } = await future.done;
    this.#unanswered = content.status !== "ok";
    if (content.status !== "ok") return false;
    const answer = content.user_expressions["loaded"] as { data?: Readonly<Record<string, unknown>> } | undefined;
    return answer?.data?.["text/plain"] === "True";
  }

  async #openComm(): Promise<void> {
    // The kernel connection's own word: another page of this browser handles the comms.
    if (this.#disposed || !this.#kernel.handleComms) return;
    const comm = this.#kernel.createComm(COMM_TARGET);
    comm.onMsg = ({ content }) => this.#take(content.data);
    comm.onClose = () => {
      if (this.#comm !== comm) return;
      this.#comm = null;
      this.#listener.idle();
      this.#listener.loaded(false);
    };
    this.#comm = comm;
    // In the main shell it would wait for all the cells that are queued.
    const { subshellStarted } = comm as { readonly subshellStarted?: Promise<void> };
    if (this.#kernel.supportsSubshells) await Promise.race([subshellStarted, after(SUBSHELL_MS)]);
    if (comm.isDisposed || this.#comm !== comm) return;
    comm.open({ since: this.#since });
  }

  #take(data: unknown): void {
    if (typeof data !== "object" || data === null) return;
    const { hello, started, record, records } = data as Readonly<Record<string, unknown>>;
    if (hello !== undefined) {
      const { running, storeMetadata } = hello as { running?: unknown; storeMetadata?: unknown };
      this.#listener.loaded(true);
      this.#listener.store(storeMetadata === true);
      this.#begin(running);
    }
    if (started !== undefined) this.#begin(started);
    const list = record === undefined ? parseRecords(records) : [parseRecord(record)].filter((one) => one !== null);
    const last = list.at(-1);
    if (last === undefined) return;
    this.#since = last.id;
    this.#listener.records(list);
  }

  #begin(value: unknown): void {
    const began = parseStarted(value);
    if (began !== null) this.#listener.started(began.cell, began.startedAt);
  }

  #drop(): void {
    const comm = this.#comm;
    this.#comm = null;
    if (comm !== null && !comm.isDisposed) comm.dispose();
  }

  #onStatus(_: unknown, status: KernelMessage.Status): void {
    if (status === "restarting" || status === "autorestarting" || status === "dead" || status === "terminating") {
      // The kernel is a new one: it knows neither the comm nor the runs of the old one.
      this.#drop();
      this.#since = null;
      this.#execution = null;
      this.#restarted = true;
      this.#listener.idle();
      this.#listener.loaded(false);
      return;
    }
    if (status !== "idle") return;
    // With subshells a kernel is idle in one of them while a cell runs in another.
    if (this.#execution === null) this.#listener.idle();
    if (!this.#restarted && !this.#unanswered) return;
    this.#restarted = false;
    this.#unanswered = false;
    void this.seek();
  }

  #onConnection(_: unknown, status: Kernel.ConnectionStatus): void {
    if (status !== "connected") return;
    // What was said meanwhile was lost.
    if (this.#comm === null) void this.seek();
    else if (!this.#comm.isDisposed) this.#comm.send({ since: this.#since });
  }

  #onMessage(_: unknown, { header, parent_header, content }: KernelMessage.IIOPubMessage): void {
    const parent = "msg_id" in parent_header ? parent_header.msg_id : null;
    if (header.msg_type === "execute_input") {
      this.#execution = parent;
      const { code } = content as { code?: unknown };
      if (this.#comm === null && typeof code === "string" && LOADS.test(code)) this.#loads = true;
      return;
    }
    if (header.msg_type !== "status" || parent === null || parent !== this.#execution) return;
    if ((content as { execution_state?: unknown }).execution_state !== "idle") return;
    this.#execution = null;
    this.#listener.idle();
    if (!this.#loads) return;
    this.#loads = false;
    // Asked it would answer after all cells that are queued, or never where one of them fails.
    void this.#try(() => Promise.resolve(true));
  }
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
