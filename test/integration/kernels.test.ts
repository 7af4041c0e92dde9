/** Notebook kernels and the windows of one user: what a kernel says reaches every window, the table and the next leader. */
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import type { CellRecord, KernelRef } from "../../protocol/cell.ts";
import type { KernelsState, KernelState } from "../../protocol/kernel.ts";
import {
  answerGuard,
  cellEnded,
  getCells,
  getDoctor,
  getKernels,
  kernelRuns,
  kernelsChanged,
  measureRun,
} from "../../protocol/messages/worker.ts";
import { cellRecord, cellRef } from "../../server/wire/testing.ts";
import { here } from "../platforms.ts";
import { testPython } from "../python.ts";
import { soon, Windows, type Window } from "./windows.ts";

const windows = new Windows();
const children: Program[] = [];

afterEach(async () => {
  await Promise.all(children.splice(0).map((one) => one.end()));
});

/** A program that is told and tells JSON, a message a line. */
class Program {
  readonly said: Readonly<Record<string, unknown>>[] = [];
  readonly child: ChildProcess;
  /** The process that it started; one that is frozen would outlive a test that failed. */
  kernel: number | null = null;
  #errors = "";

  constructor(script: string, args: readonly string[] = []) {
    const at = (folder: string) => path.join(windows.home, folder);
    this.child = spawn(testPython(), ["-u", path.join(import.meta.dirname, script), ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        ...process.env,
        ...{
          HOME: windows.home,
          XDG_STATE_HOME: at("state"),
          XDG_CONFIG_HOME: at("config"),
          XDG_RUNTIME_DIR: at("run"),
        },
        IPYTHONDIR: at("ipython"),
        PYTHONPATH: path.resolve(import.meta.dirname, "../../jupyter"),
      },
    });
    children.push(this);
    this.child.stderr?.on("data", (text: Buffer) => (this.#errors += text.toString()));
    if (this.child.stdout === null) throw new Error("it has no output");
    createInterface(this.child.stdout).on("line", (line) => {
      this.said.push(JSON.parse(line) as Readonly<Record<string, unknown>>);
    });
  }

  say(message: object): void {
    this.child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** The first message with this key. */
  async heard(key: string): Promise<Readonly<Record<string, unknown>>> {
    const found = () => this.said.find((one) => key in one);
    await expect.poll(() => found() ?? this.#errors, { timeout: 30_000 }).toHaveProperty(key);
    return found() ?? {};
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    try {
      if (this.kernel !== null) process.kill(this.kernel, "SIGKILL");
    } catch {
      // It has ended.
    }
    this.child.stdin?.end();
    const late = setTimeout(() => this.child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(late);
  }
}

/** A window and what it was told of kernels and cells. */
interface Notebook {
  readonly window: Window;
  readonly records: CellRecord[];
  kernels: KernelsState | null;
}

async function notebook(trusted = true): Promise<Notebook> {
  const window = await windows.open({ trusted });
  const one: Notebook = { window, records: [], kernels: null };
  window.client.connection.onNotification(cellEnded.method, ({ record }: { readonly record: CellRecord }) => {
    one.records.push(record);
  });
  window.client.connection.onNotification(kernelsChanged.method, (state: KernelsState) => {
    one.kernels = state;
  });
  return one;
}

const kernelOf = ({ kernels }: Notebook, pid: number): KernelState | undefined =>
  kernels?.kernels.find(({ kernel }) => kernel.pid === pid);

async function kept({ window }: Notebook, more: object = {}): Promise<readonly CellRecord[]> {
  const all = { from: 0, to: Date.now() + 60_000, kernel: null, hashes: [], limit: 100 };
  return (await window.client.send(getCells, { ...all, ...more })).records;
}

const idsOf = (records: readonly CellRecord[]) => records.map(({ id }) => id);

/** The note by which the leader is found. */
function announcement(): string {
  const state = path.join(windows.home, "state", "gorgon");
  return path.join(state, readdirSync(state)[0] ?? "", "leader.json");
}

/** A kernel that is its client alone. */
async function client(role = "kernel", of?: KernelRef): Promise<{ program: Program; kernel: KernelRef }> {
  const args = of === undefined ? ["", ""] : [String(of.pid), String(of.startedAt)];
  const program = new Program("kernel-client.py", [announcement(), role, ...args]);
  const { kernel } = (await program.heard("kernel")) as unknown as { readonly kernel: KernelRef };
  expect(await program.heard("result")).toMatchObject({ id: 0 });
  return { program, kernel };
}

describe("a kernel that speaks to the leading window", () => {
  it("is seen in every window, with what it runs and what it cost, and its records are kept [linux]", async (context) => {
    if (!here("linux")) context.skip();
    const first = await notebook();
    const second = await notebook();
    const { program, kernel } = await client();
    const both = [first, second];
    const seen = () => both.map((one) => kernelOf(one, kernel.pid));
    await expect.poll(() => seen().map((one) => one?.measured), soon).toEqual([true, true]);
    program.say({ method: "kernel/cell/started", params: { cell: cellRef(1), startedAt: Date.now() - 500 } });
    await expect.poll(() => seen().map((one) => one?.running?.cell.executionCount), soon).toEqual([1, 1]);
    const record = cellRecord(1, { kernel, startedAt: Date.now() - 500, endedAt: Date.now() });
    for (const id of [1, 2]) program.say({ id, method: "kernel/cell/ended", params: { record } });
    await expect.poll(() => both.map(({ records }) => records), soon).toEqual([[record], [record]]);
    await expect.poll(() => seen().map((one) => one?.running), soon).toEqual([null, null]);
    for (const one of both) {
      expect(await kept(one)).toEqual([record]);
      expect(idsOf(await kept(one, { kernel: { pid: kernel.pid, startedAt: kernel.startedAt } }))).toEqual([record.id]);
      expect(await kept(one, { hashes: [cellRef(2).hash] })).toEqual([]);
    }
    const { findings } = await first.window.client.send(getDoctor, null);
    const said = findings.filter(({ group }) => group === "Notebooks").map(({ subject, detail }) => [subject, detail]);
    expect(Object.fromEntries(said)).toMatchObject({
      Kernels: expect.stringContaining(`process ${String(kernel.pid)}`) as string,
      Package: expect.stringContaining("with 9.9.9") as string,
      "Cell records": "1 is kept",
    });
    // It lives on without its package's word.
    program.child.kill("SIGKILL");
    await expect.poll(() => seen().map((one) => one?.measured ?? false), soon).toEqual([false, false]);
  });

  it("that its guard holds frozen is answered from any window, but from none that is not trusted [linux]", async (context) => {
    if (!here("linux")) context.skip();
    const first = await notebook();
    const second = await notebook();
    const stranger = await notebook(false);
    const { kernel } = await client();
    const guard = await client("guard", kernel);
    const state = { phase: "frozen", limitBytes: 10, treeBytes: 9, since: Date.now(), reason: "It grows." };
    const id = { pid: kernel.pid, startedAt: kernel.startedAt };
    await expect(first.window.client.send(answerGuard, { ...id, answer: "end" })).rejects.toThrow(/No memory guard/);
    guard.program.say({ method: "kernel/guard/state", params: { state } });
    await expect.poll(() => kernelOf(second, kernel.pid)?.guard?.phase, soon).toBe("frozen");
    await expect(stranger.window.client.send(answerGuard, { ...id, answer: "end" })).rejects.toThrow(/not trusted/);
    for (const { window } of [second, first]) await window.client.send(answerGuard, { ...id, answer: "interrupt" });
    const told = () => guard.program.said.filter((one) => one["method"] === "kernel/guard/answer");
    await expect
      .poll(() => told().map((one) => one["params"]), soon)
      .toEqual([{ answer: "interrupt" }, { answer: "interrupt" }]);
  });
});

/** A real ipykernel, with the package loaded or without. */
async function ipykernel(load: boolean) {
  const program = new Program("../run-kernel.py", ["python3"]);
  const { pid } = (await program.heard("pid")) as unknown as { readonly pid: number };
  program.kernel = pid;
  const run = async (code: string, cell = "vscode-notebook-cell:/work/a.ipynb#W1", status = "ok"): Promise<void> => {
    const done = () => program.said.filter((one) => "status" in one).length;
    const before = done();
    program.say({ code, cell });
    await expect.poll(done, { timeout: 60_000 }).toBe(before + 1);
    expect(program.said.at(-1)).toEqual({ status });
  };
  if (load) await run("%load_ext gorgon");
  return { pid, run };
}

const KERNEL_MS = 120_000;
const patient = { timeout: 20_000, interval: 20 };

describe("a real ipykernel", () => {
  it(
    "with the package tells what each cell cost, to both windows and to who leads after a kill, none lost [linux]",
    { timeout: KERNEL_MS },
    async (context) => {
      if (!here("linux")) context.skip();
      const first = await notebook();
      const second = await notebook();
      const { pid, run } = await ipykernel(true);
      await expect.poll(() => kernelOf(second, pid)?.measured, patient).toBe(true);
      await run("secret = b'x' * (64 << 20)", "vscode-notebook-cell:/work/a.ipynb#W2");
      await expect.poll(() => [first.records.length, second.records.length], patient).toEqual([1, 1]);
      const [record] = first.records;
      expect(record).toMatchObject({
        kernel: { pid, language: "python" },
        cell: { id: "vscode-notebook-cell:/work/a.ipynb#W2", hash: expect.stringMatching(/^[0-9a-f]{40}$/) as string },
        outcome: "ok",
        by: "kernel",
      });
      const delta = record?.measures.peakDeltaBytes;
      expect(delta?.quality).toBe("exact");
      expect(Math.abs((delta?.value ?? 0) / 2 ** 20 - 64)).toBeLessThan(2);
      expect(second.records).toEqual(first.records);
      expect(await kept(second)).toEqual(first.records);
      expect(JSON.stringify([first.records, await kept(first)])).not.toContain("secret");

      // Nobody leads for a moment, and cells go on.
      await first.window.kill();
      await run("1 + 1");
      await run("2 + 2");
      await expect.poll(() => second.window.role, soon).toBe("leads");
      await expect.poll(() => second.records.length, patient).toBe(3);
      await expect.poll(() => kernelOf(second, pid)?.measured, patient).toBe(true);
      const ids = idsOf(second.records);
      expect(new Set(ids).size).toBe(3);
      expect(new Set(idsOf(await kept(second)))).toEqual(new Set(ids));
      // What was sent again is not told again.
      expect(idsOf(second.records).filter((id) => id === record?.id)).toHaveLength(1);
      const third = await notebook();
      expect(new Set(idsOf(await kept(third)))).toEqual(new Set(ids));
    },
  );

  it(
    "that its guard froze in one call of C is shown frozen, and is ended by a window that follows [linux]",
    { timeout: KERNEL_MS },
    async (context) => {
      if (!here("linux")) context.skip();
      const first = await notebook();
      const second = await notebook();
      const { pid, run } = await ipykernel(true);
      await run(
        "import gorgon, os; from gorgon.guard import Guard; guard = Guard(gorgon.session(), gorgon.session().link)",
      );
      await expect.poll(() => kernelOf(second, pid)?.usage?.rssBytes ?? 0, patient).toBeGreaterThan(2 ** 20);
      const limit = (kernelOf(second, pid)?.usage?.rssBytes ?? 0) + 300 * 2 ** 20;
      await run(`guard.start(${String(limit)})`);
      await expect.poll(() => kernelOf(first, pid)?.guard?.limitBytes, patient).toBe(limit);
      const { startedAt } = kernelOf(second, pid)?.kernel ?? { startedAt: 0 };
      const cell = { ...cellRef(9), id: "vscode-notebook-cell:/work/a.ipynb#W9" };
      // The package may not come to speak before a call of C that keeps all else in the kernel waiting; the window can.
      await second.window.client.tell(kernelRuns, { pid, startedAt, cell, leaving: false });
      const ended = run("held = b'x' * (3 << 30)", cell.id, "dead");
      for (const one of [first, second]) {
        await expect.poll(() => kernelOf(one, pid)?.guard?.phase, patient).toBe("frozen");
        expect(kernelOf(one, pid)?.running?.cell.id).toBe(cell.id);
      }
      await second.window.client.send(answerGuard, { pid, startedAt, answer: "end" });
      await ended;
      for (const one of [first, second]) {
        const death = () => one.kernels?.deaths.find(({ kernel }) => kernel.pid === pid);
        await expect.poll(death, patient).toMatchObject({ cell: { id: cell.id } });
        expect(kernelOf(one, pid)).toBeUndefined();
        // It ends as it was asked to, or, where it grows on meanwhile, by force.
        const last = () => one.records.find(({ outcome }) => ["died", "interrupted"].includes(outcome))?.cell.id;
        await expect.poll(last, patient).toBe(cell.id);
      }
    },
  );

  it(
    "that is killed in a cell that went straight into C has died in that cell, though no window said what ran [linux]",
    { timeout: KERNEL_MS },
    async (context) => {
      if (!here("linux")) context.skip();
      const one = await notebook();
      const { pid, run } = await ipykernel(true);
      await run("import itertools");
      await expect.poll(() => one.records.length, patient).toBe(1);
      const ended = run("sum(itertools.repeat(1, 10**12))", "vscode-notebook-cell:/work/a.ipynb#W5", "dead");
      await expect.poll(() => kernelOf(one, pid)?.running?.cell.id, patient).toContain("#W5");
      process.kill(pid, "SIGKILL");
      await ended;
      const death = () => one.kernels?.deaths.find(({ kernel }) => kernel.pid === pid);
      await expect
        .poll(death, patient)
        .toMatchObject({ cause: "signal", signal: "SIGKILL", cell: { id: expect.stringContaining("#W5") as string } });
    },
  );

  it(
    "without the package is measured from outside for the window that says what runs [linux]",
    { timeout: KERNEL_MS },
    async (context) => {
      if (!here("linux")) context.skip();
      const first = await notebook();
      const second = await notebook();
      const { pid, run } = await ipykernel(false);
      expect((await second.window.client.send(getKernels, null)).kernels.map((one) => one.kernel.pid)).toContain(pid);
      await expect.poll(() => kernelOf(second, pid)?.usage?.rssBytes ?? 0, patient).toBeGreaterThan(2 ** 20);
      const { kernel } = kernelOf(second, pid) ?? { kernel: null };
      if (kernel === null) throw new Error("no kernel is seen");
      const id = { pid, startedAt: kernel.startedAt };
      const from = Date.now();
      await second.window.client.tell(kernelRuns, { ...id, cell: cellRef(7), leaving: false });
      await expect.poll(() => kernelOf(first, pid)?.running?.cell, patient).toEqual(cellRef(7));
      await run("import time; block = bytearray(96 << 20); time.sleep(1.5)");
      await second.window.client.tell(kernelRuns, { ...id, cell: null, leaving: false });
      const asked = { ...id, cell: cellRef(7), from, to: Date.now(), outcome: "ok" } as const;
      const { record } = await second.window.client.send(measureRun, asked);
      expect(record).toMatchObject({ by: "outside", cell: cellRef(7), kernel: { pid } });
      expect(record?.measures.peakBytes?.value).toBeGreaterThan(96 * 2 ** 20);
      await expect.poll(() => [first.records, second.records], patient).toEqual([[record], [record]]);
      expect(await kept(first)).toEqual([record]);
      await expect.poll(() => kernelOf(first, pid)?.running ?? null, patient).toBeNull();
      expect((await first.window.client.send(getKernels, null)).kernels.map((one) => one.kernel.pid)).toContain(pid);
    },
  );
});
