/** The history file itself: all SQL about series and chunks is here. Every row has a checksum of its own. */
import { existsSync, statSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import type { MetricKind, Unit } from "../../../protocol/reading.ts";
import type { Summary } from "./chunk/summary.ts";
import { pragma, prepareReading, prepareWriting } from "./chunk-schema.ts";
import { ensurePrivateFile, identityOf } from "./private-file.ts";
import { COARSEST } from "./rollup.ts";
import { faultOf, FileDamaged, reasonOf } from "./sqlite-errors.ts";
import { sqlite } from "./sqlite-module.ts";

/** How long a statement may wait for another process's lock; the event loop waits with it. */
const BUSY_MS = 5;
/** What a row takes beside its body: key, summary, checksum and its place in the index. */
const ROW_BYTES = 110;

/** A series of the file. */
export interface StoredSeries {
  readonly id: number;
  readonly name: string;
  readonly unit: Unit;
  readonly kind: MetricKind;
  readonly sealed: number;
}

/** What stands beside a chunk. `exact` is false when SQLite could not keep it to the bit (-0, sums beyond doubles). */
export interface Row extends Summary {
  readonly exact: boolean;
}

/** Damaged chunks are remembered up to this many, to count each once. */
const MAX_DAMAGED = 10_000;

/** Chunks that were found damaged and left out, to be told. */
export class Damage {
  readonly #found = new Set<string>();

  get count(): number {
    return this.#found.size;
  }

  add(series: number, tier: number, start: number): void {
    if (this.#found.size < MAX_DAMAGED) this.#found.add(`${String(series)}/${String(tier)}/${String(start)}`);
  }
}

/** How a file is opened: by the one that writes it, or by one of those that only read. */
export type FileRole = "writer" | "reader";

const numbers = new Float64Array(9);
const numberBytes = new Uint8Array(numbers.buffer);

function rowChecksum(series: number, tier: number, row: Summary): number {
  const { start, end, count, min, max, sum, first, last } = row;
  numbers.set([series, start, end, count, min || 0, max || 0, sum || 0, first || 0, last || 0]);
  return crc32(numberBytes, tier);
}

/** SQLite keeps no -0 and no NaN; such numbers are left out. */
const storable = (value: number): number | null => (Object.is(value, -0) || !Number.isFinite(value) ? null : value);

const finite = (value: unknown): number => (typeof value === "number" ? value : NaN);

/** An open history file. Every method may throw SQLite's errors; `faultOf` sorts them. */
export class ChunkFile {
  readonly path: string;
  readonly damage = new Damage();
  readonly #database: DatabaseSync;
  readonly #identity: string | null;
  readonly #bytes = new Float64Array(COARSEST + 1);
  readonly #statements = new Map<string, StatementSync>();

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

  /** Writes a chunk. Within a transaction. */
  putChunk(series: number, tier: number, row: Summary, body: Uint8Array): void {
    const { start, end, count } = row;
    const [min, max, sum, first, last] = [row.min, row.max, row.sum, row.first, row.last].map(storable);
    const stored = { start, end, count, min, max, sum, first, last } as Record<string, number | null>;
    const checksum = rowChecksum(series, tier, fromStored(stored));
    this.statement(
      "INSERT INTO chunk (series, tier, start, end, count, min, max, sum, first, last, checksum, body) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ).run(
      series, tier, start, end, count,
      min ?? null, max ?? null, sum ?? null, first ?? null, last ?? null, checksum, body,
    ); // prettier-ignore
    this.#bytes[tier] = (this.#bytes[tier] ?? 0) + body.length + ROW_BYTES;
  }

  /** Removes a chunk; says how many bytes it had. Within a transaction. */
  removeChunk(series: number, tier: number, start: number): void {
    const removed = this.statement(
      "DELETE FROM chunk WHERE series = ? AND tier = ? AND start = ? RETURNING length(body) AS bytes",
    ).get(series, tier, start);
    if (removed === undefined) return;
    this.#bytes[tier] = (this.#bytes[tier] ?? 0) - finite(removed["bytes"]) - ROW_BYTES;
  }

  /** What stands beside the chunks of a tier that have something in [from, to), by time. Bodies are not read. */
  rows(series: number, tier: number, from: number, to: number): Row[] {
    // The chunks of a tier do not overlap: the first one that matters is the last that starts at or before `from`.
    const found = this.statement(
      "SELECT start * 1.0 AS start, end * 1.0 AS end, count * 1.0 AS count, min, max, sum, first, last, " +
        "checksum * 1.0 AS checksum FROM chunk WHERE series = :series AND tier = :tier AND start < :to AND start >= " +
        "ifnull((SELECT max(start) FROM chunk WHERE series = :series AND tier = :tier AND start <= :from), :from) " +
        "ORDER BY start",
    ).all({ series, tier, from, to });
    const rows: Row[] = [];
    for (const row of found) {
      const summary = fromStored(row as Record<string, number | null>);
      if (rowChecksum(series, tier, summary) !== row["checksum"]) this.damage.add(series, tier, summary.start);
      else if (summary.end >= from || tier > 0) rows.push({ ...summary, exact: isExact(summary) });
    }
    return rows;
  }

  /** The body of a chunk; null when there is none. */
  body(series: number, tier: number, start: number): Uint8Array | null {
    const row = this.statement("SELECT body FROM chunk WHERE series = ? AND tier = ? AND start = ?").get(
      series,
      tier,
      start,
    );
    const body = row?.["body"];
    return body instanceof Uint8Array ? body : null;
  }

  /** Where the oldest chunk of a tier starts; null when there is none. */
  oldest(series: number, tier: number): number | null {
    const row = this.statement("SELECT min(start) * 1.0 AS start FROM chunk WHERE series = ? AND tier = ?").get(
      series,
      tier,
    );
    const start = row?.["start"];
    return typeof start === "number" ? start : null;
  }

  /** Time of the last raw sample of a series; -Infinity when there is none. */
  end(series: number): number {
    const row = this.statement(
      "SELECT end * 1.0 AS end FROM chunk WHERE series = ? AND tier = 0 ORDER BY start DESC LIMIT 1",
    ).get(series);
    const end = row?.["end"];
    return typeof end === "number" ? end : -Infinity;
  }

  /** Bytes of a tier. */
  tierBytes(tier: number): number {
    return this.#bytes[tier] ?? 0;
  }

  /**
   * Removes up to `limit` chunks of a tier, the oldest first: those that end before `cutoff`, and any while the tier
   * holds more than `maxBytes`. Gives the series that lost something. Within a transaction.
   */
  prune(tier: number, cutoff: number, maxBytes: number, limit: number): number[] {
    const rows = this.statement(
      "SELECT series, start * 1.0 AS start, end * 1.0 AS end FROM chunk INDEXED BY chunk_age WHERE tier = ? " +
        "ORDER BY end LIMIT ?",
    ).all(tier, limit);
    const lost: number[] = [];
    for (const row of rows) {
      if (finite(row["end"]) >= cutoff && this.tierBytes(tier) <= maxBytes) break;
      const series = finite(row["series"]);
      this.removeChunk(series, tier, finite(row["start"]));
      lost.push(series);
    }
    return lost;
  }

  /** Forgets a series that has no chunk; says whether it did. Within a transaction. */
  removeIfEmpty(series: number): boolean {
    const done = this.statement(
      "DELETE FROM series WHERE id = :id AND NOT EXISTS (SELECT 1 FROM chunk WHERE series = :id)",
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

function fromStored(row: Readonly<Record<string, unknown>>): Summary {
  return {
    start: finite(row["start"]),
    end: finite(row["end"]),
    count: finite(row["count"]),
    min: finite(row["min"]),
    max: finite(row["max"]),
    sum: finite(row["sum"]),
    first: finite(row["first"]),
    last: finite(row["last"]),
  };
}

function isExact({ min, max, sum, first, last }: Summary): boolean {
  return ![min, max, sum, first, last].some((value) => Number.isNaN(value));
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
