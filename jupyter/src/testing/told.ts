/** What a Jupyter server and a kernel tell, for tests. */
import type { CellRecord } from "../../../protocol/cell.ts";
import type { HostView, JupyterDeath, JupyterKernel, JupyterState } from "../../../protocol/messages/jupyter.ts";
import { deathOf as anyDeathOf, GIB, KERNEL, measures, MIB, recordOf, START } from "../../../protocol/testing/cells.ts";
import type { CellPlace } from "../match.ts";
import { sha1 } from "../sha1.ts";

export { GIB, KERNEL, measures, MIB, START };

/** A run of `cell`, so many seconds after the first one: half a second of 4.1 GiB. */
export function runOf(cell: Partial<CellRecord["cell"]>, second = 0, change: Partial<CellRecord> = {}): CellRecord {
  const startedAt = START + second * 1000;
  return recordOf({
    cell: { id: null, executionCount: null, hash: "", label: "", ...cell },
    ...{ startedAt, endedAt: startedAt + 500 },
    measures: measures({ wallMs: 500, cpuMs: 900, cores: 1.8, peakBytes: 4.1 * GIB, peakDeltaBytes: 2.6 * GIB }),
    ...change,
  });
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
  return { ...anyDeathOf(), kernelId: "kernel-1", path: "work/demo.ipynb", ...change };
}
