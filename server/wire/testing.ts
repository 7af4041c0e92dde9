/** Records of cells and kernels for tests, as a kernel's package would write them. */
import type { CellRecord, CellRef, KernelRef } from "../../protocol/cell.ts";
import type { KernelsState, KernelState } from "../../protocol/kernel.ts";

/** When the kernel of these tests started. */
export const KERNEL_START = Date.UTC(2026, 0, 1, 12);

/** A kernel of these tests. */
export const KERNEL: KernelRef = { pid: 4711, startedAt: KERNEL_START, language: "python", host: "here" };

/** The cell number `index` of a notebook. */
export function cellRef(index: number): CellRef {
  const id = `vscode-notebook-cell:/work/a.ipynb#W${String(index)}`;
  return { id, executionCount: index, hash: index.toString(16).padStart(40, "0"), label: "" };
}

/** The run of cell `index`, which took a second, `index` minutes after the kernel's start. */
export function cellRecord(index: number, more: Partial<CellRecord> = {}): CellRecord {
  const startedAt = KERNEL_START + index * 60_000;
  return {
    v: 1,
    id: `record-${String(index)}`,
    kernel: KERNEL,
    cell: cellRef(index),
    startedAt,
    endedAt: startedAt + 1000,
    outcome: "ok",
    error: "",
    measures: {
      wallMs: { value: 1000, quality: "exact" },
      peakBytes: { value: 512 * 2 ** 20, quality: "exact" },
      treeBytes: { value: null, quality: "none" },
    },
    gpus: [
      {
        index: 0,
        name: "GPU",
        scope: "process",
        source: "nvml",
        peakBytes: { value: 2 ** 30, quality: "sampled" },
        deltaBytes: { value: 0, quality: "sampled" },
      },
    ],
    limit: { bytes: 2 ** 30, source: "cgroup /user.slice", share: 0.5 },
    level: "OK",
    overlap: false,
    by: "kernel",
    notes: ["The peak includes 3 MiB of files."],
    ...more,
  };
}

/** A kernel that lives and is idle. */
export function kernelState(more: Partial<KernelState> = {}): KernelState {
  return {
    kernel: KERNEL,
    connection: "kernel-1.json",
    folder: "/work",
    ancestors: [1],
    measured: false,
    usage: null,
    running: null,
    limit: null,
    level: "UNKNOWN",
    guard: null,
    ...more,
  };
}

/** These kernels and no deaths. */
export function kernelsState(...kernels: readonly KernelState[]): KernelsState {
  return { time: KERNEL_START, kernels, deaths: [] };
}
