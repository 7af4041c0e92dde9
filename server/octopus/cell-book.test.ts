/** The book of cells: every record once, kept as soon as somebody takes it, and never lost with a store. */
import { expect, it } from "vitest";
import { leveledLog, silentLog } from "../host/log.ts";
import { ManualClock } from "../host/manual-clock.ts";
import { cellRecord, KERNEL_START } from "../wire/testing.ts";
import { CellBook } from "./cell-book.ts";
import { MemoryCells, type CellKeeper } from "./store/cells.ts";

const everything = { from: -Infinity, to: Infinity, kernel: null, hashes: [], limit: 1000 };
const memory = () => new MemoryCells(new ManualClock(KERNEL_START), Infinity);
const idsOf = (from: Pick<CellBook, "list">) => from.list(everything).map(({ id }) => id);

/** A window that follows: the file has what its writer put there, and takes nothing from here. */
function following(file: CellKeeper): CellKeeper {
  return { keep: () => null, list: (query) => file.list(query), count: () => file.count() };
}

it("tells a record that is sent again from a new one, also after a restart", () => {
  const keeper = memory();
  const book = new CellBook({ keeper: () => keeper, log: silentLog });
  expect([book.add(cellRecord(1)), book.add(cellRecord(1)), book.add(cellRecord(2))]).toEqual([true, false, true]);
  const next = new CellBook({ keeper: () => keeper, log: silentLog });
  expect([next.add(cellRecord(2)), next.add(cellRecord(3))]).toEqual([false, true]);
  expect(idsOf(next)).toEqual(["record-3", "record-2", "record-1"]);
});

it("shows what a window that follows was told beside what the file has, each once, and writes it when it may", () => {
  const file = memory();
  file.keep([cellRecord(1)]);
  let keeper: CellKeeper = following(file);
  const book = new CellBook({ keeper: () => keeper, log: silentLog });
  for (const index of [1, 2, 3]) book.add(cellRecord(index));
  expect(idsOf(book)).toEqual(["record-3", "record-2", "record-1"]);
  expect(book.list({ ...everything, hashes: [cellRecord(2).cell.hash] })).toEqual([cellRecord(2)]);
  expect(file.count()).toBe(1);
  keeper = file;
  expect(book.settle()).toEqual(["record-2", "record-3"]);
  expect([book.count(), book.settle()]).toEqual([3, []]);
});

it("takes what it knows to the next store", () => {
  let keeper = memory();
  const book = new CellBook({ keeper: () => keeper, log: silentLog });
  book.add(cellRecord(1));
  keeper = memory();
  book.settle();
  expect(keeper.count()).toBe(1);
});

it("goes on with what it has in memory while the disk is full, says so once, and writes it afterwards", () => {
  const file = memory();
  let full = true;
  const lines: string[] = [];
  const log = leveledLog(
    (_, line) => lines.push(line),
    () => "debug",
  );
  const keep: CellKeeper["keep"] = (records) => {
    if (full) throw new Error("database or disk is full");
    return file.keep(records);
  };
  const keeper = { keep, list: () => [], count: () => 0 };
  const book = new CellBook({ keeper: () => keeper, log });
  for (let index = 0; index < 600; index++) book.add(cellRecord(index));
  expect(idsOf(book)).toHaveLength(500);
  expect(lines).toEqual(["Records of cells are not kept at this moment: database or disk is full"]);
  full = false;
  book.settle();
  expect(file.count()).toBe(500);
});
