/** Which cell a record belongs to, also where texts or ids are doubled, missing or edited. */
import { expect, test } from "vitest";
import type { CellRecord, CellRef } from "../../../protocol/cell.ts";
import { cellRecord } from "../../wire/testing.ts";
import { match } from "./matching.ts";
import type { CodeCell } from "./notebook-file.ts";

const hashOf = (text: string) => Buffer.from(text).toString("hex").padEnd(40, "0");

/** The cells of a notebook, with these texts. */
function cellsOf(...texts: readonly string[]): CodeCell[] {
  return texts.map((source, index) => ({
    number: index + 1,
    id: null,
    executionCount: null,
    source,
    hash: hashOf(source),
    inOutputs: [],
    inMetadata: [],
  }));
}

let count = 0;
/** A run of a cell with this text; later than the runs made before. */
function run(text: string, ref: Partial<CellRef> = {}): CellRecord {
  count += 1;
  return cellRecord(count, { cell: { id: null, executionCount: null, hash: hashOf(text), label: "", ...ref } });
}

/** The numbers of the cells that these runs belong to, in the runs' order; 0: of none. */
function placesOf(cells: readonly CodeCell[], runs: readonly CellRecord[], host: CodeCell | null = null): number[] {
  const { runs: matched } = match(
    cells,
    runs.map((record) => ({ record, host })),
  );
  return runs.map((record) => [...matched].find(([, records]) => records.includes(record))?.[0].number ?? 0);
}

test("a record belongs to the cell of its text", () => {
  expect(placesOf(cellsOf("a", "b"), [run("b"), run("a"), run("edited since")])).toEqual([2, 1, 0]);
});

test("of cells with the same text the id decides, then the count of the run, then the order", () => {
  const [first, second, third] = cellsOf("x", "x", "x");
  if (!first || !second || !third) throw new Error("three cells");
  const named = [first, { ...second, id: "two" }, { ...third, executionCount: 9 }];
  expect(placesOf(named, [run("x", { id: "two", executionCount: 9 }), run("x", { executionCount: 9 })])).toEqual([
    2, 3,
  ]);
  expect(placesOf(cellsOf("x", "y", "x"), [run("x"), run("y"), run("x")])).toEqual([1, 2, 3]);
  expect(placesOf(cellsOf("x", "x"), [run("x"), run("x"), run("x"), run("x")])).toEqual([1, 2, 1, 2]);
});

test("a record that another cell shows in its output belongs to the cell that ran", () => {
  const cells = cellsOf("model.fit()", "%gorgon");
  expect(placesOf(cells, [run("model.fit()")], cells[1])).toEqual([1]);
});

test("a record in its own cell's output is kept when the text was edited, if the run's count says so", () => {
  const cells = cellsOf("new text").map((cell) => ({ ...cell, executionCount: 4 }));
  expect(placesOf(cells, [run("old text", { executionCount: 4 })], cells[0])).toEqual([1]);
  expect(placesOf(cells, [run("old text", { executionCount: 3 })], cells[0])).toEqual([0]);
});

test("a record without a hash is found by the cell's id", () => {
  const cells = cellsOf("a", "b").map((cell) => ({ ...cell, id: `id-${cell.source}` }));
  expect(placesOf(cells, [run("", { hash: "", id: "id-b" }), run("", { hash: "" })])).toEqual([2, 0]);
});

test("the same record in two places counts once", () => {
  const record = run("a");
  const found = [record, record].map((one) => ({ record: one, host: null }));
  expect([...match(cellsOf("a"), found).runs.values()]).toEqual([[record]]);
});
