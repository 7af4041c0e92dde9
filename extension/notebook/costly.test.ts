/** The view of the most expensive cells: what it lists, in which order, why it is empty, and where a click leads. */
import { expect, test } from "vitest";
import type { CostlySnapshot } from "../../protocol/messages/costly.ts";
import { fakeNotebookWindow, GIB, KERNEL, kernelOf, measures, MIB, recordFor } from "../testing/cells.ts";
import { parseFromCostly } from "./costly.ts";

async function opened(cells = 3) {
  const window = await fakeNotebookWindow();
  const view = window.notebooks.openView("gorgon.cells");
  const shown = (): CostlySnapshot => view.posted.at(-1) as CostlySnapshot;
  view.send({ type: "ready" });
  const open = (path: string) =>
    window.notebooks.open(
      path,
      Array.from({ length: cells }, (_, index) => ({
        text: `# step\n\nstep_${String(index)}()`,
        id: `c${String(index)}`,
      })),
    );
  return { ...window, view, shown, open };
}

test("it says why it is empty, and what to do", async () => {
  const { shown, open, later } = await opened();
  expect(shown()).toMatchObject({ file: "", rows: [], command: null });
  expect(shown().hint).toMatch(/Open a notebook/);
  open("/work/demo/demo.ipynb");
  await later(1000);
  expect(shown()).toMatchObject({ file: "demo.ipynb", cells: 3, hint: expect.stringMatching(/Run a cell/) as string });
});

test("cells stand by time, memory or CPU, with their first line, and the choice is kept", async () => {
  const { fake, view, shown, open, record, later, notebooks } = await opened();
  const notebook = open("/work/demo/demo.ipynb");
  for (const [index, cell] of notebook.cells.entries()) {
    notebooks.begin(cell, index + 1);
    const wallMs = [3000, 90, 41_000][index] ?? 0;
    const peakBytes = [4, 19.4, 1][index] ?? 0;
    const limit = { bytes: 23 * GIB, source: "cgroup", share: peakBytes / 23 };
    const cpuMs = wallMs / 2;
    await record(recordFor(cell, { limit, measures: measures({ wallMs, cpuMs, peakBytes: peakBytes * GIB }) }));
  }
  notebooks.end(notebook.cells[2] ?? expect.fail(), 1_700_000_000_000, 1_700_000_041_000);
  await later(1000);
  expect(shown().rows.map(({ name, value, code }) => [name, value, code])).toEqual([
    ["Cell 3 [1]", "41 s", "step_2()"],
    ["Cell 1 [1]", "3 s", "step_0()"],
    ["Cell 2 [1]", "90 ms", "step_1()"],
  ]);
  expect(shown().rows[0]).toMatchObject({ part: 1, others: "peak 1.00 GiB · CPU 20 s", level: "OK" });
  view.send({ type: "order", order: "memory" });
  await later(1000);
  expect(shown().rows[0]).toMatchObject({ name: "Cell 2 [1]", value: "19.4 GiB", level: "WARN" });
  expect(shown().marks).toEqual([
    [0, 4 * GIB, "OK"],
    [1, 19.4 * GIB, "WARN"],
    [2, GIB, "OK"],
  ]);
  expect(fake.memento.get("gorgon.costlyOrder")).toBe("memory");
});

test("it follows the notebook in front, stays with it behind a text, and shows what runs", async () => {
  const { shown, open, later, notebooks, kernels, timers } = await opened();
  const first = open("/work/demo/first.ipynb");
  const second = open("/work/demo/second.ipynb");
  await later(1000);
  expect(shown().file).toBe("second.ipynb");
  const usage = {
    time: timers.now(),
    rssBytes: 64 * MIB,
    treeBytes: null,
    cores: 1,
    children: 0,
    threads: 1,
    gpuBytes: null,
  };
  await kernels([kernelOf({ usage })]);
  notebooks.begin(second.cells[1] ?? expect.fail(), 1);
  await later(5000);
  expect(shown()).toMatchObject({
    running: expect.stringMatching(/^Cell 2 runs: [45] s, now 64\.0 MiB$/) as string,
    runningIndex: 1,
  });
  expect(shown()).toMatchObject({ command: "measure", hint: expect.stringMatching(/as samples/) as string });
  notebooks.close(second);
  await later(1000);
  expect(shown().file).not.toBe("second.ipynb");
  expect(first.cells).toHaveLength(3);
});

test("it says when the kernel cannot be told, and offers to choose it", async () => {
  const { shown, open, later, notebooks, kernels } = await opened();
  const notebook = open("/work/demo/demo.ipynb");
  await kernels([kernelOf(), kernelOf({ kernel: { ...KERNEL, pid: 5000 }, connection: "b.json" })]);
  notebooks.begin(notebook.cells[0] ?? expect.fail(), 1);
  await later(1000);
  expect(shown()).toMatchObject({ command: "choose", hint: expect.stringMatching(/Several kernels/) as string });
});

test("a click leads to the cell, to its cost, or to a command, and nothing else does anything", async () => {
  const { fake, view, open, later, notebooks, logged } = await opened();
  open("/work/demo/demo.ipynb");
  await later(1000);
  view.send({ type: "go", index: 2 });
  view.send({ type: "go", index: 99 });
  view.send({ type: "cost", id: "a cell" });
  view.send({ type: "command", command: "choose" });
  await later(1000);
  expect(notebooks.revealed).toEqual([2]);
  expect(fake.executed.filter(({ command }) => command !== "setContext")).toEqual([
    { command: "gorgon.showCellCost", args: ["a cell"] },
    { command: "gorgon.chooseKernel", args: [] },
  ]);
  for (const value of [
    null,
    7,
    {},
    { type: "go", index: -1 },
    { type: "order", order: "name" },
    { type: "command", command: "rm" },
  ]) {
    expect(parseFromCostly(value)).toBeNull();
  }
  view.send({ type: "go", index: "2" });
  await later();
  expect(logged.at(-1)).toMatch(/refused/);
});

test("of 2,000 cells it sends the strip and the first fifty rows, and nothing while it is hidden", async () => {
  const { view, shown, open, later, notebooks, record } = await opened(2000);
  const notebook = open("/work/demo/long.ipynb");
  view.show(false);
  await later(1000);
  const before = view.posted.length;
  for (const [index, cell] of notebook.cells.entries()) {
    if (index % 20 !== 0) continue;
    notebooks.begin(cell, index);
    await record(recordFor(cell, { measures: measures({ wallMs: index }) }));
  }
  expect(view.posted).toHaveLength(before);
  view.show(true);
  await later(1000);
  expect([shown().rows.length, shown().more, shown().marks.length]).toEqual([50, 50, 100]);
  expect(JSON.stringify(shown()).length).toBeLessThan(20_000);
});

test("its page runs one script with a nonce and reaches nothing else", async () => {
  const { view } = await opened();
  expect(view.webview.html).toMatch(/default-src (&#39;|')none/);
  expect(view.webview.html).toContain("/ext/dist/webview/costly.js");
  expect(view.webview.html.match(/<script/g)).toHaveLength(2);
});
