/** What runs is read off the steps of VS Code, also where some of them are missing. */
import { expect, test } from "vitest";
import { FakeNotebooks, realNotebook, type FakeCell } from "../testing/notebooks.ts";
import { ManualTimers } from "../testing/timers.ts";
import { RunTracker } from "./tracker.ts";

type Seen = Parameters<RunTracker["see"]>[0];

const nameOf = (cell: { readonly document: unknown } | null): string =>
  cell === null ? "" : (cell as unknown as FakeCell).text;

function played() {
  const timers = new ManualTimers();
  const notebooks = new FakeNotebooks();
  const tracker = new RunTracker(timers);
  const said: string[] = [];
  notebooks.inWorkspace({}).onDidChangeNotebookDocument((event) => tracker.see(event as Seen));
  tracker.onStart.on(({ cell, order }) => void said.push(`${nameOf(cell)} starts [${String(order)}]`));
  tracker.onEnd.on(({ cell, outcome, endedAt, startedAt }) => {
    said.push(`${nameOf(cell)} ${outcome} after ${String(endedAt - startedAt)}`);
  });
  tracker.onIdle.on(() => void said.push("idle"));
  const notebook = notebooks.open("/work/demo.ipynb", [{ text: "a" }, { text: "b" }, { text: "c" }]);
  const [a, b, c] = notebook.cells;
  if (a === undefined || b === undefined || c === undefined) throw new Error("no cells");
  const running = (): string => {
    const run = tracker.runningIn(realNotebook(notebook));
    return run === null ? "" : nameOf(run.cell);
  };
  return { timers, notebooks, notebook, tracker, said, running, a, b, c };
}

test("all steps of a run are one run", () => {
  const { timers, notebooks, said, running, a } = played();
  notebooks.begin(a, 3);
  expect(running()).toBe("a");
  notebooks.end(a, timers.now() - 120, timers.now());
  expect(said).toEqual(["a starts [3]", "a ok after 120", "idle"]);
  expect(running()).toBe("");
});

test("a run of which only the end is seen is one; a number from a file is none", () => {
  const { timers, notebooks, said, a, b, c } = played();
  notebooks.step(a, { executionOrder: 4 });
  notebooks.step(b, {
    executionOrder: 5,
    success: true,
    timing: { startTime: timers.now() - 50, endTime: timers.now() },
  });
  notebooks.step(c, { success: true, timing: { startTime: 1000, endTime: 2000 } });
  expect(said).toEqual(["b ok after 50"]);
});

test("an emptying alone, of outputs that were cleared, starts nothing", () => {
  const { notebooks, said, running, a } = played();
  notebooks.step(a, {});
  notebooks.step(a, {});
  expect([said, running()]).toEqual([[], ""]);
});

test("a cell whose outputs were cleared does not wait for ever", async () => {
  const { timers, notebooks, notebook, tracker, a } = played();
  notebooks.step(a, {});
  expect(tracker.hasQueued(realNotebook(notebook))).toBe(true);
  await timers.advance(60_000);
  expect(tracker.hasQueued(realNotebook(notebook))).toBe(false);
});

test("cells that were queued together start one after the other, each when the one before it ended", async () => {
  const { timers, notebooks, said, tracker, running, notebook, a, b } = played();
  notebooks.step(a, {});
  notebooks.step(b, {});
  notebooks.step(a, { executionOrder: 1 });
  expect(tracker.hasQueued(realNotebook(notebook))).toBe(true);
  await timers.advance(5000);
  notebooks.end(a, timers.now() - 5000, timers.now());
  await timers.advance(100);
  notebooks.step(b, { executionOrder: 2 });
  expect(running()).toBe("b");
  expect(timers.now() - (tracker.runningIn(realNotebook(notebook))?.startedAt ?? 0)).toBe(100);
  expect(said).toEqual(["a starts [1]", "a ok after 5000", "idle", "b starts [2]"]);
});

test("a cancelled cell, whose end never comes, does not run for ever", () => {
  const { timers, notebooks, said, running, a, b } = played();
  notebooks.begin(a, 1);
  notebooks.begin(b, 2);
  expect(running()).toBe("b");
  notebooks.step(b, {});
  expect(running()).toBe("");
  notebooks.begin(a, 3);
  notebooks.splice(a.notebook, 0, 1);
  expect(running()).toBe("");
  expect(said.at(-1)).toBe("idle");
  expect(timers.now()).toBeGreaterThan(0);
});

test("what waited behind a failed cell is dropped with it", () => {
  const { timers, notebooks, notebook, tracker, said, a, b } = played();
  notebooks.step(b, {});
  notebooks.begin(a, 1);
  const data = Buffer.from(JSON.stringify({ name: "KeyboardInterrupt", message: "" }));
  a.outputs = [{ items: [{ mime: "application/vnd.code.notebook.error", data }] }];
  notebooks.end(a, timers.now() - 10, timers.now(), false);
  expect(said.slice(0, 2)).toEqual(["a starts [1]", "a interrupted after 10"]);
  expect(tracker.hasQueued(realNotebook(notebook))).toBe(false);
});

test("a cell that waits has begun when its kernel is known to be in it, and its later number is no other run", async () => {
  const { timers, notebooks, notebook, tracker, said, running, a, b } = played();
  const kernelFroze = (): void => tracker.presume(realNotebook(notebook), timers.now());
  kernelFroze();
  expect(running()).toBe("");
  notebooks.step(a, {});
  notebooks.step(b, {});
  notebooks.step(a, {});
  await timers.advance(1000);
  kernelFroze();
  kernelFroze();
  expect(running()).toBe("a");
  notebooks.step(a, { executionOrder: 4 });
  notebooks.end(a, timers.now() - 900, timers.now(), false);
  expect(said).toEqual(["a starts [null]", "a error after 900", "idle"]);
  expect(running()).toBe("");
});

test("of cells that wait the one that was sent is the one, not one whose outputs were cleared; one queued later is none", async () => {
  const { timers, notebooks, notebook, tracker, running, a, b, c } = played();
  notebooks.step(a, {});
  await timers.advance(500);
  notebooks.step(b, {});
  notebooks.step(b, {});
  tracker.presume(realNotebook(notebook), timers.now());
  expect(running()).toBe("b");
  notebooks.end(b, timers.now() - 100, timers.now(), false);
  const froze = timers.now();
  await timers.advance(5000);
  notebooks.step(c, {});
  notebooks.step(c, {});
  tracker.presume(realNotebook(notebook), froze);
  expect(running()).toBe("");
});

test("the cell that waited when VS Code said that the kernel is gone is the one in which it died, not the one before it", async () => {
  const { timers, notebooks, notebook, tracker, a, b } = played();
  notebooks.begin(a, 1);
  notebooks.end(a, timers.now() - 100, timers.now());
  notebooks.step(b, {});
  notebooks.step(b, {});
  await timers.advance(200);
  tracker.stop(realNotebook(notebook));
  const died = { from: timers.now(), to: timers.now() };
  expect(nameOf(tracker.ranAt(realNotebook(notebook), died))).toBe("b");
  await timers.advance(60_000);
  const later = { from: timers.now(), to: timers.now() };
  expect(tracker.ranAt(realNotebook(notebook), later)).toBeNull();
});
