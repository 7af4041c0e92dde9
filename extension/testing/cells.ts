/** Records of cells, kernels and deaths for tests, and a window with the notebook side in it. */
import type { CellRecord } from "../../protocol/cell.ts";
import type { KernelDeath, KernelsState, KernelState } from "../../protocol/kernel.ts";
import { cellEnded, getKernels, kernelsChanged } from "../../protocol/messages/worker.ts";
import { deathOf as anyDeathOf, GIB, KERNEL, measures, MIB, recordOf } from "../../protocol/testing/cells.ts";
import { textHash } from "../notebook/cells.ts";
import { NotebookLoader } from "../notebook/load.ts";
import { startNotebooks } from "../notebook/notebooks.ts";
import { NOTEBOOK_COMMANDS } from "../notebook/names.ts";
import type { FakeCell, FakeCellItem } from "./notebooks.ts";
import { settle } from "./timers.ts";
import { fakeWindow } from "./window.ts";

export { GIB, KERNEL, measures, MIB, recordOf };

/** The process that starts kernels in the played window. */
export const HOST_PID = 4000;

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
  return anyDeathOf({ ancestors: [HOST_PID, 1], ...change });
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
