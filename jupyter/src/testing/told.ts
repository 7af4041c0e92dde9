/** What a Jupyter server and a kernel tell, for tests. */
import type { CellMeasure, CellRecord, Measure, Quality } from "../../../protocol/cell.ts";
import type { HostView, JupyterDeath, JupyterKernel, JupyterState } from "../../../protocol/messages/jupyter.ts";
import type { CellPlace } from "../match.ts";
import { sha1 } from "../sha1.ts";

export const MIB = 1024 * 1024;
export const GIB = 1024 * MIB;
export const START = 1_700_000_000_000;
export const KERNEL = { pid: 4711, startedAt: START - 60_000, language: "python", host: "devbox" } as const;

/** Measures of one quality. */
export function measures(
  values: Partial<Record<CellMeasure, number>>,
  quality: Quality = "exact",
): Partial<Record<CellMeasure, Measure>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, quality }]));
}

let made = 0;

/** A run of `cell`, so many seconds after the first one. */
export function runOf(cell: Partial<CellRecord["cell"]>, second = 0, change: Partial<CellRecord> = {}): CellRecord {
  made += 1;
  return {
    v: 1,
    id: `run-${String(made)}`,
    kernel: KERNEL,
    cell: { id: null, executionCount: null, hash: "", label: "", ...cell },
    startedAt: START + second * 1000,
    endedAt: START + second * 1000 + 500,
    outcome: "ok",
    error: "",
    measures: measures({ wallMs: 500, cpuMs: 900, cores: 1.8, peakBytes: 4.1 * GIB, peakDeltaBytes: 2.6 * GIB }),
    gpus: [],
    limit: { bytes: 23.4 * GIB, source: "the machine's memory", share: 4.1 / 23.4 },
    level: "OK",
    overlap: false,
    by: "kernel",
    notes: [],
    ...change,
  };
}

/** A code cell of a notebook. */
export function placeOf(id: string, text: string, count: number | null = null): CellPlace & { text: string } {
  const place = { key: {}, id, count, text, hash: () => sha1(place.text) };
  return place;
}

/** A kernel as the server sees it. */
export function kernelOf(change: Partial<JupyterKernel> = {}): JupyterKernel {
  return {
    id: "kernel-1",
    name: "python3",
    path: "work/demo.ipynb",
    pid: KERNEL.pid,
    local: true,
    measured: true,
    usage: null,
    running: null,
    limit: null,
    level: "OK",
    guard: null,
    ...change,
  };
}

/** The machine as a server sees it. */
export function hostOf(change: Partial<HostView> = {}): HostView {
  return {
    time: START,
    node: "devbox",
    by: "server",
    level: "OK",
    headline: "All is well",
    levels: [],
    alerts: [],
    ...change,
  };
}

/** Everything. */
export function stateOf(change: Partial<JupyterState> = {}): JupyterState {
  return { v: 1, version: "0.1.0", time: START, host: hostOf(), kernels: [], deaths: [], notes: [], ...change };
}

/** A death for want of memory. */
export function deathOf(change: Partial<JupyterDeath> = {}): JupyterDeath {
  return {
    id: "death-1",
    kernel: KERNEL,
    connection: "",
    folder: "",
    ancestors: [],
    time: START + 10_000,
    cause: "oom",
    signal: "SIGKILL",
    exitCode: null,
    evidence: [{ source: "cgroup", says: "The group counted one kill for want of memory." }],
    cell: null,
    cellStartedAt: null,
    lastBytes: 23.2 * GIB,
    lastAt: START + 9900,
    limit: { bytes: 23.4 * GIB, source: "cgroup" },
    sentence: "The kernel was killed for want of memory.",
    mend: "Use less of it.",
    kernelId: "kernel-1",
    path: "work/demo.ipynb",
    ...change,
  };
}
