/** The doctor says which kernels are seen, what is connected and what is kept: in the window that leads, and elsewhere. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { KernelsState } from "../../protocol/kernel.ts";
import { fixtureHost } from "../host/fixture.ts";
import { systemClock } from "../host/node.ts";
import { statePaths } from "../host/paths.ts";
import { TestWorker } from "../octopus/leader/testing.ts";
import { ChunkStore } from "../octopus/store/chunk-store.ts";
import { cellRecord, KERNEL, KERNEL_START, kernelsState, kernelState } from "../wire/testing.ts";
import { kernelFindings, type KernelParts } from "./doctor-kernels.ts";

let home: string;
let worker: TestWorker | null = null;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "gorgon-doctor-"));
});
afterEach(async () => {
  await worker?.close();
  worker = null;
  rmSync(home, { recursive: true, force: true });
});

function machine() {
  const env = { HOME: home, XDG_RUNTIME_DIR: path.join(home, "run") };
  const files = { "/etc/machine-id": "8f0c3c7e4f1a4a6db0ab9b4a0c6f2d11" };
  return fixtureHost({ clock: systemClock, env, files });
}

const guard = { phase: "frozen", limitBytes: 2 ** 30, treeBytes: 2 ** 30, since: KERNEL_START, reason: "" } as const;
const STATE = kernelsState(
  kernelState({ measured: true, guard }),
  kernelState({ kernel: { ...KERNEL, pid: 12, language: "r" } }),
);

async function told(parts: Partial<KernelParts>): Promise<string[]> {
  const nothing = { leadership: null, kernels: () => kernelsState(), kernelReport: () => ({ connected: [], kept: 0 }) };
  const found = await kernelFindings(machine(), { ...nothing, ...parts });
  return found.map(({ subject, status, detail }) => `${subject}: ${status}: ${detail}`);
}

function window(state: KernelsState, kept: number | null): Partial<KernelParts> {
  const connected = state.kernels
    .filter(({ measured }) => measured)
    .map(({ kernel }) => ({ role: "kernel", kernel, version: "0.1.0" }) as const);
  return { leadership: {}, kernels: () => state, kernelReport: () => ({ connected, kept }) };
}

it("in a window it names kernels, packages with their versions, guards and the records that are kept", async () => {
  expect(await told(window(STATE, 3))).toEqual([
    "Kernels: ok: python (process 4711), r (process 12)",
    "Package: ok: connected in 1 of 2: process 4711 with 0.1.0",
    "Memory guards: ok: process 4711: frozen at its limit of 1.00 GiB",
    "Cell records: ok: 3 are kept",
  ]);
  expect(await told(window(kernelsState(), null))).toEqual([
    "Kernels: note: no notebook kernel of this user runs",
    "Cell records: note: they cannot be read now",
  ]);
});

it("names the Jupyter servers that ask for the bell, and takes none for a kernel", async () => {
  const server = { role: "server", kernel: { ...KERNEL, pid: 900, language: "jupyter" }, version: "0.3.0" } as const;
  const parts = { ...window(kernelsState(), 0), kernelReport: () => ({ connected: [server], kept: 0 }) };
  expect(await told(parts)).toEqual([
    "Kernels: note: no notebook kernel of this user runs",
    "Jupyter servers: ok: process 900 with 0.3.0",
    "Cell records: ok: 0 are kept",
  ]);
});

it("says how a Python kernel gets exact numbers, and offers nothing to one of R", async () => {
  const mends = async (language: string) => {
    const state = kernelsState(kernelState({ kernel: { ...KERNEL, language } }));
    const found = await kernelFindings(machine(), window(state, 0) as KernelParts);
    return found.find(({ subject }) => subject === "Package")?.mend;
  };
  expect(await mends("python")).toContain("%load_ext gorgon");
  expect(await mends("r")).toBe("");
});

it("on the command line it asks the window that leads, and reads the file", async () => {
  expect(await told({})).toEqual([
    "Kernels: note: no window of VS Code watches kernels now",
    "Cell records: note: they cannot be read now",
  ]);
  const paths = await statePaths(machine());
  const store = new ChunkStore({ path: paths.history, clock: systemClock });
  store.cells.keep([cellRecord(1)]);
  await store.close();
  worker = await new TestWorker({ paths }, 1).start();
  worker.leadership.door.tellKernels(STATE);
  expect(await told({})).toEqual([
    "Kernels: ok: python (process 4711), r (process 12)",
    "Package: ok: connected in 1 of 2: process 4711",
    "Memory guards: ok: process 4711: frozen at its limit of 1.00 GiB",
    "Cell records: ok: 1 is kept",
  ]);
});
