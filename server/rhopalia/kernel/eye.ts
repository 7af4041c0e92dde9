/** How kernels are seen on any platform: which processes are kernels, and what one and its children use. */

/** A process that is a kernel, as its command line says. */
export interface FoundKernel {
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly language: string;
  readonly connection: string;
  /** Empty where it cannot be read. */
  readonly folder: string;
  /** The nearest first. */
  readonly ancestors: readonly number[];
  /** The program that runs it, a path; empty where it cannot be told. */
  readonly executable: string;
  /** Who started it: the nearest parent that is no wrapper of its own, such as `conda run`; null where it cannot be told. */
  readonly starter: number | null;
}

/** A kernel and its children at one moment. */
export interface TreeSight {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Resident memory of the kernel's own process, and of it and its children added up, bytes. */
  readonly rssBytes: number;
  readonly sumBytes: number;
  /** The process's own peak since it started or since somebody reset it, bytes; null where it cannot be read. */
  readonly peakBytes: number | null;
  /** CPU time of kernel and children since the kernel was first seen, milliseconds; null where it is not counted. */
  readonly cpuMs: number | null;
  /** Of it the children's, as far as it can be told apart. */
  readonly childCpuMs: number | null;
  /** Cores in use, where the system says that and no time. */
  readonly cores: number | null;
  /** All processes, the kernel first. */
  readonly pids: readonly number[];
  readonly threads: number;
  /** Of the kernel and the children it has waited for; null where it may not be read. */
  readonly io: IoSight | null;
}

/** Bytes since the process began: at the device, and as asked for with read() and write(). */
export interface IoSight {
  readonly diskRead: number;
  readonly diskWrite: number;
  readonly read: number;
  readonly write: number;
}

/** What became of a process: it lives, it is gone, or it cannot be told. */
export type Looked = TreeSight | "gone";

/** Looks at processes. Never throws for a process that vanishes, that is somebody else's, or that has a hostile name. */
export interface KernelEye {
  /** Milliseconds between two looks at a known kernel, and between two searches for new ones. */
  readonly lookMs: number;
  readonly scanMs: number;
  /** Every kernel of this user now. Throws Unreadable where processes cannot be listed at all. */
  scan(signal: AbortSignal): Promise<readonly FoundKernel[]>;
  /** A process that says of itself that it is a kernel; null when there is none such here. */
  find(pid: number, startedAt: number, language: string): FoundKernel | null;
  /** Looks at a kernel and its children now. */
  look(kernel: Pick<FoundKernel, "pid" | "startedAt">): Looked;
  /** Memory of these processes with shared pages counted once, bytes; null where the system does not tell. */
  shared(pids: readonly number[]): Promise<number | null>;
  /** Parents of a process, the nearest first; empty when it is gone. */
  ancestors(pid: number): readonly number[];
  /** Whether a process is there. */
  alive(pid: number): boolean;
  /** Forgets what was kept of a kernel. */
  forget(pid: number): void;
}

export { sameKernel, START_TREMBLE_MS } from "../../../protocol/kernel.ts";
