/**
 * What one run of a notebook cell cost, and how far each number can be trusted. The kernel's package writes it
 * (`application/vnd.gorgon.cell.v1+json`); the worker writes it from outside where no package is loaded.
 */
import type { Level } from "./level.ts";

/** The MIME type of a record in a cell's outputs. */
export const CELL_MIME = "application/vnd.gorgon.cell.v1+json";

/** The form of the record; raised when a field changes its meaning. */
export const CELL_VERSION = 1;

/**
 * How far a number can be trusted. `exact`: counted by the system for this very run. `exact-lifetime`: exact, because the
 * process's peak of all time rose in this run. `sampled`: at least this, there may have been more between two looks.
 * `none`: not to be had here, the value is null.
 */
export const QUALITIES = ["exact", "exact-lifetime", "sampled", "none"] as const;
export type Quality = (typeof QUALITIES)[number];

/** A number with its quality. */
export interface Measure {
  readonly value: number | null;
  readonly quality: Quality;
}

/**
 * What is measured, by name. Bytes are bytes, times milliseconds. A missing name means the same as quality `none`.
 *
 * - `wallMs`; `cpuMs`: the kernel itself, its children reaped in the run and those still alive; of it `cpuChildrenMs`.
 *   `cores`: cpuMs / wallMs. `throttledMs`: the CPU limit of the control group held it back for so long.
 * - `peakBytes`: highest resident memory of the kernel's process; `peakDeltaBytes`: over what it had before the run;
 *   `startBytes`, `endBytes`: before and after; `fileBytes`: of what is resident at the end, backed by files;
 *   `swapDeltaBytes`; `childPeakBytes`: highest of one child that was started in the run; `treeBytes`: highest sum over
 *   kernel and children, shared pages counted once, seen from outside.
 * - `diskReadBytes`, `diskWriteBytes`: at the device; `readBytes`, `writeBytes`: asked for with read() and write().
 * - `netRxBytes`, `netTxBytes`: of the network namespace, so of whoever shares it.
 * - `threads`, `children`: at the end of the run.
 */
export const CELL_MEASURES = [
  "wallMs",
  "cpuMs",
  "cpuChildrenMs",
  "cores",
  "throttledMs",
  "peakBytes",
  "peakDeltaBytes",
  "startBytes",
  "endBytes",
  "fileBytes",
  "swapDeltaBytes",
  "childPeakBytes",
  "treeBytes",
  "diskReadBytes",
  "diskWriteBytes",
  "readBytes",
  "writeBytes",
  "netRxBytes",
  "netTxBytes",
  "threads",
  "children",
] as const;
export type CellMeasure = (typeof CELL_MEASURES)[number];

/** Memory of one GPU in one run. */
export interface CellGpu {
  readonly index: number;
  readonly name: string;
  /** Whose memory it is: of the allocator (torch, cupy, jax), of this process, or of the whole device. */
  readonly scope: "allocator" | "process" | "device";
  /** E.g. `torch`, `nvml`. */
  readonly source: string;
  readonly peakBytes: Measure;
  readonly deltaBytes: Measure;
}

/** Which cell it was. Never its text. */
export interface CellRef {
  /** What the front end calls it: a cell's URI in VS Code, nbformat's id in JupyterLab; null where it has no name. */
  readonly id: string | null;
  /** `In [7]`; null where it is not known. */
  readonly executionCount: number | null;
  /** SHA-1 of the cell's text, hexadecimal: tells apart cells of one id, or of none. Empty where it is not known. */
  readonly hash: string;
  /** A name that the user gave; else empty. */
  readonly label: string;
}

/** The process that runs the code. */
export interface KernelRef {
  readonly pid: number;
  /** When it started, milliseconds since the epoch: tells it from another process that takes its pid later. */
  readonly startedAt: number;
  /** As Jupyter names it, lower case: `python`, `r`, `julia`. */
  readonly language: string;
  /** Host name; a remote kernel's is not the worker's. */
  readonly host: string;
}

/** The tightest limit of memory and how near the run came to it. */
export interface CellLimit {
  readonly bytes: number;
  /** In words, e.g. `cgroup /user.slice`, `MEM_LIMIT`, `the machine's memory`, `%gorgon limit`. */
  readonly source: string;
  /** 0..1 and more: the peak over the limit. */
  readonly share: number;
}

/** How the run ended. `died`: the kernel with it. */
export const CELL_OUTCOMES = ["ok", "error", "interrupted", "died"] as const;
export type CellOutcome = (typeof CELL_OUTCOMES)[number];

/** One run of one cell, complete. All texts are data, never markup, and at most 2,000 characters long. */
export interface CellRecord {
  readonly v: typeof CELL_VERSION;
  /** Unique for ever. */
  readonly id: string;
  readonly kernel: KernelRef;
  readonly cell: CellRef;
  /** Milliseconds since the epoch, by the clock of the kernel's machine. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: CellOutcome;
  /** The class of the exception, e.g. `MemoryError`; empty without one. Never its message. */
  readonly error: string;
  readonly measures: Readonly<Partial<Record<CellMeasure, Measure>>>;
  readonly gpus: readonly CellGpu[];
  readonly limit: CellLimit | null;
  /** By the share of the limit; UNKNOWN without a limit or a peak. */
  readonly level: Level;
  /** Another cell ran at the same time (subshells, threads): what was used cannot be told apart. */
  readonly overlap: boolean;
  /** Who measured: `kernel` (the package in it) or `outside` (its process, sampled). */
  readonly by: "kernel" | "outside";
  /** What a reader must know, each a sentence, e.g. why the peak is not exact. */
  readonly notes: readonly string[];
}

/** What may stand under a cell, in that order. */
export const SHOWN = ["time", "cpu", "memory", "gpu", "disk", "network", "previous"] as const;
export type Shown = (typeof SHOWN)[number];
