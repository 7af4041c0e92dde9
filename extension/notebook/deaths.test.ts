/** Dead and frozen kernels: told once, under the cell, with a cause and a way on; answered from anywhere. */
import { expect, test } from "vitest";
import type { GuardState } from "../../protocol/kernel.ts";
import { answerGuard, measureRun } from "../../protocol/messages/worker.ts";
import { deathOf, fakeNotebookWindow, GIB, KERNEL, kernelOf } from "../testing/cells.ts";
import type { FakeCell } from "../testing/notebooks.ts";

async function running() {
  const window = await fakeNotebookWindow();
  const notebook = window.notebooks.open("/work/demo/demo.ipynb", [
    { text: "a()", id: "aa" },
    { text: "fit()", id: "bb" },
  ]);
  const [, cell] = notebook.cells as [FakeCell, FakeCell];
  await window.kernels([kernelOf()]);
  window.notebooks.begin(cell, 3);
  await window.later(9000);
  return { ...window, notebook, cell };
}

test("a kernel that died says so under its cell and in one notification, with the cause and a way on", async () => {
  const { fake, notebooks, kernels, line, cell, later, click, timers } = await running();
  const limit = { bytes: 23.4 * GIB, source: "cgroup /user.slice/user-1000.slice" };
  const death = deathOf({ time: timers.now(), limit });
  await kernels([], [death]);
  expect(line(cell)).toBe(
    "$(error) kernel died: out of memory | last 23.2 of 23.4 GiB (cgroup) | Why? | Restart with a limit",
  );
  await kernels([], [death]);
  expect(fake.messages).toHaveLength(1);
  const [message] = fake.messages;
  expect(message?.kind).toBe("error");
  expect(message?.text).toBe("Gorgon: The kernel of demo.ipynb was killed for lack of memory.");
  expect(message?.buttons).toEqual(["Go to Cell", "Why?", "Restart with a Limit..."]);
  message?.answer("Go to Cell");
  await later();
  expect(notebooks.revealed).toEqual([1]);
  await click(notebooks.under(cell).find(({ text }) => text === "Why?"));
  const page = fake.panels[0]?.webview.html ?? "";
  expect(page).toContain("killed for lack of memory");
  expect(page).toContain("count of OOM kills rose from 0 to 1");
  expect(page).toContain("Cell 2");
  expect(page).toContain("Load less at once");
  notebooks.end(cell, timers.now() - 9000, timers.now(), false);
  await later(1000);
  notebooks.begin(cell, 1);
  await later();
  expect(line(cell)).toBe("");
});

test("the cell is known also where VS Code ended it before the death was known", async () => {
  const { notebooks, kernels, line, cell, later, timers } = await running();
  const time = timers.now();
  notebooks.end(cell, time - 9000, time, false);
  await later(1500);
  await kernels([], [deathOf({ time: time + 100 })]);
  expect(line(cell)).toMatch(/^\$\(error\) kernel died: out of memory/);
});

test("the cell is known also where the kernel was gone for a while before its cause was known", async () => {
  const { fake, notebooks, kernels, line, cell, later, timers } = await running();
  notebooks.end(cell, timers.now() - 9000, timers.now(), false);
  await kernels([]);
  await later(900);
  await kernels([], [deathOf({ time: timers.now() - 900 })]);
  expect(line(cell)).toMatch(/^\$\(error\) kernel died/);
  expect(fake.messages[0]?.buttons).toContain("Go to Cell");
});

test("a cell that kills its kernel before it was numbered is the one, not the cell before it", async () => {
  const { notebooks, notebook, kernels, line, cell, later, timers } = await running();
  notebooks.end(cell, timers.now() - 9000, timers.now());
  await later(500);
  const [next] = notebook.cells as [FakeCell];
  notebooks.step(next, {});
  notebooks.step(next, {});
  await kernels([], [deathOf({ time: timers.now() })]);
  expect(line(next)).toMatch(/kernel died/);
  // The rest of its run's steps comes late.
  notebooks.step(next, {});
  notebooks.end(next, timers.now() - 800, timers.now(), false);
  await later();
  expect(line(next)).toMatch(/kernel died/);
  await later(4000);
  notebooks.step(next, {});
  expect(line(next)).not.toMatch(/kernel died/);
  expect(line(cell)).not.toMatch(/kernel died/);
});

test("steps of the run that killed the kernel which come after the word of its death do not take that away", async () => {
  const { notebooks, notebook, kernels, line, cell, later, timers } = await running();
  notebooks.end(cell, timers.now() - 9000, timers.now());
  await later(500);
  const [next] = notebook.cells as [FakeCell];
  notebooks.step(next, {});
  const sent = timers.now();
  await later(20);
  await kernels([], [deathOf({ time: timers.now() })]);
  expect(line(next)).toMatch(/kernel died/);
  await later(80);
  notebooks.step(next, {});
  await later(80);
  notebooks.step(next, { executionOrder: 4 });
  await later(300);
  notebooks.end(next, sent, timers.now(), false);
  await later();
  expect(line(next)).toMatch(/kernel died/);
});

test("a cell that runs well soon after its kernel died in it does not bear that death any more", async () => {
  const { notebooks, kernels, line, cell, later, timers } = await running();
  await kernels([], [deathOf({ time: timers.now() })]);
  notebooks.end(cell, timers.now() - 9000, timers.now(), false);
  await later(1000);
  const again = timers.now();
  notebooks.begin(cell, 1);
  await later(500);
  notebooks.end(cell, again, timers.now());
  await later();
  expect(line(cell)).not.toMatch(/kernel died/);
});

/** A notebook whose kernel lives and dies between two words of the worker: it was never heard of. */
async function unseen() {
  const window = await fakeNotebookWindow();
  const open = (path: string): readonly [FakeCell, FakeCell] =>
    window.notebooks.open(path, [{ text: "a()" }, { text: "fit()" }]).cells as [FakeCell, FakeCell];
  const [first, cell] = open("/work/demo/demo.ipynb");
  window.notebooks.begin(first, 1);
  window.notebooks.end(first, window.timers.now() - 10, window.timers.now());
  await window.later(300);
  const died = window.timers.now() + 200;
  /** The kernel of some notebook that ran now. */
  const death = deathOf({ time: died, lastAt: null, kernel: { ...KERNEL, startedAt: died - 3000 } });
  return { ...window, open, first, cell, died, death };
}

test("the death of a kernel that was never seen alive is under the cell that failed then, however late it is told", async () => {
  const { fake, notebooks, kernels, line, later, first, cell, died, death } = await unseen();
  notebooks.begin(cell, 2);
  await later(300);
  notebooks.end(cell, died - 200, died + 80, false);
  await later(4000);
  // It goes on in another kernel.
  notebooks.begin(first, 1);
  await kernels([kernelOf({ kernel: { ...KERNEL, pid: 5000, startedAt: died + 3000 } })], [death]);
  expect(line(cell)).toMatch(/kernel died: out of memory/);
  expect(line(first)).not.toMatch(/died/);
  expect(fake.messages[0]?.buttons).toContain("Go to Cell");
});

test("a death that is told before any step of its cell is under the cell when VS Code says that it failed", async () => {
  const { notebooks, kernels, line, later, first, cell, died, death } = await unseen();
  await later(250);
  await kernels([], [death]);
  notebooks.begin(cell, 2);
  notebooks.end(cell, died - 150, died + 60, false);
  await later();
  expect(line(cell)).toMatch(/kernel died: out of memory/);
  expect(line(first)).not.toMatch(/died/);
});

test("a death that fits the runs of two notebooks is under no cell, one of another folder or language only under its own", async () => {
  const { open, fake, notebooks, kernels, line, later, cell, died, death } = await unseen();
  const [, rival] = open("/work/demo/rival.ipynb");
  const [, far] = open("/work/far/far.ipynb");
  for (const one of [cell, rival, far]) notebooks.begin(one, 2);
  await later(300);
  for (const one of [cell, rival, far]) notebooks.end(one, died - 200, died + 80, false);
  await kernels([], [death, { ...death, id: "far", kernel: { ...death.kernel, pid: 77 }, folder: "/work/far" }]);
  expect([line(cell), line(rival)].join(" ")).not.toMatch(/died/);
  expect(line(far)).toMatch(/kernel died/);
  expect(fake.messages.map(({ buttons }) => buttons.includes("Go to Cell"))).toEqual([false, true]);
});

test("a notebook whose own kernel lives is not that of the dead one", async () => {
  const { notebooks, kernels, line, later, cell, died, death } = await unseen();
  await kernels([kernelOf()]);
  notebooks.begin(cell, 2);
  await later(300);
  notebooks.end(cell, died - 200, died + 80, false);
  await kernels([kernelOf()], [{ ...death, kernel: { ...death.kernel, pid: 77 } }]);
  expect(line(cell)).not.toMatch(/died/);
});

test("a death that names its cell leaves the notebook to the next kernel", async () => {
  const { notebooks, kernels, line, later, asked, timers, first, cell, died, death } = await unseen();
  notebooks.begin(cell, 2);
  await later(300);
  const named = { id: cell.name, executionCount: 2, hash: "", label: "" };
  await kernels([], [{ ...death, cell: named, cellStartedAt: died - 200 }]);
  notebooks.end(cell, died - 200, died + 80, false);
  await later();
  expect(line(cell)).toMatch(/kernel died/);
  await kernels([kernelOf({ kernel: { ...KERNEL, pid: 5000, startedAt: died + 3000 } })]);
  notebooks.begin(first, 1);
  await later(1000);
  notebooks.end(first, timers.now() - 900, timers.now());
  await later(6000);
  expect(asked(measureRun)).toContainEqual(expect.objectContaining({ pid: 5000 }));
});

test("a kernel that died while nothing ran is under no cell", async () => {
  const { fake, notebooks, kernels, line, cell, later, timers } = await running();
  notebooks.end(cell, timers.now() - 9000, timers.now());
  await later(60_000);
  await kernels([], [deathOf({ time: timers.now() })]);
  expect(line(cell)).not.toMatch(/died/);
  expect(fake.messages[0]?.buttons).toEqual(["Why?", "Restart with a Limit..."]);
});

test("a kernel that was asked to end, one of another window and one of long ago are not told", async () => {
  const { fake, kernels, line, cell, timers } = await running();
  const time = timers.now();
  await kernels(
    [kernelOf()],
    [
      deathOf({ id: "asked", cause: "ended", time }),
      deathOf({ id: "other", kernel: { ...KERNEL, pid: 9 }, ancestors: [77], time }),
      deathOf({ id: "old", kernel: { ...KERNEL, pid: 10 }, time: time - 600_000 }),
    ],
  );
  expect(fake.messages).toEqual([]);
  expect(line(cell)).toBe("");
});

test("each cause has its words", async () => {
  const { kernels, line, cell, timers } = await running();
  const time = timers.now();
  await kernels([], [deathOf({ time, cause: "signal", signal: "SIGKILL", limit: null, lastBytes: 2 * GIB })]);
  expect(line(cell)).toBe("$(error) kernel died: killed by SIGKILL | last 2.00 GiB | Why?");
});

const GUARD: GuardState = {
  phase: "frozen",
  limitBytes: 12 * GIB,
  treeBytes: 11.9 * GIB,
  since: 1_700_000_005_000,
  reason: "It still grew 100 ms after it was asked to stop.",
};

test("a frozen kernel is asked about once and clearly, and the answer goes to the worker", async () => {
  const { fake, kernels, line, cell, asked, later } = await running();
  await kernels([kernelOf({ guard: GUARD })]);
  await kernels([kernelOf({ guard: { ...GUARD, treeBytes: 11.95 * GIB } })]);
  expect(fake.messages).toHaveLength(1);
  const [message] = fake.messages;
  expect(message?.modal).toBeNull();
  expect(message?.text).toMatch(/kernel of demo\.ipynb is frozen at 11\.9 of 12\.0 GiB.*It still grew 100 ms/);
  expect(message?.buttons).toEqual(["Continue", "Interrupt", "End Kernel"]);
  expect(line(cell)).toMatch(/kernel frozen at 1[12]\.\d of 12\.0 GiB \| .*Continue \| .*Interrupt \| .*End Kernel$/);
  message?.answer("Interrupt");
  await later();
  expect(asked(answerGuard)).toEqual([{ pid: KERNEL.pid, startedAt: KERNEL.startedAt, answer: "interrupt" }]);
});

test("a kernel that is frozen before its cell was numbered is answered under that cell", async () => {
  const { notebooks, notebook, kernels, line, cell, later, timers } = await running();
  notebooks.end(cell, timers.now() - 9000, timers.now());
  const [next] = notebook.cells as [FakeCell];
  notebooks.step(next, {});
  notebooks.step(next, {});
  await kernels([kernelOf({ measured: true })]);
  expect(line(next)).toBe("");
  await kernels([kernelOf({ measured: true, guard: { ...GUARD, since: timers.now() } })]);
  expect(line(next)).toMatch(/kernel frozen at 11\.9 of 12\.0 GiB \| .*Continue/);
  await kernels([kernelOf({ measured: true, guard: { ...GUARD, phase: "watching" } })]);
  await later(2000);
  // VS Code counts no time of what it takes for waiting.
  expect(line(next)).toMatch(/^\$\(sync~spin\) \d s/);
  notebooks.end(next, timers.now() - 3000, timers.now(), false);
  await later();
  expect(line(next)).toBe("");
});

test("it can be answered under the cell, and an answer to a prompt of before does nothing", async () => {
  const { fake, notebooks, kernels, line, cell, asked, click, later } = await running();
  await kernels([kernelOf({ guard: GUARD })]);
  await click(notebooks.under(cell).find(({ text }) => text.endsWith("Continue")));
  expect(asked(answerGuard)).toHaveLength(1);
  await kernels([kernelOf({ guard: { ...GUARD, phase: "watching" } })]);
  expect(line(cell)).toBe("");
  fake.messages[0]?.answer("End Kernel");
  await later();
  expect(asked(answerGuard)).toHaveLength(1);
  expect(fake.messages.at(-1)?.text).toMatch(/not frozen any more/);
  // It freezes again: another question, to which the old prompt is no answer.
  await kernels([kernelOf({ guard: { ...GUARD, since: GUARD.since + 60_000 } })]);
  expect(fake.messages.at(-1)?.buttons).toEqual(["Continue", "Interrupt", "End Kernel"]);
});

test("a kernel that froze again before anybody saw it go on is asked about again", async () => {
  const { fake, kernels } = await running();
  await kernels([kernelOf({ guard: GUARD })]);
  await kernels([kernelOf({ guard: { ...GUARD, since: GUARD.since + 300, treeBytes: 18 * GIB } })]);
  expect(fake.messages).toHaveLength(2);
  expect(fake.messages[1]?.text).toMatch(/frozen at 18\.0 of 12\.0 GiB/);
});

test("a workspace that is not trusted answers nothing", async () => {
  const { fake, kernels, asked, run } = await running();
  await kernels([kernelOf({ guard: GUARD })]);
  fake.state.trusted = false;
  await expect(run("gorgon.answerGuard", "", "end")).rejects.toThrow(/not trusted/);
  expect(asked(answerGuard)).toEqual([]);
});

test("from the palette a frozen kernel is answered by choice, each with what it does", async () => {
  const { fake, kernels, asked, run } = await running();
  await run("gorgon.answerGuard");
  expect(fake.messages.at(-1)?.text).toMatch(/No kernel of this window is frozen/);
  await kernels([kernelOf({ guard: GUARD })]);
  fake.state.picks = ["End Kernel"];
  await run("gorgon.answerGuard");
  expect(fake.state.pickItems.map(({ detail }) => detail)).toEqual([
    expect.stringMatching(/may use up the memory/),
    expect.stringMatching(/variables stay/),
    expect.stringMatching(/variables are lost/),
  ]);
  expect(asked(answerGuard)).toEqual([expect.objectContaining({ answer: "end" })]);
  expect(fake.contexts.get("gorgon.kernelFrozen")).toBe(true);
});

test("what this window tells by itself, the bell's notification does not tell again", async () => {
  const { loader, kernels, timers } = await running();
  const died = { rule: "kernel-died", labels: { "jupyter.kernel.death": "death-1" } };
  const frozen = { rule: "kernel-frozen", labels: {} };
  expect([loader.isTold(died), loader.isTold(frozen)]).toEqual([false, false]);
  await kernels([kernelOf({ guard: GUARD })]);
  expect(loader.isTold(frozen)).toBe(true);
  await kernels([], [deathOf({ time: timers.now() })]);
  expect([loader.isTold(died), loader.isTold(frozen)]).toEqual([true, false]);
  expect(loader.isTold({ rule: "memory", labels: {} })).toBe(false);
});
