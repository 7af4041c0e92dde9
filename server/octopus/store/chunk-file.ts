/** The history file itself: all SQL about series and chunks is here. Every row has a checksum of its own. */
import { existsSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Unit } from "../../../protocol/reading.ts";
import { decodeTimes } from "./chunk/codec.ts";
import { ChunkDamaged } from "./chunk/errors.ts";
import type { Summary } from "./chunk/summary.ts";
import {
  Damage,
  finite,
  fromStored,
  isExact,
  rowChecksum,
  storable,
  type Block,
  type Row,
  type StoredSeries,
} from "./chunk-row.ts";
import { pragma, prepareReading, prepareWriting } from "./chunk-schema.ts";
import { ensurePrivateFile, identityOf } from "./private-file.ts";
import { COARSEST, RAW } from "./rollup.ts";
import { faultOf, FileDamaged, reasonOf } from "./sqlite-errors.ts";
import { sqlite } from "./sqlite-module.ts";

/** How long a statement may wait for another process's lock; the event loop waits with it. */
const BUSY_MS = 5;
/** What a row takes beside its body: key, summary, checksum and its place in the index. */
export const ROW_BYTES = 100;
/** What the row of a clock takes beside its body. */
export const CLOCK_BYTES = 25;
/** Times that are kept decoded: the chunks of several series are usually asked for together. */
const KEPT_CLOCKS = 128;

/** How a file is opened: by the one that writes it, or by one of those that only read. */
export type FileRole = "writer" | "reader";

/** An open history file. Every method may throw SQLite's errors; `faultOf` sorts them. */
export class ChunkFile {
  readonly path: string;
  readonly damage = new Damage();
  readonly #database: DatabaseSync;
  readonly #identity: string | null;
  readonly #bytes = new Float64Array(COARSEST + 1);
  readonly #statements = new Map<string, StatementSync>();
  /** Times that were read lately. */
  readonly #clocks = new Map<number, Float64Array>();

  /** Opens, checks and, for the writer, prepares the file. Throws FileDamaged, FileNewer and SQLite's errors. */
  constructor(path: string, role: FileRole) {
    this.path = path;
    const { DatabaseSync } = sqlite();
    if (role === "writer") {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      const log = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      // SQLite would delete the log without a word.
      if (size === 0 && log > 0) throw new FileDamaged("the file is empty, but its write-ahead log is not");
      ensurePrivateFile(path);
    } else if (!existsSync(path)) throw new Error(`${path} does not exist yet`);
    this.#identity = identityOf(path);
    this.#database = new DatabaseSync(path, { timeout: BUSY_MS });
    try {
      if (role === "writer") {
        prepareWriting(this.#database, path);
        for (const tier of this.#bytes.keys()) this.#bytes[tier] = this.meta(`bytes.${String(tier)}`) ?? 0;
      } else prepareReading(this.#database);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** False when the path leads to another file now, or to none. */
  get current(): boolean {
    return this.#identity !== null && identityOf(this.path) === this.#identity;
  }

  /** Sets how many pages the file may have; SQLite answers "full" beyond it. */
  limitPages(pages: number): void {
    this.#database.exec(`PRAGMA max_page_count = ${String(Math.trunc(pages))}`);
  }

  /** The database, for the other tables. */
  get database(): DatabaseSync {
    return this.#database;
  }

  /** A statement, prepared once. */
  statement(sql: string): StatementSync {
    let found = this.#statements.get(sql);
    if (found === undefined) this.#statements.set(sql, (found = this.#database.prepare(sql)));
    return found;
  }

  /** Runs `work` as one transaction: all of it is in the file afterwards, or none. */
  write(work: () => void): void {
    const bytes = this.#bytes.slice();
    try {
      this.#transaction("BEGIN IMMEDIATE", () => {
        work();
        for (const [tier, now] of this.#bytes.entries()) {
          if (now !== bytes[tier]) this.putMeta(`bytes.${String(tier)}`, now);
        }
      });
    } catch (error) {
      this.#bytes.set(bytes);
      throw error;
    }
  }

  /** Runs `work` on one state of the file, whatever is written meanwhile. */
  read<T>(work: () => T): T {
    return this.#transaction("BEGIN", work);
  }

  /** Every series, or those of a metric. */
  series(metric?: string): StoredSeries[] {
    const columns = "SELECT id, name, unit, kind, sealed * 1.0 AS sealed FROM series";
    // A name is JSON that begins with the metric; a comma or a bracket follows it.
    const begin = metric === undefined ? "" : `[${JSON.stringify(metric)}`;
    const rows =
      metric === undefined
        ? this.statement(columns).all()
        : this.statement(`${columns} WHERE name >= ? AND name < ?`).all(`${begin},`, `${begin}^`);
    const found: StoredSeries[] = [];
    for (const { id, name, unit, kind, sealed } of rows) {
      if (typeof id !== "number" || typeof name !== "string") continue;
      const known = kind === "counter" ? "counter" : "gauge";
      found.push({ id, name, unit: unit as Unit, kind: known, sealed: finite(sealed) || 0 });
    }
    return found;
  }

  /** Up to which sequence a series' samples are in chunks; 0 when none are. */
  sealedOf(series: number): number {
    const row = this.statement("SELECT sealed * 1.0 AS sealed FROM series WHERE id = ?").get(series);
    return finite(row?.["sealed"]) || 0;
  }

  /** Writes a series, or how far it is sealed. Within a transaction. */
  putSeries(series: StoredSeries): void {
    const { id, name, unit, kind, sealed } = series;
    this.statement(
      "INSERT INTO series (id, name, unit, kind, sealed) VALUES (?, ?, ?, ?, ?) " +
        "ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed",
    ).run(id, name, unit, kind, sealed);
  }

  /** Writes a raw chunk. Within a transaction. */
  putChunk(series: number, row: Summary, clock: number | null, body: Uint8Array): void {
    const { start, end, count } = row;
    const min = storable(row.min);
    const max = storable(row.max);
    const sum = storable(row.sum);
    const first = storable(row.first);
    const last = storable(row.last);
    const stored = { min: min ?? 0, max: max ?? 0, sum: sum ?? 0, first: first ?? 0, last: last ?? 0 };
    const checksum = rowChecksum(series, { start, end, count, ...stored }, clock);
    this.statement(
      "INSERT INTO chunk (series, start, end, count, min, max, sum, first, last, clock, checksum, body) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ).run(series, start, end, count, min, max, sum, first, last, clock, checksum, body);
    this.count(RAW, body.length + ROW_BYTES);
  }

  /** Removes a raw chunk. Within a transaction. */
  removeChunk(series: number, start: number): void {
    const removed = this.statement(
      "DELETE FROM chunk WHERE series = ? AND start = ? RETURNING length(body) AS bytes",
    ).get(series, start);
    if (removed !== undefined) this.count(RAW, -finite(removed["bytes"]) - ROW_BYTES);
  }

  /** What stands beside the raw chunks that have something in [from, to), by time. Bodies are not read. */
  rows(series: number, from: number, to: number): Row[] {
    // Chunks do not overlap: the first one that matters is the last that starts at or before `from`.
    const found = this.statement(
      "SELECT start * 1.0 AS start, end * 1.0 AS end, count * 1.0 AS count, min, max, sum, first, last, " +
        "clock * 1.0 AS clock, checksum * 1.0 AS checksum FROM chunk WHERE series = :series AND start < :to AND start >= " +
        "ifnull((SELECT max(start) FROM chunk WHERE series = :series AND start <= :from), :from) ORDER BY start",
    ).all({ series, from, to });
    const rows: Row[] = [];
    for (const row of found) {
      const summary = fromStored(row);
      const clock = typeof row["clock"] === "number" ? row["clock"] : null;
      if (rowChecksum(series, summary, clock) !== row["checksum"]) this.damage.add(series, RAW, summary.start);
      else if (summary.end >= from) rows.push({ ...summary, clock, exact: isExact(summary) });
    }
    return rows;
  }

  /** About how many raw chunks have something in [from, to); answered by the index alone. */
  countRows(series: number, from: number, to: number): number {
    const row = this.statement("SELECT count(*) AS count FROM chunk WHERE series = ? AND start >= ? AND start < ?").get(
      series,
      from,
      to,
    );
    return finite(row?.["count"]) + 1;
  }

  /** The body of a raw chunk; null when there is none. */
  body(series: number, start: number): Uint8Array | null {
    const body = this.statement("SELECT body FROM chunk WHERE series = ? AND start = ?").get(series, start)?.["body"];
    return body instanceof Uint8Array ? body : null;
  }

  /** Writes times that chunks share; gives their number. Within a transaction. */
  putClock(end: number, body: Uint8Array): number {
    const done = this.statement("INSERT INTO clock (end, body) VALUES (?, ?)").run(end, body);
    this.count(RAW, body.length + CLOCK_BYTES);
    return Number(done.lastInsertRowid);
  }

  /** Times that chunks share. Throws ChunkDamaged. */
  clock(id: number): Float64Array {
    const known = this.#clocks.get(id);
    if (known !== undefined) return known;
    const body = this.statement("SELECT body FROM clock WHERE id = ?").get(id)?.["body"];
    if (!(body instanceof Uint8Array)) throw new ChunkDamaged("its times are missing");
    const times = decodeTimes(body);
    for (const old of this.#clocks.keys()) {
      if (this.#clocks.size < KEPT_CLOCKS) break;
      this.#clocks.delete(old);
    }
    this.#clocks.set(id, times);
    return times;
  }

  /** Writes a block of steps; one that stood in its place is replaced. Within a transaction. */
  putBlock(series: number, tier: number, block: Block, before: number): void {
    const { at, start, end, body } = block;
    this.statement(
      "INSERT INTO step (series, tier, block, start, end, body) VALUES (?, ?, ?, ?, ?, ?) " +
        "ON CONFLICT (series, tier, block) DO UPDATE SET start = excluded.start, end = excluded.end, body = excluded.body",
    ).run(series, tier, at, start, end, body);
    this.count(tier, body.length - before + (before === 0 ? ROW_BYTES : 0));
  }

  /** The block of steps at a place; null when there is none. */
  block(series: number, tier: number, at: number): Block | null {
    const row = this.statement(
      "SELECT start * 1.0 AS start, end * 1.0 AS end, body FROM step WHERE series = ? AND tier = ? AND block = ?",
    ).get(series, tier, at);
    const body = row?.["body"];
    return body instanceof Uint8Array ? { at, start: finite(row?.["start"]), end: finite(row?.["end"]), body } : null;
  }

  /** The blocks whose place is in [from, to), by time. */
  *blocks(series: number, tier: number, from: number, to: number): Generator<Block> {
    const rows = this.statement(
      "SELECT block * 1.0 AS at, start * 1.0 AS start, end * 1.0 AS end, body FROM step " +
        "WHERE series = ? AND tier = ? AND block >= ? AND block < ? ORDER BY block",
    ).all(series, tier, from, to);
    for (const row of rows) {
      const { body } = row;
      if (!(body instanceof Uint8Array)) continue;
      yield { at: finite(row["at"]), start: finite(row["start"]), end: finite(row["end"]), body };
    }
  }

  /** Where the oldest sample or step of a tier is; null when there is none. */
  oldest(series: number, tier: number): number | null {
    const row =
      tier === RAW
        ? this.statement("SELECT start * 1.0 AS start FROM chunk WHERE series = ? ORDER BY start LIMIT 1").get(series)
        : this.statement(
            "SELECT start * 1.0 AS start FROM step WHERE series = ? AND tier = ? ORDER BY block LIMIT 1",
          ).get(series, tier);
    const start = row?.["start"];
    return typeof start === "number" ? start : null;
  }

  /** Time of the last raw sample of a series; -Infinity when there is none. */
  end(series: number): number {
    const row = this.statement("SELECT end * 1.0 AS end FROM chunk WHERE series = ? ORDER BY start DESC LIMIT 1").get(
      series,
    );
    const end = row?.["end"];
    return typeof end === "number" ? end : -Infinity;
  }

  /** Bytes of a tier. */
  tierBytes(tier: number): number {
    return this.#bytes[tier] ?? 0;
  }

  /** Notes that a tier has so many bytes more. Within a transaction. */
  count(tier: number, bytes: number): void {
    this.#bytes[tier] = (this.#bytes[tier] ?? 0) + bytes;
  }

  /** Forgets a series that has no chunk; says whether it did. Within a transaction. */
  removeIfEmpty(series: number): boolean {
    const done = this.statement(
      "DELETE FROM series WHERE id = :id AND NOT EXISTS (SELECT 1 FROM chunk WHERE series = :id) " +
        "AND NOT EXISTS (SELECT 1 FROM step WHERE series = :id)",
    ).run({ id: series });
    return done.changes !== 0;
  }

  /** A number that is kept under a name; null when there is none. */
  meta(key: string): number | null {
    const value = this.statement("SELECT value * 1.0 AS value FROM meta WHERE key = ?").get(key)?.["value"];
    return typeof value === "number" ? value : null;
  }

  /** Within a transaction. */
  putMeta(key: string, value: number): void {
    this.statement("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value").run(
      key,
      value,
    );
  }

  /**
   * Has the disk take the write-ahead log, without holding up the event loop. The next checkpoint asks for the same and
   * gets it at once; where this cannot be done, it waits then. Never rejects.
   */
  async confirmLog(): Promise<void> {
    // Of the three files only this one has no locks, which closing it again would let go of.
    const log = await open(`${this.path}-wal`, "r+").catch(() => null);
    await log?.datasync().catch(() => undefined);
    await log?.close().catch(() => undefined);
  }

  /** Copies the write-ahead log into the file and has the disk confirm it; false when a reader held it up. */
  checkpoint(): boolean {
    const done = this.#database.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
    return done?.["busy"] === 0 && done["log"] === done["checkpointed"];
  }

  /** Gives up to `pages` free pages back to the file system. */
  shrink(pages: number): void {
    if (pragma(this.#database, "freelist_count") > pages) {
      this.#database.exec(`PRAGMA incremental_vacuum(${String(pages)})`);
    }
  }

  /** Before tables go away: a statement that was prepared for one would be in the way. */
  forgetStatements(): void {
    this.#statements.clear();
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #transaction<T>(begin: string, work: () => T): T {
    this.#database.exec(begin);
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

/** Opens like the constructor, but what only a damaged file can cause becomes FileDamaged. */
export function openChunkFile(path: string, role: FileRole): ChunkFile {
  try {
    return new ChunkFile(path, role);
  } catch (error) {
    // SQLITE_ERROR while preparing: a column is not there, the schema is not ours.
    const { errcode } = error as { errcode?: unknown };
    if (role === "writer" && errcode === 1 && faultOf(error) === "other") {
      throw new FileDamaged(reasonOf(error), { cause: error });
    }
    throw error;
  }
}
