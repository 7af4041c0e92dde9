/** What is known of a notebook's cells: each run once and at its own cell, whatever comes twice, late, or without an id. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { CellBook } from "./book.ts";
import { CellIndex, type CellPlace } from "./match.ts";
import { sha1 } from "./sha1.ts";
import { deathOf, placeOf, runOf, START } from "./testing/told.ts";

function bookOf(...places: CellPlace[]) {
  const cells = [...places];
  return { book: new CellBook(() => cells), cells };
}

describe("a run is shown once, and at its cell", () => {
  test("the kernel, the server and the file may all tell of it", () => {
    const cell = placeOf("a", "x = 1", 1);
    const { book } = bookOf(cell);
    const run = runOf({ id: "a", executionCount: 1 });
    expect(book.add([run])).toBe(true);
    expect(book.add([{ ...run }])).toBe(false);
    expect(book.of(cell.key).cost).toMatchObject({ now: { id: run.id }, before: null });
  });

  test("the run before is kept, in whichever order they come", () => {
    const cell = placeOf("a", "x = 1");
    const { book } = bookOf(cell);
    const [first, second, third] = [runOf({ id: "a" }, 0), runOf({ id: "a" }, 5), runOf({ id: "a" }, 9)];
    book.add([third]);
    book.add([first, second]);
    expect(book.of(cell.key).cost).toMatchObject({ now: { id: third.id }, before: { id: second.id } });
  });

  test("a cell that moves is another object to Lab, and keeps its cost", () => {
    const cell = placeOf("a", "x = 1");
    const { book, cells } = bookOf(cell);
    book.add([runOf({ id: "a" })]);
    expect(book.of(cell.key).cost).not.toBeNull();
    const moved = placeOf("a", "x = 1");
    cells.splice(0, 1, moved);
    book.moved();
    expect(book.of(moved.key).cost).not.toBeNull();
    expect(book.of(cell.key).cost).toBeNull();
  });

  test("of two cells with one id the text decides; the same twice, the number; else neither is taken", () => {
    const [one, two, three] = [placeOf("a", "x = 1", 1), placeOf("a", "y = 2", 2), placeOf("a", "y = 2", 3)];
    const { book } = bookOf(one, two, three);
    const run = (text: string, count: number | null) => runOf({ id: "a", hash: sha1(text), executionCount: count });
    const [ofOne, ofThree, ofNobody] = [run("x = 1", 7), run("y = 2", 3), run("y = 2", 9)];
    book.add([ofOne, ofThree, ofNobody]);
    expect([one, two, three].map(({ key }) => book.of(key).cost?.now.id)).toEqual([ofOne.id, undefined, ofThree.id]);
  });

  test("a file without ids that is opened again is known by text and number together", () => {
    const [one, two] = [placeOf("new-1", "x = 1", 1), placeOf("new-2", "x = 1", 4)];
    const { book } = bookOf(one, two);
    book.add([runOf({ id: "old-1", hash: sha1("x = 1"), executionCount: 4 })]);
    expect(book.of(one.key).cost).toBeNull();
    expect(book.of(two.key).cost).not.toBeNull();
  });

  test("the same text alone is no proof: a deleted cell's run goes to nobody", () => {
    const { book } = bookOf(placeOf("b", "%load_ext gorgon", 2));
    book.add([runOf({ id: "deleted", hash: sha1("%load_ext gorgon"), executionCount: 1 })]);
    expect(book.all().size).toBe(0);
  });

  test("a run that was found stays when its cell's text is edited", () => {
    const [one, two] = [placeOf("a", "x = 1", 1), placeOf("a", "y = 2", 2)];
    const { book } = bookOf(one, two);
    book.add([runOf({ id: "a", hash: sha1("x = 1"), executionCount: 1 })]);
    expect(book.of(one.key).cost).not.toBeNull();
    one.text = "x = 1000";
    book.moved();
    expect(book.of(one.key).cost).not.toBeNull();
  });

  test("2,000 cells and 4,000 runs are put together in well under a second, and hold no more", () => {
    const places = Array.from({ length: 2000 }, (_, at) => placeOf(`c${String(at)}`, `x${String(at)}`, at));
    const { book } = bookOf(...places);
    const began = performance.now();
    book.add(places.flatMap(({ id }, at) => [runOf({ id }, at), runOf({ id }, 3000 + at), runOf({ id }, 9000 + at)]));
    expect(book.all().size).toBe(2000);
    expect(performance.now() - began).toBeLessThan(1000);
    expect(book.of(places[0]?.key ?? {}).cost?.before).not.toBeNull();
  });
});

describe("what runs", () => {
  const running = { cell: { id: "a", executionCount: 2, hash: "", label: "" }, startedAt: START + 5000, seenAt: 1 };

  test("stands at its cell until its record comes, with what it cost before", () => {
    const cell = placeOf("a", "x = 1");
    const { book } = bookOf(cell);
    book.add([runOf({ id: "a" }, 0)]);
    expect(book.run(running)).toBe(true);
    expect(book.run({ ...running, seenAt: 2 })).toBe(false);
    expect(book.of(cell.key)).toMatchObject({ running: { startedAt: running.startedAt }, cost: { before: null } });
    book.add([runOf({ id: "a" }, 5)]);
    expect(book.of(cell.key)).toMatchObject({ running: null });
  });

  test("does not end with the late record of a run before", () => {
    const cell = placeOf("a", "x = 1");
    const { book } = bookOf(cell);
    book.run(running);
    book.add([runOf({ id: "a" }, 0)]);
    expect(book.of(cell.key).running).not.toBeNull();
  });
});

describe("a kernel that died", () => {
  const ref = { id: "a", executionCount: 2, hash: "", label: "" };

  test("is told at the cell that ran, until that runs again", () => {
    const cell = placeOf("a", "x = 1");
    const { book } = bookOf(cell);
    book.run({ cell: ref, startedAt: START, seenAt: 1 });
    const death = deathOf({ cell: ref });
    expect([book.died(death), book.died(death)]).toEqual([true, false]);
    expect(book.of(cell.key)).toMatchObject({ running: null, death: { id: "death-1" } });
    book.add([runOf({ id: "a" }, 5, { outcome: "died" })]);
    expect(book.of(cell.key).death).not.toBeNull();
    book.add([runOf({ id: "a" }, 60)]);
    expect(book.of(cell.key).death).toBeNull();
  });
});

describe("what was cleared", () => {
  test("of one cell stays away until it runs again, and is still compared with", () => {
    const cell = placeOf("a", "x = 1");
    const { book } = bookOf(cell);
    const first = runOf({ id: "a" }, 0);
    book.add([first]);
    book.clear(cell.key);
    expect(book.of(cell.key).cost?.cleared).toBe(true);
    book.add([runOf({ id: "a" }, 5)]);
    expect(book.of(cell.key).cost).toMatchObject({ cleared: false, before: { id: first.id } });
  });

  test("of the whole notebook does not come back from the server", () => {
    const cell = placeOf("a", "x = 1");
    const { book } = bookOf(cell);
    const run = runOf({ id: "a" }, 4);
    book.add([run]);
    book.clearAll();
    book.add([run, runOf({ id: "a" }, 2)]);
    expect(book.all().size).toBe(0);
    book.add([runOf({ id: "a" }, 8)]);
    expect(book.of(cell.key).cost).toMatchObject({ before: null });
  });
});

test("a text's hash is the one that the kernel's package computes", () => {
  for (const text of ["", "x = 1", "ü 🦀\n", "a".repeat(55), "b".repeat(56), "c".repeat(64), "d".repeat(4000)]) {
    expect(sha1(text)).toBe(createHash("sha1").update(text).digest("hex"));
  }
});

test("an index of no cells finds nothing", () => {
  expect(new CellIndex([]).find({ id: "a", executionCount: 1, hash: "h", label: "" })).toBeNull();
});
