/** The kernels of this user on this machine: what they use now, what they run, and why one is gone. */
import type { CellRef, KernelRef } from "./cell.ts";
import type { Level } from "./level.ts";

/** Two starts of one pid that are nearer to each other than this, milliseconds, are one: no system gives a pid again so soon. */
export const START_TREMBLE_MS = 5000;

/** Whether two names mean one process. Who computes a start from other clocks gets it some milliseconds otherwise. */
export function sameKernel(
  one: Pick<KernelRef, "pid" | "startedAt">,
  other: Pick<KernelRef, "pid" | "startedAt">,
): boolean {
  return one.pid === other.pid && Math.abs(one.startedAt - other.startedAt) <= START_TREMBLE_MS;
}

/** What a kernel and its children use now, looked at from outside. */
export interface KernelUsage {
  /** When it was looked at, milliseconds since the epoch. */
  readonly time: number;
  /** Resident memory of the kernel's own process, bytes. */
  readonly rssBytes: number;
  /** Memory of kernel and children with shared pages counted once (PSS); null where it cannot be read or was not yet. */
  readonly treeBytes: number | null;
  /** CPU cores in use by kernel and children since the look before; null at the first one. */
  readonly cores: number | null;
  readonly children: number;
  readonly threads: number;
  /** Memory on GPUs, bytes; null where it is not known. */
  readonly gpuBytes: number | null;
}

/** The cell that a kernel runs. */
export interface RunningCell {
  readonly cell: CellRef;
  readonly startedAt: number;
  /** The highest that was seen from outside since it started, bytes: at least so much. */
  readonly peakBytes: number;
}

/** What the memory guard of a kernel does. `watching`, `near` the limit, has `interrupted` the cell, holds it `frozen`. */
export const GUARD_STATES = ["watching", "near", "interrupted", "frozen"] as const;
export type GuardPhase = (typeof GUARD_STATES)[number];

/** A kernel's memory guard. */
export interface GuardState {
  readonly phase: GuardPhase;
  readonly limitBytes: number;
  /** Memory of kernel and children when it was last looked at, bytes. */
  readonly treeBytes: number;
  readonly since: number;
  /** Why, in one sentence. */
  readonly reason: string;
}

/** What a user can answer to a frozen kernel: let it go on, ask the cell to stop, or end the kernel. */
export const GUARD_ANSWERS = ["continue", "interrupt", "end"] as const;
export type GuardAnswer = (typeof GUARD_ANSWERS)[number];

/** A kernel that lives. */
export interface KernelState {
  readonly kernel: KernelRef;
  /** The file that says how it is reached, its last part alone, e.g. `kernel-1f3c.json`; empty where there is none. */
  readonly connection: string;
  /** Its working folder: a notebook's kernel usually runs in the notebook's. Empty where it cannot be read. */
  readonly folder: string;
  /** Pids of its parents, the nearest first: a window knows its own kernels by them. */
  readonly ancestors: readonly number[];
  /** The package in it sends exact records. */
  readonly measured: boolean;
  readonly usage: KernelUsage | null;
  /** What it runs, as far as the package or a window says; null while idle or not known. */
  readonly running: RunningCell | null;
  readonly limit: { readonly bytes: number; readonly source: string } | null;
  readonly level: Level;
  readonly guard: GuardState | null;
}

/** Why a kernel is gone. `ended`: it was asked to, or ended by itself without an error. */
export const DEATH_CAUSES = ["oom", "segfault", "signal", "exit", "ended", "unknown"] as const;
export type DeathCause = (typeof DEATH_CAUSES)[number];

/** One thing that speaks for a cause, best first in a list. */
export interface DeathEvidence {
  /** `pidfd`, `parent`, `faulthandler`, `cgroup`, `kernel-log`, `front-end`, `last-sample`. */
  readonly source: string;
  /** What it says, in one sentence. */
  readonly says: string;
}

/** A kernel that died. Complete; texts are data, never markup. */
export interface KernelDeath {
  /** Unique for ever. */
  readonly id: string;
  readonly kernel: KernelRef;
  readonly connection: string;
  readonly folder: string;
  readonly ancestors: readonly number[];
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly cause: DeathCause;
  /** E.g. `SIGKILL`; empty where no signal ended it. */
  readonly signal: string;
  readonly exitCode: number | null;
  readonly evidence: readonly DeathEvidence[];
  /** The cell that ran; null: none, or not known. */
  readonly cell: CellRef | null;
  readonly cellStartedAt: number | null;
  /** The last size that was seen, bytes, and when. */
  readonly lastBytes: number | null;
  readonly lastAt: number | null;
  readonly limit: { readonly bytes: number; readonly source: string } | null;
  /** What happened, in one sentence; and what can be done. */
  readonly sentence: string;
  readonly mend: string;
}

/** All kernels now and those that died in the last hour, newest first. Complete each time. */
export interface KernelsState {
  readonly time: number;
  readonly kernels: readonly KernelState[];
  readonly deaths: readonly KernelDeath[];
}
