/** What a user sees under a cell, from the first run on: played with the worker's messages and VS Code's steps. */
import { expect, test } from "vitest";
import { CELL_MIME } from "../../protocol/cell.ts";
import { kernelRuns, measureRun } from "../../protocol/messages/worker.ts";
import { fakeNotebookWindow, GIB, kernelOf, KERNEL, measures, MIB, recordFor, recordOf } from "../testing/cells.ts";
import { textHash } from "./cells.ts";

const CODE = [
  { text: "df = read()", id: "aa" },
  { text: "# Notes", id: "bb", markdown: true },
  { text: "fit(df)", id: "cc" },
];

async function opened() {
  const window = await fakeNotebookWindow();
  const notebook = window.notebooks.open("/work/demo/demo.ipynb", CODE);
  const [first, text, second] = notebook.cells;
  if (first === undefined || text === undefined || second === undefined) throw new Error("no cells");
  return { ...window, notebook, first, text, second };
}

test("a record stands under its cell at once, and nowhere else", async () => {
  const { first, text, second, notebooks, line, record, timers } = await opened();
  notebooks.begin(first, 1);
  await record(recordFor(first));
  expect(line(first)).toBe("CPU 5.8 s (1.8 cores) | peak 4.10 GiB (+2.60)");
  notebooks.end(first, timers.now() - 3240, timers.now());
  expect(line(first)).toBe("CPU 5.8 s (1.8 cores) | peak 4.10 GiB (+2.60)");
  expect(line(second)).toBe("");
  expect(line(text)).toBe("");
});

test("the time stands there only where VS Code's own says less", async () => {
  const { first, second, notebooks, line, record, later, timers } = await opened();
  // A file that was opened again: VS Code shows no time.
  notebooks.output(first, CELL_MIME, recordFor(first));
  await later();
  expect(line(first)).toMatch(/^\$\(check\) 3\.2 s \| CPU/);
  // It would say 0.0s.
  notebooks.begin(second, 1);
  await record(recordFor(second, { measures: measures({ wallMs: 4.2, cpuMs: 5, cores: 1.2, peakBytes: 80 * MIB }) }));
  notebooks.end(second, timers.now() - 6, timers.now());
  expect(line(second)).toBe("took 4.2 ms | CPU 5 ms | peak 80.0 MiB");
  // The package's 92 ms are its 0.1s.
  notebooks.begin(second, 2);
  await record(recordFor(second, { id: "short", startedAt: timers.now(), measures: measures({ wallMs: 92 }) }));
  notebooks.end(second, timers.now() - 110, timers.now());
  expect(line(second)).not.toContain("92");
  // Its clock was stopped late.
  notebooks.begin(second, 3);
  const late = { startedAt: timers.now(), endedAt: timers.now() + 3200 };
  await record(recordFor(second, { ...late, measures: measures({ wallMs: 3200 }) }));
  notebooks.end(second, timers.now(), timers.now() + 9000);
  expect(line(second)).toMatch(/^took 3\.2 s/);
});

test("the next run is compared with the one before", async () => {
  const { first, notebooks, line, record } = await opened();
  notebooks.begin(first, 1);
  await record(recordFor(first, { measures: measures({ wallMs: 3000, peakBytes: 4 * GIB }) }));
  notebooks.begin(first, 2);
  await record(recordFor(first, { startedAt: 1_700_000_100_000, endedAt: 1_700_000_103_200 }));
  expect(line(first)).toContain("peak 4.10 GiB (+2.60) | was 4.00 GiB");
});

test("while a cell runs, what its kernel uses counts on, from outside", async () => {
  const { first, notebooks, line, kernels, later, timers } = await opened();
  notebooks.begin(first, 1);
  const usage = {
    time: timers.now(),
    rssBytes: 2.1 * GIB,
    treeBytes: null,
    cores: 1,
    children: 0,
    threads: 4,
    gpuBytes: null,
  };
  await kernels([kernelOf({ usage, limit: { bytes: 8 * GIB, source: "cgroup" } })]);
  await later(12_000);
  // VS Code counts the time.
  expect(line(first)).toBe("1 core | now 2.10 of 8.00 GiB");
  await kernels([kernelOf({ usage: { ...usage, cores: 0.02 } })]);
  expect(line(first)).toBe("now 2.10 GiB");
  const drawn = notebooks.redrawn;
  await later(3000);
  expect(notebooks.redrawn - drawn).toBeGreaterThanOrEqual(3);
  notebooks.end(first, timers.now() - 15_000, timers.now());
  await later(5000);
  const still = notebooks.redrawn;
  await later(10_000);
  expect(notebooks.redrawn).toBe(still);
});

test("a run without a record is measured from outside after a grace, by names and numbers and never by text", async () => {
  const { first, notebooks, line, kernels, later, world, asked, told, timers } = await opened();
  world.answer = (method, params) => {
    if (method !== measureRun.method) return null;
    const { cell, from, to } = params as { cell: never; from: number; to: number };
    return {
      record: recordOf({
        ...{ cell, startedAt: from, endedAt: to, by: "outside", limit: null, level: "UNKNOWN" },
        measures: measures({ wallMs: to - from, cpuMs: 900, peakBytes: 300 * MIB }, "sampled"),
      }),
    };
  };
  await kernels([kernelOf()]);
  notebooks.begin(first, 7);
  await later(1000);
  const to = timers.now();
  notebooks.end(first, to - 1000, to);
  await later(1000);
  expect(asked(measureRun)).toEqual([]);
  await later(1000);
  const cell = {
    id: first.name,
    executionCount: 7,
    hash: textHash("df = read()"),
    label: "",
  };
  const { pid, startedAt } = KERNEL;
  expect(asked(measureRun)).toEqual([{ pid, startedAt, cell, from: to - 1000, to, outcome: "ok" }]);
  expect(line(first)).toBe("CPU ~900 ms | peak ≥ 300 MiB");
  expect(told(kernelRuns)).toEqual([
    expect.objectContaining({ pid, cell, leaving: false }),
    expect.objectContaining({ pid, cell: null, leaving: false }),
  ]);
  expect(JSON.stringify([asked(measureRun), told(kernelRuns)])).not.toContain("read()");
});

test("where the package is loaded nothing is told, and a run is not measured twice", async () => {
  const { first, notebooks, kernels, record, later, asked, told, timers } = await opened();
  await kernels([kernelOf({ measured: true })]);
  notebooks.begin(first, 1);
  const to = timers.now();
  await record(recordFor(first, { startedAt: to - 500, endedAt: to }));
  notebooks.end(first, to - 500, to);
  await later(20_000);
  expect([asked(measureRun), told(kernelRuns)]).toEqual([[], []]);
});

test("the package's record takes the place of what was seen from outside, not that of the run before", async () => {
  const { first, notebooks, line, record } = await opened();
  notebooks.begin(first, 1);
  const seen = measures({ wallMs: 3200, peakBytes: 3 * GIB }, "sampled");
  await record(recordFor(first, { by: "outside", measures: seen }));
  expect(line(first)).toContain("peak ≥ 3.00 GiB");
  await record(recordFor(first));
  expect(line(first)).toBe("CPU 5.8 s (1.8 cores) | peak 4.10 GiB (+2.60)");
});

test("a record that comes before VS Code tells that its run began is not taken for one of before", async () => {
  const { first, notebooks, line, kernels, record, later, timers } = await opened();
  await kernels([kernelOf({ measured: true })]);
  const to = timers.now();
  await record(recordFor(first, { startedAt: to - 5, endedAt: to }));
  notebooks.begin(first, 1);
  expect(line(first)).not.toContain("peak");
  notebooks.end(first, to - 6, to + 1);
  await later(100);
  expect(line(first)).toContain("peak");
  // The next run empties it again, and ends without a record.
  notebooks.begin(first, 2);
  notebooks.end(first, to + 3000, to + 3010);
  await later(100);
  expect(line(first)).not.toContain("peak");
});

test("cleared outputs take the cost away, and are no start of a run", async () => {
  const { first, notebooks, line, record, later } = await opened();
  notebooks.begin(first, 1);
  await record(recordFor(first));
  notebooks.end(first, 1_700_000_000_000, 1_700_000_003_200);
  notebooks.step(first, {});
  await later();
  expect(line(first)).toBe("");
  // The file is read again: a number without a run.
  notebooks.step(first, {});
  await later(5000);
  expect(line(first)).toBe("");
});

test("a cell near its limit says so in word, icon and share", async () => {
  const { first, second, fake, notebooks, line, record } = await opened();
  notebooks.begin(first, 1);
  const near = { bytes: 23.4 * GIB, source: "cgroup /user.slice", share: 0.83 };
  await record(recordFor(first, { limit: near }));
  expect(line(first)).toContain("| $(warning) WARN peak 4.10 GiB (+2.60), 83 % of limit");
  notebooks.begin(second, 2);
  await record(recordFor(second, { limit: { ...near, share: 0.97 } }));
  expect(line(second)).toContain("$(error) CRIT peak");
  fake.state.settings["gorgon.notebook.warn"] = 90;
  expect(line(first)).not.toContain("WARN");
});

test("what stands under a cell is what the user wants to see", async () => {
  const { first, fake, notebooks, line, later } = await opened();
  notebooks.output(first, CELL_MIME, recordFor(first));
  await later();
  fake.state.settings["gorgon.notebook.show"] = ["memory", "time", "nonsense"];
  expect(line(first)).toBe("$(check) 3.2 s | peak 4.10 GiB (+2.60)");
  fake.state.settings["gorgon.notebook.minWall"] = 5;
  expect(line(first)).toBe("");
  fake.state.settings["gorgon.notebook.minWall"] = "5";
  expect(line(first)).not.toBe("");
});

test("an error, an interruption and a shared GPU are told apart in words", async () => {
  const { first, second, notebooks, line, record } = await opened();
  notebooks.begin(first, 1);
  const gpu = { index: 0, name: "H100", scope: "device" as const, source: "nvml" };
  const bytes = { value: 3.1 * GIB, quality: "sampled" as const };
  await record(
    recordFor(first, {
      outcome: "error",
      error: "Memory$(flame)Error",
      gpus: [{ ...gpu, peakBytes: bytes, deltaBytes: bytes }],
    }),
  );
  expect(line(first)).toContain("Memory$ (flame)Error | CPU");
  expect(line(first)).toContain("GPU 0 ≥ 3.10 GiB ~device");
  notebooks.begin(second, 2);
  await record(recordFor(second, { outcome: "interrupted" }));
  expect(line(second)).toMatch(/^interrupted \| CPU/);
  notebooks.end(second, 1_700_000_000_000, 1_700_000_003_200, false);
  expect(line(second)).toMatch(/^interrupted \| CPU/);
});

test("what is nothing is not said", async () => {
  const { first, notebooks, line, record } = await opened();
  notebooks.begin(first, 1);
  const idle = measures({ wallMs: 5000, cpuMs: 2, cores: 0.0004, peakBytes: 51.5 * MIB, peakDeltaBytes: 0 });
  await record(recordFor(first, { measures: idle }));
  expect(line(first)).toBe("CPU 2 ms | peak 51.5 MiB");
  const page = measures({ wallMs: 5000, peakBytes: 51.5 * MIB, peakDeltaBytes: 12 * 1024 });
  await record(recordFor(first, { startedAt: 1_700_000_100_000, endedAt: 1_700_000_105_000, measures: page }));
  expect(line(first)).toBe("peak 51.5 MiB | was 51.5 MiB");
});

test("a record in a cell's outputs is read, and hostile ones are not", async () => {
  const { first, second, notebooks, line, later } = await opened();
  notebooks.output(first, CELL_MIME, recordFor(first));
  for (const one of [null, 7, "x", { v: 1 }, { v: 2, id: "a" }, { v: 1, id: "a", kernel: { pid: -1 } }]) {
    notebooks.output(second, CELL_MIME, one);
  }
  await later();
  expect(line(first)).toContain("peak 4.10 GiB");
  expect(line(second)).toBe("");
});

test("another window's run of the same file is not this window's", async () => {
  const { first, line, record, kernels } = await opened();
  await kernels([kernelOf({ ancestors: [9999, 1] })]);
  await record(recordFor(first));
  expect(line(first)).toBe("");
});

test("nothing is loaded without a notebook, nor while it is switched off, and it goes when it is switched off", async () => {
  const window = await fakeNotebookWindow();
  window.fake.state.settings["gorgon.notebook.enabled"] = false;
  const notebook = window.notebooks.open("/work/demo/demo.ipynb", CODE);
  expect([window.notebooks.providers.length, window.fake.contexts.get("gorgon.notebooks")]).toEqual([0, undefined]);
  window.fake.state.settings["gorgon.notebook.enabled"] = true;
  const changed = { affectsConfiguration: (section: string) => "gorgon.notebook.enabled".startsWith(section) };
  window.fake.events.configuration.fire(changed);
  expect(window.notebooks.providers.map(({ type }) => type)).toEqual(["jupyter-notebook", "interactive"]);
  window.fake.state.settings["gorgon.notebook.enabled"] = false;
  window.fake.events.configuration.fire(changed);
  expect([window.notebooks.providers.length, window.fake.contexts.get("gorgon.notebooks")]).toEqual([0, false]);
  expect(notebook.cells).toHaveLength(3);
});

test("a click opens everything that was measured, with qualities in words and the run before beside it", async () => {
  const { first, fake, notebooks, record, click } = await opened();
  notebooks.begin(first, 1);
  await record(recordFor(first, { measures: measures({ wallMs: 3000, peakBytes: 4 * GIB }) }));
  notebooks.begin(first, 2);
  const note = 'Pages of <script>alert("x")</script> are shared.';
  await record(recordFor(first, { startedAt: 1_700_000_100_000, endedAt: 1_700_000_103_200, notes: [note] }));
  await click(notebooks.under(first)[0]);
  const page = fake.panels[0]?.webview.html ?? "";
  expect(page).toContain("<h1>Cell 1 [1]</h1>");
  expect(page).toMatch(
    /Peak memory<\/th><td class="number value">4\.10 GiB<\/td><td class="muted">exact<\/td><td class="number">4\.00 GiB/,
  );
  expect(page).toContain("+102 MiB (+2 %)");
  expect(page).not.toContain("<script");
  expect(page).toContain("default-src &#39;none&#39;".replaceAll("&#39;", "'"));
  first.text = "df = read_all()";
  await record(
    recordFor(first, {
      startedAt: 1_700_000_200_000,
      endedAt: 1_700_000_201_000,
      cell: { id: null, executionCount: 3, hash: "0", label: "" },
    }),
  );
  expect(fake.panels).toHaveLength(1);
});

test("a command without anything to show says what to do", async () => {
  const { first, run } = await opened();
  await expect(run("gorgon.showCellCost", first.name)).rejects.toThrow(/Run it/);
  await expect(run("gorgon.whyKernelDied")).rejects.toThrow(/No kernel of this window has died/);
});
