/** What the rest of the worker may ask of whoever watches the kernels of this machine. */
import type { CellRecord, CellRef, KernelRef } from "../../../protocol/cell.ts";
import type { GuardState, KernelDeath, KernelsState } from "../../../protocol/kernel.ts";
import type { Disposable } from "../../host/host.ts";
import type { Rhopalium } from "../rhopalium.ts";

/** A kernel by its process. */
export type KernelId = Pick<KernelRef, "pid" | "startedAt">;

/** What the package in a kernel says of it. */
export interface KernelGreeting {
  readonly kernel: KernelRef;
  /** The interpreter that runs it. */
  readonly executable: string;
  /** Where faulthandler writes; empty where it does not. */
  readonly faults: string;
}

/** What a window wants measured from outside. */
export interface RunToMeasure extends KernelId {
  readonly cell: CellRef;
  readonly from: number;
  readonly to: number;
  readonly outcome: "ok" | "error" | "interrupted";
}

/** The sensor of kernels, which is read more often while there are some. */
export interface KernelSensor extends Rhopalium {
  /** When it wants to be read again, milliseconds: soon while there is a kernel, seldom while there is none. */
  readonly wantedMs: number;
  /** How long a reading may take, milliseconds. */
  readonly deadlineMs: number;
}

/** Sees kernels from outside and keeps what is said of them. One for each worker that leads. */
export interface KernelWatching {
  /** Its readings `jupyter.kernel.*`; polling it is what looks at the kernels. */
  readonly sensor: KernelSensor;
  /** Everything now. */
  state(): KernelsState;
  /** Searches for new kernels at once, unless that was done a moment ago; never rejects. The sensor keeps its own pace. */
  scan(): Promise<void>;
  /** Called when something of it changed, at most twice a second. */
  onChange(listener: (state: KernelsState) => void): Disposable;
  /** Called when one is seen to be gone, before its end is judged: what it ran can still be told. */
  onVanished(listener: (kernel: KernelId) => void): Disposable;
  /** Called once for each kernel that is gone, when its cause is known; before `onChange`. */
  onDeath(listener: (death: KernelDeath) => void): Disposable;
  /** Called with the record of a cell in which a kernel died. */
  onRecord(listener: (record: CellRecord) => void): Disposable;
  /** The package in a kernel connected. */
  greet(greeting: KernelGreeting): void;
  /** Its connection ended; the kernel may live on. */
  part(kernel: KernelId): void;
  /** What a kernel runs; null: it is idle. One that is not known is searched for at once. */
  setRunning(kernel: KernelId, running: { readonly cell: CellRef; readonly startedAt: number } | null): void;
  /** It was asked to end or to restart: its death is none to report. */
  setLeaving(kernel: KernelId): void;
  /** What its memory guard says; null: it has none any more. */
  setGuard(kernel: KernelId, guard: GuardState | null): void;
  /** A record from the looks of that time; null when the kernel is not known or nobody looked. */
  measure(run: RunToMeasure): CellRecord | null;
  /** Ends the watcher process. */
  close(): Promise<void>;
}
