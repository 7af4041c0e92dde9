/**
 * What the Jupyter server's extension (jupyter/gorgon/server) tells the pages of JupyterLab and Notebook 7, and what a
 * worker tells that extension. The Python side is written by hand: what is here and what is there are one contract.
 *
 * Below `<base_url>gorgon/api/`, all of them authenticated and authorized as Jupyter's own:
 * - `GET state`: `JupyterState`.
 * - `GET records?kernel=<id>&path=<notebook>&since=<record id>`: `{ records: CellRecord[] }`, oldest first, of that kernel
 *   and of the kernels that ran the notebook at `path` before it, as long as the server remembers them.
 * - `POST guard`: `{ kernel: <id>, answer: GuardAnswer }`; answers `{}`, or 409 with `{ message }`.
 * - `WebSocket live`: the server sends `ToPage`, the page sends `FromPage`.
 *
 * `GET <base_url>gorgon/metrics`: OpenMetrics text, only where the server's `Gorgon.prometheus` is true.
 */
import type { CellRecord, CellRef } from "../cell.ts";
import type { GuardState, KernelDeath, KernelUsage } from "../kernel.ts";
import type { Level } from "../level.ts";
import type { Unit } from "../reading.ts";
import { request } from "../message.ts";

/** Raised whenever one of these messages changes its meaning. */
export const JUPYTER_VERSION = 1;

/** One thing that has a level: CPU, memory, swap, a disk, a GPU, pressure. */
export interface HostLevel {
  /** E.g. `cpu`, `memory`, `disk /home`; unique in a list, the same as long as the thing is there. */
  readonly id: string;
  /** For faces, e.g. `CPU`. */
  readonly title: string;
  readonly level: Level;
  /** In `unit`; null while there is none. */
  readonly value: number | null;
  readonly unit: Unit;
  /** What there is beside the value or why the level is not OK, a sentence without its full stop; may be empty. */
  readonly detail: string;
  /**
   * The last five minutes at most, oldest first: milliseconds since the epoch and the value in `unit`. At most 150; a step
   * without a value is left out. Empty where what is judged is not the value itself (a disk that will be full in so long).
   */
  readonly points: readonly (readonly [time: number, value: number])[];
}

/** An alert as a panel lists it. */
export interface HostAlert {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  readonly since: number;
  /** Null while it goes on. */
  readonly endedAt: number | null;
  /** What is the matter, one sentence. */
  readonly message: string;
}

/**
 * The bell of a machine and what it is made of, whoever measured: without what the bell's built-in rules say of notebook
 * kernels, whose levels and deaths stand beside it. Complete each time.
 */
export interface HostView {
  /** When it was judged, milliseconds since the epoch. A worker whose window nobody looks at judges every 10 to 30 s. */
  readonly time: number;
  /** The machine's name. */
  readonly node: string;
  /** Who measured: a worker of Gorgon, or the Jupyter server's own small sampler. */
  readonly by: "worker" | "server";
  readonly level: Level;
  /** What is the matter, one sentence; the bell in words. */
  readonly headline: string;
  readonly levels: readonly HostLevel[];
  /** Those that go on and those that ended in the last minutes, worst first. */
  readonly alerts: readonly HostAlert[];
}

/** A kernel of this Jupyter server. */
export interface JupyterKernel {
  /** As the Jupyter server calls it. */
  readonly id: string;
  /** The kernelspec's name. */
  readonly name: string;
  /** The notebook or console, as its session names it; empty where it has no session. */
  readonly path: string;
  readonly pid: number | null;
  /** False for one that this server did not start (a gateway's): nothing but its own word is known of it. */
  readonly local: boolean;
  /** The package in it sends exact records to this server. */
  readonly measured: boolean;
  readonly usage: KernelUsage | null;
  readonly running: { readonly cell: CellRef; readonly startedAt: number; readonly peakBytes: number } | null;
  readonly limit: { readonly bytes: number; readonly source: string } | null;
  readonly level: Level;
  readonly guard: GuardState | null;
}

/** A kernel's death, with the names that Jupyter has for it. */
export interface JupyterDeath extends KernelDeath {
  /** As the Jupyter server calls the kernel; a restarted one keeps it. */
  readonly kernelId: string;
  readonly path: string;
}

/** Everything. Complete each time. */
export interface JupyterState {
  readonly v: typeof JUPYTER_VERSION;
  readonly version: string;
  readonly time: number;
  /** Null before the first look. */
  readonly host: HostView | null;
  readonly kernels: readonly JupyterKernel[];
  /** Of the last hour, newest first. */
  readonly deaths: readonly JupyterDeath[];
  /** What does not work here and why, each a sentence with its mend. */
  readonly notes: readonly string[];
}

/** Server -> page. `state` comes first and again whenever something changed, at most twice a second. */
export type ToPage =
  | { readonly state: JupyterState }
  /** A run ended. `kernelId`, `path`: as in JupyterKernel. */
  | { readonly record: CellRecord; readonly kernelId: string; readonly path: string }
  /** A kernel died that nobody had asked to; other ends stand in the state alone. */
  | { readonly death: JupyterDeath };

/** Page -> server. A page that nobody sees is told less often. */
export interface FromPage {
  readonly visible: boolean;
}

/** What the Jupyter server says with its question; null from one of an earlier release. */
export interface HostQuestion {
  /** A page in sight shows it: the worker polls as for a window that has the focus. */
  readonly watched: boolean;
}

/** The machine as the worker sees it, for the Jupyter server (it greets with role `server`). Null before the first poll has ended. */
export const kernelHost = request<HostQuestion | null, HostView | null>("kernel/host", "toLeader");
