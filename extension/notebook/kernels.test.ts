/** Which kernel runs which notebook: said by the package or the user, else only where nothing else fits. */
import { expect, test } from "vitest";
import type { KernelState } from "../../protocol/kernel.ts";
import { fakeNotebookWindow, HOST_PID, KERNEL, kernelOf, MIB, recordFor } from "../testing/cells.ts";
import type { FakeCell, FakeNotebook } from "../testing/notebooks.ts";
import { getKernels, kernelRuns, measureRun } from "../../protocol/messages/worker.ts";

async function opened() {
  const window = await fakeNotebookWindow();
  const open = (path: string): FakeNotebook => window.notebooks.open(path, [{ text: "a()", id: "aa" }]);
  const { notebooks, later, timers, asked } = window;
  /** Runs its cell; says which kernel was measured, or that none was. */
  const measured = async (notebook: FakeNotebook): Promise<number | null> => {
    const [cell] = notebook.cells as [FakeCell];
    const before = asked(measureRun).length;
    notebooks.begin(cell, 1);
    await later(1000);
    notebooks.end(cell, timers.now() - 900, timers.now());
    await later(6000);
    const [one] = asked(measureRun).slice(before) as { pid: number }[];
    return one?.pid ?? null;
  };
  return { ...window, open, measured };
}

const other = (pid: number, change: Partial<KernelState> = {}): KernelState =>
  kernelOf({ kernel: { ...KERNEL, pid }, connection: `kernel-${String(pid)}.json`, ...change });

test("the only kernel that this window started is the notebook's", async () => {
  const { open, kernels, measured } = await opened();
  await kernels([kernelOf(), other(5000, { ancestors: [77, 1] })]);
  expect(await measured(open("/work/demo/demo.ipynb"))).toBe(KERNEL.pid);
});

test("of two kernels the one in the notebook's folder is it", async () => {
  const { open, kernels, measured } = await opened();
  await kernels([kernelOf({ folder: "/work/other" }), other(5000)]);
  expect(await measured(open("/work/demo/demo.ipynb"))).toBe(5000);
});

test("a kernel of another language is not it", async () => {
  const { open, kernels, measured } = await opened();
  await kernels([kernelOf(), other(5000, { kernel: { ...KERNEL, pid: 5000, language: "r" } })]);
  const notebook = open("/work/demo/demo.ipynb");
  notebook.metadata = { metadata: { kernelspec: { language: "R" } } };
  expect(await measured(notebook)).toBe(5000);
});

test("a kernel whose language cannot be told may be it", async () => {
  const { open, kernels, measured } = await opened();
  await kernels([other(5000, { kernel: { ...KERNEL, pid: 5000, language: "other" } })]);
  const notebook = open("/work/demo/demo.ipynb");
  notebook.metadata = { metadata: { kernelspec: { language: "Haskell" } } };
  expect(await measured(notebook)).toBe(5000);
});

test("where two fit, or two notebooks want one, none is measured", async () => {
  const { open, kernels, measured } = await opened();
  const notebook = open("/work/demo/demo.ipynb");
  await kernels([kernelOf(), other(5000)]);
  expect(await measured(notebook)).toBeNull();
  const rival = open("/work/demo/rival.ipynb");
  expect(await measured(rival)).toBeNull();
  await kernels([kernelOf()]);
  expect(await measured(notebook)).toBeNull();
});

test("the package's record says it exactly, and leaves the other kernel to the other notebook", async () => {
  const { open, notebooks, kernels, record, measured } = await opened();
  await kernels([kernelOf(), other(5000)]);
  const first = open("/work/demo/demo.ipynb");
  const [cell] = first.cells as [FakeCell];
  notebooks.begin(cell, 1);
  await record(recordFor(cell, { kernel: { ...KERNEL, pid: 5000 } }));
  expect(await measured(open("/work/demo/second.ipynb"))).toBe(KERNEL.pid);
});

test("a kernel that runs one of our cells is bound while it runs", async () => {
  const { open, notebooks, kernels, measured } = await opened();
  const notebook = open("/work/demo/demo.ipynb");
  const [cell] = notebook.cells as [FakeCell];
  notebooks.begin(cell, 1);
  const ref = { id: cell.name, executionCount: 1, hash: "", label: "" };
  const running = { cell: ref, startedAt: 1_700_000_000_000, peakBytes: 5 * MIB };
  await kernels([kernelOf(), other(5000, { running, measured: true })]);
  expect(await measured(notebook)).toBe(5000);
});

test("a user chooses where Gorgon cannot tell, the likely ones first", async () => {
  const { open, fake, kernels, measured, run } = await opened();
  const notebook = open("/work/demo/demo.ipynb");
  await expect(run("gorgon.chooseKernel")).rejects.toThrow(/Run a cell first/);
  await kernels([other(6000, { ancestors: [] }), kernelOf(), other(5000)]);
  fake.state.picks = ["python · pid 5000"];
  await run("gorgon.chooseKernel");
  expect(fake.state.pickItems.map(({ label }) => label).at(-1)).toBe("python · pid 6000");
  expect(await measured(notebook)).toBe(5000);
});

test("a kernel that is gone is forgotten, one restarted under its connection file is taken up", async () => {
  const { open, fake, kernels, measured, run } = await opened();
  const notebook = open("/work/demo/demo.ipynb");
  await kernels([kernelOf(), other(5000)]);
  fake.state.picks = ["python · pid 5000"];
  await run("gorgon.chooseKernel");
  await kernels([kernelOf(), other(7000, { connection: "kernel-5000.json" })]);
  expect(await measured(notebook)).toBe(7000);
  await kernels([kernelOf(), other(8000)]);
  expect(await measured(notebook)).toBeNull();
  expect(HOST_PID).toBe(4000);
});

test("a record without a cell's name finds its cell by id, or by number and text, never by the number alone", async () => {
  const { notebooks, kernels, record, line, fake, run } = await opened();
  const notebook = notebooks.open("/work/demo/demo.ipynb", [
    { text: "a()", id: "aa" },
    { text: "b()" },
    { text: "c()" },
  ]);
  const [a, b, c] = notebook.cells as [FakeCell, FakeCell, FakeCell];
  await kernels([kernelOf()]);
  fake.state.picks = ["python · pid 4711"];
  await run("gorgon.chooseKernel");
  const named = recordFor(a);
  await record({ ...named, cell: { ...named.cell, id: "aa" } });
  expect(line(a)).toContain("peak");
  for (const [cell, order] of [
    [b, 4],
    [c, 5],
  ] as const)
    notebooks.step(cell, { executionOrder: order });
  const second = recordFor(b);
  await record({ ...second, cell: { ...second.cell, id: null, executionCount: 4 } });
  expect(line(b)).toContain("peak");
  await record({ ...second, id: "x", cell: { ...second.cell, id: null, executionCount: 5 } });
  expect(line(c)).toBe("");
});

test("a run whose kernel is not known has the worker look at once, and seldom where it finds none again and again", async () => {
  const { open, notebooks, kernels, asked, later } = await opened();
  const notebook = open("/work/demo/demo.ipynb");
  const [cell] = notebook.cells as [FakeCell];
  const before = asked(getKernels).length;
  const searches = (): number => asked(getKernels).length - before;
  notebooks.step(cell, {});
  expect(searches()).toBe(1);
  await later(1500);
  notebooks.step(cell, { executionOrder: 1 });
  expect(searches()).toBe(2);
  for (let order = 2; order < 102; order += 1) {
    await later(100);
    notebooks.begin(cell, order);
  }
  expect(searches()).toBeLessThan(8);
  await kernels([kernelOf()]);
  await later(20_000);
  const found = searches();
  notebooks.begin(cell, 102);
  expect(searches()).toBe(found);
});

test("what the search finds is the kernel of the run that goes on", async () => {
  const { open, notebooks, kernels, asked, told, later, world } = await opened();
  const notebook = open("/work/demo/demo.ipynb");
  const [cell] = notebook.cells as [FakeCell];
  await kernels([]);
  const state = { time: 1_900_000_000_000, kernels: [kernelOf()], deaths: [] };
  world.answer = (method) => (method === getKernels.method ? state : null);
  notebooks.begin(cell, 1);
  await later(200);
  expect(asked(getKernels).length).toBeGreaterThan(0);
  expect(told(kernelRuns)).toEqual([
    expect.objectContaining({ pid: KERNEL.pid, cell: expect.objectContaining({ id: cell.name }) as unknown }),
  ]);
});
