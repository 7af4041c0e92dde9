/** The tables of a history file of chunks, and the checks at opening. */
import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { AlertTables } from "./alert-tables.ts";
import { CellTable } from "./cell-table.ts";
import { FileDamaged, FileNewer } from "./sqlite-errors.ts";

/** The schema's number, in the file's user_version. */
const SCHEMA_VERSION = 2;
/** The version before: one row a sample. Its tables are put aside, and converted a little at a time (convert.ts). */
const ROWS_VERSION = 1;
/** "GORG": tells Gorgon's files from any other SQLite database. */
const APPLICATION_ID = 0x474f5247;
/** Reading every page costs 2 ms a MiB: larger files are trusted at the start and found out when read. */
const QUICK_CHECK_BYTES = 32 * 1024 * 1024;

/** Chunks of a kilobyte or two: twice SQLite's usual page leaves half as much of each unused. */
const PAGE_BYTES = 8192;

/**
 * Chunks have a row number of their own: rows are then written one behind the other, and a body of any length lies
 * within its page. In a table without row numbers each of more than a kilobyte would take a page to itself. A clock is
 * the times of many chunks: all series of one poll have the same.
 */
const TABLES = `
  CREATE TABLE series (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL, kind TEXT NOT NULL, sealed INTEGER NOT NULL
  );
  CREATE TABLE chunk (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
    count INTEGER NOT NULL, min REAL, max REAL, sum REAL, first REAL, last REAL, clock INTEGER,
    checksum INTEGER NOT NULL, body BLOB NOT NULL
  );
  CREATE TABLE clock (id INTEGER PRIMARY KEY AUTOINCREMENT, end INTEGER NOT NULL, body BLOB NOT NULL);
  CREATE INDEX clock_age ON clock (end);
  CREATE UNIQUE INDEX chunk_place ON chunk (series, start);
  CREATE INDEX chunk_age ON chunk (end);
  CREATE TABLE step (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, tier INTEGER NOT NULL, block INTEGER NOT NULL,
    start INTEGER NOT NULL, end INTEGER NOT NULL, body BLOB NOT NULL
  );
  CREATE UNIQUE INDEX step_place ON step (series, tier, block);
  CREATE INDEX step_age ON step (tier, end);
  CREATE TABLE annotation (
    id INTEGER PRIMARY KEY, time INTEGER NOT NULL, end INTEGER, kind TEXT NOT NULL, text TEXT NOT NULL,
    source TEXT NOT NULL
  );
  CREATE INDEX annotation_time ON annotation (time);
  CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
`;

/** What a file of each version must have. */
const TABLES_OF: ReadonlyMap<number, readonly string[]> = new Map([
  [ROWS_VERSION, ["series", "sample"]],
  [SCHEMA_VERSION, ["series", "chunk", "clock", "step", "annotation", "meta"]],
]);

/** A pragma that is a number. */
export function pragma(database: DatabaseSync, name: string): number {
  const value = database.prepare(`PRAGMA ${name}`).get()?.[name];
  return typeof value === "number" ? value : 0;
}

/** 0 for a new file. Throws FileNewer and FileDamaged. */
function checkVersion(database: DatabaseSync): number {
  const version = pragma(database, "user_version");
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  if (version === 0 && tables.length === 0) return 0;
  if (pragma(database, "application_id") !== APPLICATION_ID) throw new FileDamaged("it is not a history of Gorgon");
  if (version > SCHEMA_VERSION) throw new FileNewer(version, SCHEMA_VERSION);
  const names = new Set(tables.map((table) => table["name"]));
  const wanted = TABLES_OF.get(version);
  if (wanted?.every((name) => names.has(name)) !== true) throw new FileDamaged("its tables are missing");
  return version;
}

/** Checks a file and makes it ready to be written. Throws FileNewer, FileDamaged and SQLite's errors. */
export function prepareWriting(database: DatabaseSync, path: string): void {
  const version = checkVersion(database);
  if (version === 0) database.exec(`PRAGMA page_size = ${String(PAGE_BYTES)}; PRAGMA auto_vacuum = INCREMENTAL`);
  else if (statSync(path).size <= QUICK_CHECK_BYTES) {
    const found = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
    if (found !== "ok") throw new FileDamaged(`its check says: ${String(found)}`);
  }
  // Checkpoints are the store's own, at moments it chooses; the last number is only a backstop.
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304; " +
      "PRAGMA wal_autocheckpoint = 8000",
  );
  if (version === SCHEMA_VERSION) {
    AlertTables.prepare(database);
    CellTable.prepare(database);
    return;
  }
  database.exec("BEGIN IMMEDIATE");
  try {
    if (version === ROWS_VERSION) {
      database.exec("ALTER TABLE series RENAME TO row_series; ALTER TABLE sample RENAME TO row_sample");
    }
    database.exec(TABLES);
    AlertTables.prepare(database);
    CellTable.prepare(database);
    database.exec(`PRAGMA application_id = ${String(APPLICATION_ID)}; PRAGMA user_version = ${String(SCHEMA_VERSION)}`);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Checks a file that another process writes. */
export function prepareReading(database: DatabaseSync): void {
  if (checkVersion(database) !== SCHEMA_VERSION) throw new Error("the writer has not prepared the file yet");
  database.exec("PRAGMA query_only = 1");
}
