/** Records of cells, kernels and deaths for tests, and a window with the notebook side in it. */
import type { CellMeasure, CellRecord, Measure, Quality } from "../../protocol/cell.ts";
import type { KernelDeath, KernelsState, KernelState } from "../../protocol/kernel.ts";
import { cellEnded, getKernels, kernelsChanged } from "../../protocol/messages/worker.ts";
import { textHash } from "../notebook/cells.ts";
import { NotebookLoader } from "../notebook/load.ts";
import { startNotebooks } from "../notebook/notebooks.ts";
import { NOTEBOOK_COMMANDS } from "../notebook/names.ts";
import type { FakeCell, FakeCellItem } from "./notebooks.ts";
import { settle } from "./timers.ts";
import { fakeWindow } from "./window.ts";

export const MIB = 1024 * 1024;
export const GIB = 1024 * MIB;
/** The process that starts kernels in the played window. */
export const HOST_PID = 4000;
export const KERNEL = { pid: 4711, startedAt: 1_699_999_000_000, language: "python", host: "devbox" } as const;

/** Measures of one quality. */
export function measures(
  values: Partial<Record<CellMeasure, number>>,
  quality: Quality = "exact",
): Partial<Record<CellMeasure, Measure>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, quality }]));
}

let made = 0;

/** A record as the package writes it. */
export function recordOf(change: Partial<CellRecord> = {}): CellRecord {
  made += 1;
  return {
    v: 1,
    id: `record-${String(made)}`,
    kernel: KERNEL,
    cell: { id: null, executionCount: 1, hash: "", label: "" },
    startedAt: 1_700_000_000_000,
    endedAt: 1_700_000_003_200,
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

/** A record of that cell. */
export function recordFor(cell: FakeCell, change: Partial<CellRecord> = {}): CellRecord {
  const ref = { id: cell.name, executionCount: 1, hash: textHash(cell.text), label: "" };
  return recordOf({ cell: ref, ...change });
}

/** A kernel that this window started. */
export function kernelOf(change: Partial<KernelState> = {}): KernelState {
  return {
    kernel: KERNEL,
    connection: "kernel-1f3c.json",
    folder: "/work/demo",
    ancestors: [HOST_PID, 1],
    measured: false,
    usage: null,
    running: null,
    limit: null,
    level: "OK",
    guard: null,
    ...change,
  };
}

/** The kernel's death for lack of memory. */
export function deathOf(change: Partial<KernelDeath> = {}): KernelDeath {
  return {
    id: "death-1",
    kernel: KERNEL,
    connection: "kernel-1f3c.json",
    folder: "/work/demo",
    ancestors: [HOST_PID, 1],
    time: 1_700_000_009_000,
    cause: "oom",
    signal: "SIGKILL",
    exitCode: null,
    evidence: [{ source: "cgroup", says: "The control group's count of OOM kills rose from 0 to 1." }],
    cell: null,
    cellStartedAt: null,
    lastBytes: 23.2 * GIB,
    lastAt: 1_700_000_008_900,
    limit: { bytes: 23.4 * GIB, source: "cgroup" },
    sentence: "The kernel of demo.ipynb was killed for lack of memory.",
    mend: "Load less at once, or raise the limit.",
    ...change,
  };
}

/** A window with the notebook side; `kernels` and `record` are what the worker says. `words`: its language. */
export async function fakeNotebookWindow(words: Readonly<Record<string, string>> = {}) {
  const window = fakeWindow();
  const { fake, vs, worker, timers, world } = window;
  const logged: string[] = [];
  const loader = new NotebookLoader(
    {
      ...{ vs, worker, timers, memory: fake.memento, extensionUri: vs.Uri.file("/ext"), hostPid: HOST_PID },
      ...{ hostName: "devbox", words, log: (message) => void logged.push(message) },
    },
    startNotebooks,
  );
  for (const id of Object.values(NOTEBOOK_COMMANDS)) {
    fake.commands.set(id, (...args) => loader.run(id, args));
  }
  let now: KernelsState = { time: 0, kernels: [], deaths: [] };
  world.answer = (method) => (method === getKernels.method ? now : null);
  await worker.start();
  const said = (message: { readonly method: string }, params: unknown): void =>
    world.made.at(-1)?.say(message.method, params);
  const told = (message: { readonly method: string }): unknown[] =>
    world.made.flatMap((one) => one.told.filter(({ method }) => method === message.method).map(({ params }) => params));
  const later = async (milliseconds = 100): Promise<void> => {
    await timers.advance(milliseconds);
    await settle();
  };
  return {
    ...window,
    ...{ loader, logged, told, later, notebooks: fake.notebooks },
    kernels: async (kernels: readonly KernelState[], deaths: readonly KernelDeath[] = []): Promise<void> => {
      now = { time: timers.now(), kernels, deaths };
      said(kernelsChanged, now);
      await later();
    },
    record: async (record: CellRecord): Promise<void> => {
      said(cellEnded, { record });
      await later();
    },
    /** The texts under a cell, as one line. */
    line: (cell: FakeCell): string =>
      fake.notebooks
        .under(cell)
        .map(({ text }) => text)
        .join(" | "),
    /** Uses an item as a click does. */
    click: async (item: FakeCellItem | undefined): Promise<void> => {
      await fake.commands.get(item?.command.command ?? "")?.(...(item?.command.arguments ?? []));
      await settle();
    },
    run: async (id: string, ...args: readonly unknown[]): Promise<void> => {
      await fake.commands.get(id)?.(...args);
      await settle();
    },
  };
}
