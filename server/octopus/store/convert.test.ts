/** The history of the version before, one row a sample, is taken over as it was. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ManualClock } from "../../host/manual-clock.ts";
import { sampleChecksum, textHash } from "./checksum.ts";
import { ChunkStore } from "./chunk-store.ts";
import { ask, METRICS, sample } from "./contract.ts";

const START = Date.UTC(2026, 0, 1);
const COUNT = 8000;
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gorgon-convert-"));
  file = path.join(folder, "history.db");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A file as the version before wrote it: two series, one sample in a hundred -0, one damaged. */
function before(): void {
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(file);
  database.exec(`
    CREATE TABLE series (
      id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, unit TEXT NOT NULL, kind TEXT NOT NULL
    );
    CREATE TABLE sample (
      series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL NOT NULL, checksum INTEGER NOT NULL,
      PRIMARY KEY (series, time)
    ) WITHOUT ROWID;
    PRAGMA application_id = 0x474f5247;
    PRAGMA user_version = 1;
    BEGIN;`);
  for (const [id, core] of ["0", "1"].entries()) {
    const name = JSON.stringify(["system.cpu.utilization", ["core", core]]);
    database.prepare("INSERT INTO series (id, key, unit, kind) VALUES (?, ?, '1', 'gauge')").run(id + 1, name);
    const insert = database.prepare("INSERT INTO sample VALUES (?, ?, ?, ?)");
    for (let index = 0; index < COUNT; index++) {
      const value = valueAt(index);
      const stored = Object.is(value, -0) ? new Uint8Array(new Float64Array([-0]).buffer) : value;
      const checksum = sampleChecksum(textHash(name), START + index * 2000, value);
      insert.run(id + 1, START + index * 2000, stored, index === 4321 ? checksum ^ 1 : checksum);
    }
  }
  database.exec("COMMIT");
  database.close();
}

const valueAt = (index: number): number => (index % 100 === 0 ? -0 : Math.sin(index));

it("a file of rows becomes chunks, in pieces, beside what is written meanwhile and over a restart", async () => {
  before();
  const clock = new ManualClock(START + COUNT * 2000);
  let store = new ChunkStore({ path: file, clock });
  expect(store.health()).toMatchObject({ mode: "writing", reason: "" });
  store.append(clock.now(), [sample(7, { core: "0" })], METRICS);
  // What is newer than the rows may be sealed before them.
  await store.sealNow();
  await store.close();
  store = new ChunkStore({ path: file, clock });
  for (let round = 0; round < 5; round++) await store.flush();
  const expected = Array.from({ length: COUNT }, (_, index) => valueAt(index)).filter((_, index) => index !== 4321);
  const [first, second] = await store.query(ask());
  expect(second?.values).toEqual(expected);
  expect(first?.values).toEqual([...expected, 7]);
  const counts = await store.query(ask({ step: 3_600_000, aggregate: "count" }));
  expect(counts.map((frame) => frame.values.reduce((sum, value) => sum + value, 0))).toEqual([COUNT, COUNT - 1]);
  expect(store.health()).toMatchObject({ mode: "writing", reason: "" });
  await store.close();
  const database = new DatabaseSync(file, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'row_%'").all();
  database.close();
  expect(tables).toEqual([]);
});
