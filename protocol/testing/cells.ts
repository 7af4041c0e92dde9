/** Records of cells and deaths of kernels, for tests of all front ends. */
import type { CellMeasure, CellRecord, KernelRef, Measure, Quality } from "../cell.ts";
import type { KernelDeath } from "../kernel.ts";

export const MIB = 1024 * 1024;
export const GIB = 1024 * MIB;
export const KERNEL: KernelRef = { pid: 4711, startedAt: 1_699_999_000_000, language: "python", host: "devbox" };
/** When its first cell began. */
export const START = 1_700_000_000_000;

/** Measures of one quality. */
export function measures(
  values: Partial<Record<CellMeasure, number>>,
  quality: Quality = "exact",
): Partial<Record<CellMeasure, Measure>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, quality }]));
}

let made = 0;

/** A record as the package writes it: 3.2 s, 4.1 GiB. */
export function recordOf(change: Partial<CellRecord> = {}): CellRecord {
  made += 1;
  return {
    v: 1,
    id: `record-${String(made)}`,
    kernel: KERNEL,
    cell: { id: null, executionCount: 1, hash: "", label: "" },
    startedAt: START,
    endedAt: START + 3200,
    outcome: "ok",
    error: "",
    measures: measures({ wallMs: 3200, cpuMs: 5800, cores: 1.8, peakBytes: 4.1 * GIB, peakDeltaBytes: 2.6 * GIB }),
    gpus: [],
    limit: { bytes: 23.4 * GIB, source: "the machine's memory", share: 4.1 / 23.4 },
    level: "OK",
    overlap: false,
    by: "kernel",
    notes: [],
    ...change,
  };
}

/** The kernel's death for lack of memory, nine seconds after its first cell began. */
export function deathOf(change: Partial<KernelDeath> = {}): KernelDeath {
  return {
    id: "death-1",
    kernel: KERNEL,
    connection: "kernel-1f3c.json",
    folder: "/work/demo",
    ancestors: [],
    time: START + 9000,
    cause: "oom",
    signal: "SIGKILL",
    exitCode: null,
    evidence: [{ source: "cgroup", says: "The control group's count of OOM kills rose from 0 to 1." }],
    cell: null,
    cellStartedAt: null,
    lastBytes: 23.2 * GIB,
    lastAt: START + 8900,
    limit: { bytes: 23.4 * GIB, source: "cgroup" },
    sentence: "The kernel of demo.ipynb was killed for lack of memory.",
    mend: "Load less at once, or raise the limit.",
    ...change,
  };
}
