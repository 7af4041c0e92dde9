/** What cells cost stays with them: across moves, edits, deletions, renames and reloads, with bad ids, and in long notebooks. */
import { expect, test } from "vitest";
import { measures, MIB, recordFor, recordOf } from "../testing/cells.ts";
import {
  FakeNotebooks,
  real,
  realNotebook,
  type FakeCell,
  type FakeNotebook,
  type NewCell,
} from "../testing/notebooks.ts";
import { ManualTimers, settle } from "../testing/timers.ts";
import { fakeVscode } from "../testing/vscode.ts";
import { withRecord } from "../../protocol/cell-cost.ts";
import { CellRecords } from "./records.ts";
import { MOST_STORED, StoredCells } from "./stored.ts";

type Inspected = Parameters<CellRecords["edit"]>[0];

/** A window on this memory; `reload` is the next one. */
function windowOn({ memento } = fakeVscode()) {
  const timers = new ManualTimers();
  const notebooks = new FakeNotebooks();
  const records = new CellRecords({ memory: memento, timers, log: (message) => expect.fail(message) });
  const workspace = notebooks.inWorkspace({});
  workspace.onDidOpenNotebookDocument((one) => records.open(realNotebook(one)));
  workspace.onDidCloseNotebookDocument((one) => records.close(realNotebook(one)));
  workspace.onDidSaveNotebookDocument((one) => records.save(realNotebook(one)));
  workspace.onDidChangeNotebookDocument((event) => records.edit(event as Inspected));
  const at = (notebook: FakeNotebook, index: number): FakeCell => notebook.cells[index] ?? expect.fail("no such cell");
  return {
    ...{ notebooks, records, timers, at },
    /** Which run's label each cell shows. */
    labels: (notebook: FakeNotebook) =>
      notebook.cells.map((cell) => {
        const cost = records.of(real(cell));
        return cost === null || cost.cleared ? "" : cost.now.cell.label;
      }),
    run: (cell: FakeCell, label: string, startedAt = 1_700_000_000_000) => {
      const record = recordFor(cell);
      records.add(real(cell), { ...record, cell: { ...record.cell, label }, startedAt, endedAt: startedAt + 100 });
    },
    reload: async () => {
      records.dispose();
      await settle();
      return windowOn({ memento } as ReturnType<typeof fakeVscode>);
    },
  };
}

const FILE = "/work/demo.ipynb";
const THREE: readonly NewCell[] = [
  { text: "a = 1", id: "aa" },
  { text: "b = 2", id: "bb" },
  { text: "c = 3", id: "cc" },
];

test("a cost follows its cell when cells move, come before it and are edited", () => {
  const { notebooks, at, run, labels } = windowOn();
  const notebook = notebooks.open(FILE, THREE);
  run(at(notebook, 0), "A");
  run(at(notebook, 2), "C");
  notebooks.move(notebook, 0, 2);
  expect(labels(notebook)).toEqual(["", "C", "A"]);
  notebooks.insert(notebook, 0, [{ text: "new" }, { text: "newer" }]);
  at(notebook, 4).text = "a = 100";
  expect(labels(notebook)).toEqual(["", "", "", "C", "A"]);
});

test("a deleted cell takes its cost along, and an undo brings it back", () => {
  const { notebooks, at, run, labels } = windowOn();
  const notebook = notebooks.open(FILE, THREE);
  run(at(notebook, 1), "B");
  notebooks.splice(notebook, 1, 1);
  expect(labels(notebook)).toEqual(["", ""]);
  // The undone cell has another name in VS Code, and the id of the file.
  notebooks.insert(notebook, 1, [{ text: "b = 2", id: "bb" }]);
  expect(labels(notebook)).toEqual(["", "B", ""]);
});

test("costs are there again after a reload, by id, wherever the cells stand now", async () => {
  const first = windowOn();
  const notebook = first.notebooks.open(FILE, THREE);
  first.run(first.at(notebook, 0), "A");
  first.run(first.at(notebook, 0), "A again", 1_700_000_100_000);
  first.run(first.at(notebook, 2), "C");
  const second = await first.reload();
  const again = second.notebooks.open(FILE, [
    { text: "c = 30", id: "cc" },
    { text: "b", id: "bb" },
    { text: "a", id: "aa" },
  ]);
  expect(second.labels(again)).toEqual(["C", "", "A again"]);
  expect(second.records.of(real(second.at(again, 2)))?.before?.cell.label).toBe("A");
  const other = second.notebooks.open("/work/other.ipynb", THREE);
  expect(second.labels(other)).toEqual(["", "", ""]);
});

test("without ids, text and place decide; a cell whose text is another has no cost of an old one", async () => {
  const first = windowOn();
  const notebook = first.notebooks.open(FILE, [{ text: "x()" }, { text: "y()" }, { text: "x()" }, { text: "z()" }]);
  for (const [index, label] of ["X1", "Y", "X2", "Z"].entries()) first.run(first.at(notebook, index), label);
  const second = await first.reload();
  const again = second.notebooks.open(FILE, [
    ...[{ text: "# new" }, { text: "x()" }, { text: "changed()" }, { text: "x()" }, { text: "z()" }],
  ]);
  expect(second.labels(again)).toEqual(["", "X1", "", "X2", "Z"]);
});

test("a cell without an id that was edited after its run is known by what was saved", async () => {
  const first = windowOn();
  const notebook = first.notebooks.open(FILE, [{ text: "x()" }]);
  first.run(first.at(notebook, 0), "X");
  first.at(notebook, 0).text = "x(1)";
  first.notebooks.save(notebook);
  const second = await first.reload();
  expect(second.labels(second.notebooks.open(FILE, [{ text: "x(1)" }]))).toEqual(["X"]);
});

test("cells with one id, as a copy in another editor leaves them, are told apart by their text", async () => {
  const first = windowOn();
  const cells = [
    { text: "one", id: "dup" },
    { text: "two", id: "dup" },
    { text: "three", id: "cc" },
  ];
  const notebook = first.notebooks.open(FILE, cells);
  first.run(first.at(notebook, 0), "1");
  first.run(first.at(notebook, 1), "2");
  expect(first.labels(notebook)).toEqual(["1", "2", ""]);
  const second = await first.reload();
  expect(second.labels(second.notebooks.open(FILE, [...cells].reverse()))).toEqual(["", "2", "1"]);
});

test("a renamed file or folder takes its costs along", async () => {
  const first = windowOn();
  const notebook = first.notebooks.open("/work/old/demo.ipynb", THREE);
  first.run(first.at(notebook, 0), "A");
  first.notebooks.close(notebook);
  const opened = first.notebooks.open("/work/new/demo.ipynb", THREE);
  await first.records.rename("file:/work/old", "file:/work/new");
  expect(first.labels(opened)).toEqual(["A", "", ""]);
  const second = await first.reload();
  expect(second.labels(second.notebooks.open("/work/new/demo.ipynb", THREE))).toEqual(["A", "", ""]);
});

test("a new notebook keeps its costs when it gets its first file", () => {
  const { notebooks, at, run, labels } = windowOn();
  const untitled = notebooks.open("Untitled-1.ipynb", THREE, "untitled");
  run(at(untitled, 0), "A");
  const saved = notebooks.open(FILE, THREE);
  notebooks.close(untitled);
  expect(labels(saved)).toEqual(["A", "", ""]);
});

test("what is cleared stays cleared after a reload, and is the run before of the next", async () => {
  const first = windowOn();
  const notebook = first.notebooks.open(FILE, THREE);
  first.run(first.at(notebook, 0), "A");
  first.records.clear(real(first.at(notebook, 0)));
  const second = await first.reload();
  const again = second.notebooks.open(FILE, THREE);
  expect(second.labels(again)).toEqual(["", "", ""]);
  second.run(second.at(again, 0), "A2", 1_700_000_100_000);
  expect(second.records.of(real(second.at(again, 0)))?.before?.cell.label).toBe("A");
});

test("forgetting a notebook leaves nothing in the workspace's memory", async () => {
  const fake = fakeVscode();
  const { notebooks, at, run, records, labels } = windowOn(fake);
  const notebook = notebooks.open(FILE, THREE);
  run(at(notebook, 0), "A");
  await records.flush();
  expect(JSON.stringify(fake.memento.get("gorgon.cells"))).toContain("demo.ipynb");
  records.forget(realNotebook(notebook));
  await records.flush();
  expect(labels(notebook)).toEqual(["", "", ""]);
  expect(fake.memento.get("gorgon.cells")).toBeUndefined();
});

test("2,000 cells, half of them without ids, work without a pause, and what is kept stays small", async () => {
  const fake = fakeVscode();
  const { notebooks, run, records, labels } = windowOn(fake);
  const cells = Array.from({ length: 2000 }, (_, index) => ({
    text: `value_${String(index)} = compute(${String(index)})`,
    ...(index % 2 === 0 ? { id: `id${String(index)}` } : {}),
  }));
  const notebook = notebooks.open(FILE, cells);
  const began = performance.now();
  for (const [index, cell] of notebook.cells.entries()) run(cell, String(index), 1_700_000_000_000 + index * 1000);
  notebooks.move(notebook, 1999, 0);
  notebooks.splice(notebook, 1000, 1);
  expect(records.all(realNotebook(notebook))).toHaveLength(1999);
  await records.flush();
  const took = performance.now() - began;
  expect(labels(notebook)[0]).toBe("1999");
  // A user's machine may be slower than this one; what takes seconds here is quadratic.
  expect(took).toBeLessThan(2000);
  const kept = JSON.stringify(fake.memento.get("gorgon.cells"));
  expect(kept.length).toBeLessThan(MOST_STORED * 1.01 + 1000);
  const again = windowOn(fake);
  const reopened = again.notebooks.open(
    FILE,
    notebook.cells.map(({ text, metadata: { id } }) => ({ text, id: typeof id === "string" ? id : "" })),
  );
  const found = again.labels(reopened).filter((label) => label !== "").length;
  expect(found).toBeGreaterThan(800);
  // The newest are those that are kept.
  expect(again.labels(reopened)[0]).toBe("1999");
});

test("a damaged memory is as none", () => {
  const fake = fakeVscode();
  for (const value of [
    7,
    "x",
    { v: 1 },
    { v: 1, notebooks: [null] },
    { v: 1, notebooks: [{ uri: "u", cells: [[1, 2], null, "x"] }] },
  ]) {
    void fake.memento.update("gorgon.cells", value);
    const { notebooks, labels } = windowOn(fake);
    expect(labels(notebooks.open(FILE, THREE))).toEqual(["", "", ""]);
  }
});

test("the short form in the memory gives the record back as it was", async () => {
  const fake = fakeVscode();
  const stored = new StoredCells(fake.memento);
  const gpu = { index: 1, name: "H100", scope: "process" as const, source: "nvml" };
  const bytes = { value: 3 * MIB, quality: "sampled" as const };
  const now = recordOf({
    measures: { ...measures({ wallMs: 12.345, peakBytes: 5 }), cpuMs: { value: 7, quality: "exact-lifetime" } },
    ...{ outcome: "error", error: "ValueError", level: "WARN", overlap: true, by: "outside", notes: ["A note."] },
    gpus: [{ ...gpu, peakBytes: bytes, deltaBytes: bytes }],
  });
  const cost = { now, before: recordOf({ limit: null }), cleared: true };
  await stored.write(new Map([["file:/a", [{ id: "aa", index: 3, hash: "h", cost }]]]), 1);
  expect(stored.read("file:/a")).toEqual([{ id: "aa", index: 3, hash: "h", cost }]);
});

test("one run told twice is one, and a record that comes late is the run before", () => {
  const now = recordOf({ startedAt: 5000, endedAt: 6000 });
  const cost = withRecord(null, now);
  expect(withRecord(cost, now)).toBe(cost);
  expect(withRecord(cost, recordOf({ startedAt: 5100, endedAt: 6100, by: "outside" }))).toBe(cost);
  const late = recordOf({ startedAt: 1000, endedAt: 2000 });
  expect(withRecord(cost, late)).toEqual({ now, before: late, cleared: false });
  const died = recordOf({ startedAt: 5000, endedAt: 6200, by: "outside", outcome: "died" });
  expect(withRecord(cost, died)).toEqual({ now: died, before: null, cleared: false });
});
