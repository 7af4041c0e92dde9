/**
 * The messages of a kernel's package and of its memory guard, over the leader's socket: JSON-RPC 2.0, a message a line. They
 * come from Python (jupyter/gorgon/link.py): what is here and what is there are one contract.
 */
import type { CellRecord, CellRef, KernelRef } from "../cell.ts";
import type { GuardAnswer, GuardState } from "../kernel.ts";
import type { Level } from "../level.ts";
import { notification, request } from "../message.ts";

/** Raised whenever one of these messages changes. Package and worker may be of different releases. */
export const KERNEL_LINK_VERSION = 1;

/** Who greets, and by what right. */
export interface KernelHello {
  readonly protocol: number;
  /** What the leader wrote into its token file. */
  readonly token: string;
  /**
   * `kernel`: the package in the kernel. `guard`: the process beside it that watches its memory. `server`: the Jupyter
   * server's extension, which only asks.
   */
  readonly role: "kernel" | "guard" | "server";
  /** The kernel, also where the guard speaks; of a `server` its own process, with language `jupyter`. */
  readonly kernel: KernelRef;
  /** The package's version. */
  readonly version: string;
  /** The interpreter that runs the kernel: the worker runs its small watcher with it. A path; empty from a guard. */
  readonly executable: string;
  /** Where faulthandler writes when the kernel breaks; empty where it does not. */
  readonly faults: string;
  /**
   * The small file in which the kernel writes which cell runs (jupyter/gorgon/blackbox.py): on one line what
   * `kernelCellStarted` has as parameters, and a zero as the first byte while it is idle. Missing or empty where there is none.
   */
  readonly box?: string | undefined;
}

/** Who answers. */
export interface KernelWelcome {
  readonly protocol: number;
  readonly pid: number;
  readonly version: string;
  /** The leader reads the kernel's `box`: `kernelCellStarted` and `kernelCellIdle` need not be sent. Missing: it does not. */
  readonly box?: boolean;
}

/** The bell, for `%gorgon`. */
export interface KernelBell {
  readonly level: Level;
  /** What is the matter, in one sentence. */
  readonly sentence: string;
}

/** The first word. Nothing else is answered before it. */
export const kernelHello = request<KernelHello, KernelWelcome>("kernel/hello", "toLeader");

/** A cell began; where the receiver does not read the kernel's `box`. */
export const kernelCellStarted = notification<{ readonly cell: CellRef; readonly startedAt: number }>(
  "kernel/cell/started",
  "toLeader",
);

/** What was told to run has ended and leaves no record: it was too short for one, or measuring was switched off. */
export const kernelCellIdle = notification<Record<string, never>>("kernel/cell/idle", "toLeader");

/** A run ended. Sent again after a connection broke: the receiver knows a record by its id. */
export const kernelCellEnded = request<{ readonly record: CellRecord }, null>("kernel/cell/ended", "toLeader");

/** The bell now; null before the first poll has ended. */
export const kernelBell = request<null, KernelBell | null>("kernel/bell", "toLeader");

/** What the guard sees, whenever its phase changes and once a second beside that; null: it stops. */
export const guardState = notification<{ readonly state: GuardState | null }>("kernel/guard/state", "toLeader");

/** What the user wants done with the frozen kernel. The guard does it. */
export const guardAnswered = notification<{ readonly answer: GuardAnswer }>("kernel/guard/answer", "toFollower");
