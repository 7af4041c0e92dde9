/** Records of cells in the history file: across restarts, from other windows, and in files that others wrote. */
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { ManualClock } from "../../host/manual-clock.ts";
import { cellRecord, KERNEL_START } from "../../wire/testing.ts";
import { CellTable } from "./cell-table.ts";
import { MemoryCells, type CellKeeper } from "./cells.ts";
import { openChunkFile } from "./chunk-file.ts";
import { stores } from "./testing.ts";

const disk = stores();
const clock = () => new ManualClock(KERNEL_START);
const everything = { from: -Infinity, to: Infinity, kernel: null, hashes: [], limit: 1000 };
const idsOf = (cells: CellKeeper) => cells.list(everything).map(({ id }) => id);
const many = (count: number) => Array.from({ length: count }, (_, index) => cellRecord(index));

it("records are there after a restart, and are kept once for ever", async () => {
  const first = disk.open(clock());
  first.cells.keep(many(2));
  await first.close();
  const second = disk.open(clock());
  expect(second.cells.keep(many(3))).toEqual(["record-2"]);
  expect(idsOf(second.cells)).toEqual(["record-2", "record-1", "record-0"]);
});

it("a window that follows reads what the writer keeps, and is told that it cannot keep anything itself", () => {
  const writer = disk.open(clock());
  const follower = disk.open(clock());
  writer.cells.keep(many(1));
  expect(idsOf(follower.cells)).toEqual(["record-0"]);
  expect(follower.cells.keep(many(2))).toBeNull();
  writer.cells.keep(many(2));
  expect(follower.cells.count()).toBe(2);
});

it("a file of a release that knew no cells is read as one without any", async () => {
  await disk.open(clock()).close();
  const database = new DatabaseSync(disk.file);
  database.exec("DROP TABLE cell_record");
  database.close();
  const file = openChunkFile(disk.file, "reader");
  try {
    const table = new CellTable(() => ({ file, leads: false }));
    expect([idsOf(table), table.count()]).toEqual([[], 0]);
  } finally {
    file.close();
  }
});

it("what another program wrote into the table is left out", () => {
  const { cells } = disk.open(clock());
  cells.keep(many(1));
  const database = new DatabaseSync(disk.file);
  const insert = database.prepare("INSERT INTO cell_record VALUES (?, 1, 1, '', 1, 2, ?)");
  for (const body of ["{", "[]", '{"v":1}', new Uint8Array(3)]) insert.run(`x${String(body)}`, body);
  database.close();
  expect(idsOf(cells)).toEqual(["record-0"]);
});

it("the newest are kept when there are too many, on disk and in memory", async () => {
  await disk.open(clock()).close();
  const file = openChunkFile(disk.file, "writer");
  try {
    const table = new CellTable(() => ({ file, leads: true }), 3);
    const memory = new MemoryCells(clock(), Infinity, 3);
    for (const cells of [table, memory]) cells.keep(many(9).reverse());
    table.prune(-Infinity);
    for (const cells of [table, memory]) expect(idsOf(cells)).toEqual(["record-8", "record-7", "record-6"]);
  } finally {
    file.close();
  }
});
