/** The history file itself: all SQL is here. Samples stand in rows, each with a checksum. */
import { existsSync, statSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { seriesKey, type Attributes, type MetricKind, type Unit } from "../../../protocol/reading.ts";
import { sampleChecksum, textHash } from "./checksum.ts";
import { ensurePrivateFile, identityOf } from "./private-file.ts";
import { FileDamaged, FileNewer, faultOf, reasonOf } from "./sqlite-errors.ts";
import { sqlite } from "./sqlite-module.ts";

/** The schema's number, in the file's user_version. */
const SCHEMA_VERSION = 1;
/** "GORG": tells Gorgon's files from any other SQLite database. */
const APPLICATION_ID = 0x474f5247;
/** How long a statement may wait for another process's lock; the event loop waits with it. */
const BUSY_MS = 5;
/** Reading every page costs 2 to 3 ms a MiB: larger files are trusted at the start and found out when read. */
const QUICK_CHECK_BYTES = 16 * 1024 * 1024;
/** The write-ahead log is kept when it is reused, but not larger than this. */
const JOURNAL_LIMIT_BYTES = 4 * 1024 * 1024;

/** SQLite has no negative zero: its bits are stored as a blob instead. */
const NEGATIVE_ZERO = new Uint8Array(new Float64Array([-0]).buffer);

/** One series of the file. */
export interface FileSeries {
  readonly id: number;
  /** As `seriesKey` gives it. */
  readonly key: string;
  /** Where its samples' checksums begin. */
  readonly hash: number;
  readonly metric: string;
  readonly attributes: Attributes;
  readonly unit: Unit;
}

/** Consecutive samples of one series. */
export interface Page {
  readonly times: readonly number[];
  readonly values: readonly number[];
  /** Where the next page begins; null at the end. */
  readonly next: number | null;
  /** Rows whose checksum was wrong; they are left out. */
  readonly damaged: number;
}

/** How a file is opened. */
export interface FileOptions {
  readonly role: "writer" | "reader";
}

/** An open history file. Every method may throw SQLite's errors; `faultOf` sorts them. */
export class HistoryFile {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #identity: string | null;
  readonly #series = new Map<string, FileSeries>();
  readonly #insertSample: StatementSync;
  readonly #insertSeries: StatementSync;
  readonly #selectSeries: StatementSync;
  readonly #selectPage: StatementSync;
  readonly #selectNewest: StatementSync;
  readonly #selectEnds: StatementSync;
  readonly #deleteSamples: StatementSync;
  readonly #deleteSeries: StatementSync;
  #lastId = 0;

  /** Opens, checks and, for the writer, prepares the file. Throws FileDamaged, FileNewer and SQLite's errors. */
  constructor(path: string, options: FileOptions) {
    this.path = path;
    const { DatabaseSync } = sqlite();
    if (options.role === "writer") {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      const log = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      // SQLite would delete the log without a word.
      if (size === 0 && log > 0) throw new FileDamaged("the file is empty, but its write-ahead log is not");
      ensurePrivateFile(path);
    } else if (!existsSync(path)) {
      throw new Error(`${path} does not exist yet`);
    }
    this.#identity = identityOf(path);
    this.#database = new DatabaseSync(path, { timeout: BUSY_MS });
    try {
      if (options.role === "writer") this.#prepareWriting();
      else this.#prepareReading();
      this.#insertSample = this.#database.prepare(
        "INSERT INTO sample (series, time, value, checksum) VALUES (?, ?, ?, ?) " +
          "ON CONFLICT DO UPDATE SET value = excluded.value, checksum = excluded.checksum",
      );
      this.#insertSeries = this.#database.prepare(
        "INSERT INTO series (key, unit, kind) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET key = key RETURNING id",
      );
      this.#selectSeries = this.#database.prepare("SELECT id, key, unit FROM series WHERE id > ? ORDER BY id");
      // "sample.time", or the alias would be sorted by instead of the key being followed. Times 1.0: a damaged integer beyond 2^53 must become a wrong number, which the checksum finds, not an error.
      this.#selectPage = this.#database.prepare(
        "SELECT time * 1.0 AS time, value, checksum * 1.0 AS checksum FROM sample " +
          "WHERE series = ? AND time >= ? AND time < ? ORDER BY sample.time LIMIT ?",
      );
      this.#selectNewest = this.#database.prepare(
        "SELECT time * 1.0 AS time FROM sample WHERE series = ? AND time < ? ORDER BY sample.time DESC LIMIT 1",
      );
      this.#selectEnds = this.#database.prepare(
        "SELECT (SELECT min(time) * 1.0 FROM sample WHERE series = :id) AS first, " +
          "(SELECT max(time) * 1.0 FROM sample WHERE series = :id) AS last",
      );
      this.#deleteSamples = this.#database.prepare(
        "DELETE FROM sample WHERE series = :id AND time < :cutoff AND time < " +
          "ifnull((SELECT time FROM sample WHERE series = :id ORDER BY sample.time LIMIT 1 OFFSET :count), :cutoff)",
      );
      this.#deleteSeries = this.#database.prepare(
        "DELETE FROM series WHERE id = :id AND NOT EXISTS (SELECT 1 FROM sample WHERE series = :id)",
      );
      this.refresh();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** False when the path leads to another file now, or to none. */
  get current(): boolean {
    return this.#identity !== null && identityOf(this.path) === this.#identity;
  }

  get seriesCount(): number {
    return this.#series.size;
  }

  /** Learns the series that another process added. */
  refresh(): void {
    for (const row of this.#selectSeries.all(this.#lastId)) {
      const { id, key, unit } = row;
      if (typeof id !== "number" || typeof key !== "string" || typeof unit !== "string") continue;
      this.#lastId = Math.max(this.#lastId, id);
      const name = parseName(key);
      // A damaged name: its samples could be shown under no series anyway.
      if (name !== null) this.#remember(id, key, name.metric, name.attributes, unit as Unit);
    }
  }

  get(key: string): FileSeries | undefined {
    return this.#series.get(key);
  }

  all(): IterableIterator<FileSeries> {
    return this.#series.values();
  }

  /** Runs `work` as one transaction: all of it is durable afterwards, or none. */
  transaction(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /**
   * Adds a series, within a transaction. It is not remembered before `remember`, which the caller calls after the
   * commit: a rollback must leave no trace.
   */
  add(metric: string, attributes: Attributes, unit: Unit, kind: MetricKind): FileSeries {
    const name = formatName(metric, attributes);
    const row = this.#insertSeries.get(name, unit, kind);
    const id = row?.["id"];
    if (typeof id !== "number") throw new FileDamaged("a series could not be given a number");
    return { id, key: seriesKey(metric, attributes), hash: textHash(name), metric, attributes, unit };
  }

  remember(series: FileSeries): void {
    this.#series.set(series.key, series);
  }

  insert(series: FileSeries, time: number, value: number): void {
    const stored = Object.is(value, -0) ? NEGATIVE_ZERO : value;
    this.#insertSample.run(series.id, time, stored, sampleChecksum(series.hash, time, value));
  }

  /**
   * At most `limit` samples with from <= time < to, in the order of time. Throws FileDamaged when the file knows of
   * samples that it cannot find: a search that trusts a broken order would end too early without a word.
   */
  page(series: FileSeries, from: number, to: number, limit: number): Page {
    let rows = this.#selectPage.all(series.id, from, to, limit);
    const newest = this.#newestBefore(series, to);
    // The writer may have added its first one between the two questions: ask again before calling it damage.
    if (rows.length === 0 && newest >= from) rows = this.#selectPage.all(series.id, from, to, limit);
    const times: number[] = [];
    const values: number[] = [];
    let last = from - 1;
    let reached = last;
    for (const { time, value: stored, checksum } of rows) {
      if (typeof time !== "number") continue;
      reached = Math.max(reached, time);
      const value = stored instanceof Uint8Array && stored.length === 8 ? -0 : stored;
      if (typeof value !== "number" || !(time > last)) continue;
      if (sampleChecksum(series.hash, time, value) !== checksum) continue;
      times.push(time);
      values.push(value);
      last = time;
    }
    const damaged = rows.length - times.length;
    if (rows.length < limit && !(newest > reached && newest >= from)) return { times, values, next: null, damaged };
    const next = (times.length > 0 ? last : reached) + 1;
    if (!(next > from)) throw new FileDamaged("its samples are out of order");
    return { times, values, next, damaged };
  }

  /** Time of a series' first and last sample; null when it has none. */
  ends(series: FileSeries): { readonly first: number; readonly last: number } | null {
    const row = this.#selectEnds.get({ id: series.id });
    const [first, last] = [row?.["first"], row?.["last"]];
    return typeof first === "number" && typeof last === "number" ? { first, last } : null;
  }

  /** Deletes at most `count` samples of a series older than `cutoff`; says how many. */
  prune(series: FileSeries, cutoff: number, count: number): number {
    return Number(this.#deleteSamples.run({ id: series.id, cutoff, count }).changes);
  }

  /** Forgets a series that has no samples. */
  removeIfEmpty(series: FileSeries): void {
    if (this.#deleteSeries.run({ id: series.id }).changes !== 0) this.#series.delete(series.key);
  }

  /** Bytes that hold something: free pages inside the file do not count. */
  usedBytes(): number {
    return (this.#pragma("page_count") - this.#pragma("freelist_count")) * this.#pragma("page_size");
  }

  /** Hard limit of the file: SQLite answers "full" beyond it. */
  limitPages(pages: number): void {
    this.#database.exec(`PRAGMA max_page_count = ${String(Math.trunc(pages))}`);
  }

  /** Copies the write-ahead log into the file and has the disk confirm it: what was flushed survives a power cut. */
  checkpoint(): void {
    this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  /** Time of the newest sample before `to`, searched from the other end; -Infinity when there is none. */
  #newestBefore(series: FileSeries, to: number): number {
    const time = this.#selectNewest.get(series.id, to)?.["time"];
    return typeof time === "number" ? time : -Infinity;
  }

  #remember(id: number, name: string, metric: string, attributes: Attributes, unit: Unit): void {
    const key = seriesKey(metric, attributes);
    this.#series.set(key, { id, key, hash: textHash(name), metric, attributes, unit });
  }

  #prepareWriting(): void {
    const database = this.#database;
    const version = this.#checkVersion();
    this.#checkPages();
    database.exec("PRAGMA journal_mode = WAL");
    database.exec(`PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = ${String(JOURNAL_LIMIT_BYTES)}`);
    if (version !== 0) return;
    this.transaction(() => {
      database.exec(`
        CREATE TABLE series (
          id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, unit TEXT NOT NULL, kind TEXT NOT NULL
        );
        CREATE TABLE sample (
          series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL NOT NULL, checksum INTEGER NOT NULL,
          PRIMARY KEY (series, time)
        ) WITHOUT ROWID;
        PRAGMA application_id = ${String(APPLICATION_ID)};
        PRAGMA user_version = ${String(SCHEMA_VERSION)};
      `);
    });
  }

  #prepareReading(): void {
    if (this.#checkVersion() === 0) throw new Error("the writer has not prepared the file yet");
    this.#database.exec("PRAGMA query_only = 1");
  }

  /** 0 for a new file. Throws FileNewer, FileDamaged. */
  #checkVersion(): number {
    const version = this.#pragma("user_version");
    const tables = this.#database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    if (version === 0 && tables.length === 0) return 0;
    if (this.#pragma("application_id") !== APPLICATION_ID) throw new FileDamaged("it is not a history of Gorgon");
    if (version > SCHEMA_VERSION) throw new FileNewer(version, SCHEMA_VERSION);
    const names = new Set(tables.map((table) => table["name"]));
    if (version < 1 || !names.has("series") || !names.has("sample")) throw new FileDamaged("its tables are missing");
    return version;
  }

  #checkPages(): void {
    if (statSync(this.path).size > QUICK_CHECK_BYTES) return;
    const found = this.#database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
    if (found !== "ok") throw new FileDamaged(`its check says: ${String(found)}`);
  }

  #pragma(name: string): number {
    const value = this.#database.prepare(`PRAGMA ${name}`).get()?.[name];
    return typeof value === "number" ? value : 0;
  }
}

/** Opens like the constructor, but what only a damaged file can cause becomes FileDamaged. */
export function openHistoryFile(path: string, options: FileOptions): HistoryFile {
  try {
    return new HistoryFile(path, options);
  } catch (error) {
    // SQLITE_ERROR while preparing: a column is not there, the schema is not ours.
    const { errcode } = error as { errcode?: unknown };
    if (options.role === "writer" && errcode === 1 && faultOf(error) === "other") {
      throw new FileDamaged(reasonOf(error), { cause: error });
    }
    throw error;
  }
}

/** A series' name as stored: JSON, because it escapes what UTF-8 cannot hold (lone surrogates) and NUL. */
function formatName(metric: string, attributes: Attributes): string {
  const sorted = Object.keys(attributes)
    .sort()
    .map((key) => [key, attributes[key]]);
  return JSON.stringify([metric, ...sorted]);
}

function parseName(name: string): { metric: string; attributes: Attributes } | null {
  try {
    const [metric, ...pairs] = JSON.parse(name) as [unknown, ...unknown[]];
    if (typeof metric !== "string") return null;
    const attributes: [string, string][] = [];
    for (const pair of pairs) {
      if (!Array.isArray(pair)) return null;
      const [key, value] = pair as unknown[];
      if (typeof key !== "string" || typeof value !== "string") return null;
      attributes.push([key, value]);
    }
    return { metric, attributes: Object.fromEntries(attributes) };
  } catch {
    return null;
  }
}
