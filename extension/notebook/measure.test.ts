/** Measuring a kernel: asked once, sent as code, again at each start; what is denied, missing or elsewhere is said in words. */
import { expect, test } from "vitest";
import { kernelRuns } from "../../protocol/messages/worker.ts";
import { fakeNotebookWindow, KERNEL, kernelOf, MIB, measures, recordFor } from "../testing/cells.ts";
import { FakeJupyter } from "../testing/jupyter.ts";
import { LOADED_MIME, RECORDS_MIME } from "./kernel-code.ts";

const LOADED = { how: "sent", reason: "", version: "0.1.0", kernel: KERNEL };

async function opened() {
  const window = await fakeNotebookWindow();
  window.notebooks.files.set("/ext/dist/python/gorgon.zip", Buffer.from("a zip"));
  const notebook = window.notebooks.open("/work/demo/demo.ipynb", [
    { text: "a()", id: "aa" },
    { text: "b()", id: "bb" },
  ]);
  const [first, second] = notebook.cells;
  if (first === undefined || second === undefined) throw new Error("no cells");
  const jupyter = new FakeJupyter(window.notebooks);
  jupyter.answer = (code) => (code.includes("_gorgon_load_") ? [{ mime: LOADED_MIME, value: LOADED }] : []);
  const { fake, later } = window;
  return {
    ...{ ...window, notebook, first, second, jupyter },
    measure: () => window.run("gorgon.measureKernel"),
    /** Answers the newest question. */
    answer: async (button: string | undefined): Promise<void> => {
      fake.messages.at(-1)?.answer(button);
      await later();
    },
  };
}

test("it asks once, sends the package as code, and says that it measures", async () => {
  const { fake, jupyter, measure, answer, later } = await opened();
  const done = measure();
  await later();
  const [question] = fake.messages;
  expect(question?.text).toBe("Measure the kernel of this notebook?");
  expect(question?.modal?.detail).toMatch(/neither source code nor variables leave the kernel/);
  await answer("Always in This Workspace");
  await done;
  expect(jupyter.ran).toHaveLength(1);
  expect(jupyter.ran[0]).toContain(Buffer.from("a zip").toString("base64"));
  expect(jupyter.ran[0]).toMatch(/^ {12}sys\.path\.append\(folder\)$/m);
  expect(jupyter.ran[0]).toMatch(/finally:\n {4}del _gorgon_load_\n$/);
  expect(fake.messages.at(-1)?.text).toMatch(/This kernel is measured/);
  const asked = fake.messages.length;
  await measure();
  expect(fake.messages.slice(asked).filter(({ modal }) => modal !== null)).toEqual([]);
});

test("nothing is sent when the user does not agree", async () => {
  const { jupyter, measure, answer, later } = await opened();
  const done = measure();
  await later();
  await answer(undefined);
  await done;
  expect(jupyter.ran).toEqual([]);
});

test("with consent each kernel gets the package at its start and after a restart, without it none does", async () => {
  const { fake, notebooks, first, jupyter, later } = await opened();
  notebooks.begin(first, 1);
  await later();
  expect(jupyter.ran).toEqual([]);
  fake.state.settings["gorgon.notebook.load"] = "always";
  notebooks.begin(first, 2);
  await later();
  expect(jupyter.ran).toHaveLength(1);
  jupyter.become("idle");
  await later();
  expect(jupyter.ran).toHaveLength(1);
  jupyter.become("restarting");
  jupyter.become("idle");
  await later();
  expect(jupyter.ran).toHaveLength(2);
  fake.state.settings["gorgon.notebook.load"] = "never";
  jupyter.become("restarting");
  jupyter.become("idle");
  await later();
  expect(jupyter.ran).toHaveLength(2);
});

test("a denial is explained with its mend, and nothing tries again by itself", async () => {
  const { fake, notebooks, first, jupyter, measure, answer, later } = await opened();
  jupyter.denied = true;
  const done = measure();
  await later();
  await answer("Always in This Workspace");
  await done;
  expect(fake.messages.at(-1)?.text).toMatch(/Jupyter does not let Gorgon run code.*Manage Access To Jupyter Kernels/);
  await answer("Manage Access");
  expect(fake.executed.map(({ command }) => command)).toContain("jupyter.manageAccessToKernels");
  const said = fake.messages.length;
  jupyter.become("restarting");
  jupyter.become("idle");
  notebooks.begin(first, 1);
  await later(5000);
  expect(fake.messages).toHaveLength(said);
  expect(jupyter.ran).toEqual([]);
});

test("behind cells that run it waits, says so, and never cancels", async () => {
  const { fake, jupyter, measure, answer, later } = await opened();
  const go = jupyter.hold();
  const done = measure();
  await later();
  await answer("This Time");
  expect(fake.progress.at(-1)).toMatch(/waiting for the cells that run/);
  await later(600_000);
  expect(jupyter.ran).toEqual([]);
  go();
  await done;
  expect(jupyter.ran).toHaveLength(1);
});

test("what keeps it from measuring is said with its mend", async () => {
  const { fake, jupyter, notebooks, measure, answer, later } = await opened();
  fake.state.trusted = false;
  await expect(measure()).rejects.toThrow(/not trusted/);
  fake.state.trusted = true;
  fake.state.settings["gorgon.notebook.load"] = "never";
  await expect(measure()).rejects.toThrow(/gorgon.notebook.load says never/);
  delete fake.state.settings["gorgon.notebook.load"];
  jupyter.started = false;
  await expect(measure()).rejects.toThrow(/Run a cell/);
  jupyter.started = true;
  for (const [value, words] of [
    [{ ...LOADED, how: "foreign", kernel: null }, /Another package called gorgon/],
    [{ how: "failed", reason: "OSError: Read-only file system", kernel: null }, /OSError: Read-only file system/],
    [7, /it gave no reason/],
  ] as const) {
    jupyter.answer = () => [{ mime: LOADED_MIME, value }];
    const done = measure();
    const failed = expect(done).rejects.toThrow(words);
    await later();
    await answer("This Time");
    await failed;
  }
  notebooks.files.clear();
  const done = measure();
  const failed = expect(done).rejects.toThrow(/gorgon.zip is missing/);
  await later();
  await answer("This Time");
  await failed;
  notebooks.extensions.clear();
  await expect(measure()).rejects.toThrow(/%load_ext gorgon/);
});

test("a restart that the user asked for is told before the kernel goes, a crash is not", async () => {
  const { notebooks, first, jupyter, kernels, told, later } = await opened();
  await kernels([kernelOf()]);
  notebooks.begin(first, 1);
  await later();
  jupyter.become("restarting");
  await later();
  const { pid, startedAt } = KERNEL;
  expect(told(kernelRuns).at(-1)).toEqual({ pid, startedAt, cell: null, leaving: true });
  const before = told(kernelRuns).length;
  jupyter.become("dead");
  jupyter.become("autorestarting");
  await later();
  expect(
    told(kernelRuns)
      .slice(before)
      .filter((one) => (one as { leaving: boolean }).leaving),
  ).toEqual([]);
});

test("a remote kernel is asked for its records when nothing runs or waits, each time for those after the last", async () => {
  const { notebooks, first, second, line, jupyter, measure, answer, later, timers } = await opened();
  const kernel = { ...KERNEL, host: "cluster-7" };
  const records: unknown[] = [];
  jupyter.answer = (code) =>
    code.includes("_gorgon_load_")
      ? [{ mime: LOADED_MIME, value: { ...LOADED, kernel } }]
      : [{ mime: RECORDS_MIME, value: { records } }];
  const done = measure();
  await later();
  await answer("This Time");
  await done;
  notebooks.begin(first, 1);
  notebooks.step(second, {});
  await later();
  const asked = jupyter.ran.length;
  const now = timers.now();
  records.push(
    recordFor(first, {
      kernel,
      startedAt: now - 1000,
      endedAt: now,
      id: 'r"1',
      measures: measures({ wallMs: 1000, peakBytes: 64 * MIB }),
    }),
  );
  notebooks.end(first, now - 1000, now);
  await later(5000);
  expect(jupyter.ran).toHaveLength(asked);
  notebooks.step(second, { executionOrder: 2 });
  notebooks.end(second, timers.now() - 10, timers.now());
  await later(2000);
  expect(jupyter.ran).toHaveLength(asked + 1);
  expect(line(first)).toContain("peak 64.0 MiB");
  notebooks.begin(second, 3);
  notebooks.end(second, timers.now() - 10, timers.now());
  await later(2000);
  expect(jupyter.ran.at(-1)).toContain(String.raw`_gorgon_drain_("r\"1")`);
});

test("a kernel of R says its process number, and is measured from outside", async () => {
  const { fake, notebook, jupyter, kernels, measure, answer, later } = await opened();
  notebook.metadata = { metadata: { kernelspec: { language: "R" } } };
  jupyter.language = "R";
  jupyter.answer = () => [{ mime: "application/vnd.code.notebook.stdout", value: "gorgon-kernel 5150 \n" }];
  const r = { ...KERNEL, pid: 5150, language: "r" };
  await kernels([kernelOf({ kernel: r, ancestors: [] }), kernelOf()]);
  const done = measure();
  await later();
  expect(fake.messages.at(-1)?.modal?.detail).toMatch(/asked once for its process number/);
  await answer("This Time");
  await done;
  expect(jupyter.ran).toEqual(['cat("gorgon-kernel", Sys.getpid(), "\\n")']);
  expect(fake.messages.at(-1)?.text).toMatch(/measured from outside/);
});

test("a restart with a limit restarts the kernel and gives it the limit as it starts", async () => {
  const { fake, jupyter, run, later } = await opened();
  await fake.memento.update("gorgon.measureKernels", true);
  fake.state.inputs = ["18 GiB"];
  await run("gorgon.restartWithLimit");
  expect(fake.boxes[0]?.validateInput?.("lots")).toMatch(/12GiB/);
  expect(fake.boxes[0]?.validateInput?.("1.5TiB")).toBeUndefined();
  expect(fake.executed.map(({ command }) => command)).toContain("jupyter.restartkernel");
  jupyter.become("restarting");
  jupyter.become("idle");
  await later();
  expect(jupyter.ran.at(-1)).toMatch(/_gorgon_load_\(".*", "18GiB"\)/);
});
