/** Records of cells in the history file: an ordinary table, by id. */
import type { DatabaseSync } from "node:sqlite";
import type { CellRecord } from "../../../protocol/cell.ts";
import { START_TREMBLE_MS } from "../../../protocol/kernel.ts";
import { parseCellRecord } from "../../wire/cells.ts";
import type { CellKeeper, CellQuery } from "./cells.ts";
import type { ChunkFile } from "./chunk-file.ts";

/** Bodies are the records as JSON. Releases that do not know the table leave it alone, so the file keeps its version. */
const CELL_TABLE = `
  CREATE TABLE IF NOT EXISTS cell_record (
    id TEXT PRIMARY KEY, pid INTEGER NOT NULL, kernel_start REAL NOT NULL, hash TEXT NOT NULL, begin REAL NOT NULL,
    end REAL NOT NULL, body TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS cell_record_end ON cell_record (end, id);
  CREATE INDEX IF NOT EXISTS cell_record_hash ON cell_record (hash, end);
  CREATE INDEX IF NOT EXISTS cell_record_kernel ON cell_record (pid, end);
`;

/** The newest that are kept: some months of work, 40 MB. */
const MOST_RECORDS = 20_000;
/** Counting them all costs a millisecond: done once in so many new ones. */
const PRUNE_EVERY = 64;

/** The table of the file that is open now. */
export class CellTable implements CellKeeper {
  readonly #where: () => { readonly file: ChunkFile | null; readonly leads: boolean };
  readonly #most: number;
  /** The file whose table is known to be there. */
  #known: ChunkFile | null = null;
  #sincePruned = PRUNE_EVERY;

  /** `where` says which file is open now, and whether this process is its writer. */
  constructor(where: () => { readonly file: ChunkFile | null; readonly leads: boolean }, most = MOST_RECORDS) {
    this.#where = where;
    this.#most = most;
  }

  /** Makes the table in a file that is being prepared for writing. */
  static prepare(database: DatabaseSync): void {
    database.exec(CELL_TABLE);
  }

  keep(records: readonly CellRecord[]): readonly string[] | null {
    const { file, leads } = this.#where();
    if (file === null || !leads) return null;
    const fresh: string[] = [];
    file.write(() => {
      const insert = file.statement(
        "INSERT OR IGNORE INTO cell_record (id, pid, kernel_start, hash, begin, end, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
      );
      for (const record of records) {
        const { id, kernel, cell, startedAt, endedAt } = record;
        const body = JSON.stringify(record);
        const done = insert.run(id, kernel.pid, kernel.startedAt, cell.hash, startedAt, endedAt, body);
        if (done.changes !== 0) fresh.push(id);
      }
    });
    this.#sincePruned += fresh.length;
    return fresh;
  }

  list({ from, to, kernel, hashes, limit }: CellQuery): readonly CellRecord[] {
    const file = this.#readable();
    if (file === null) return [];
    const conditions = ["begin < :to", "end >= :from"];
    const values: Record<string, string | number> = { from, to, limit: Math.trunc(limit) };
    if (kernel !== null) {
      conditions.push(`pid = :pid AND abs(kernel_start - :start) <= ${String(START_TREMBLE_MS)}`);
      Object.assign(values, { pid: kernel.pid, start: kernel.startedAt });
    }
    if (hashes.length > 0) {
      conditions.push("hash IN (SELECT value FROM json_each(:hashes))");
      values["hashes"] = JSON.stringify(hashes);
    }
    const rows = file
      .statement(
        `SELECT body FROM cell_record WHERE ${conditions.join(" AND ")} ORDER BY end DESC, id DESC LIMIT :limit`,
      )
      .all(values);
    return rows.flatMap(({ body }) => recordIn(body));
  }

  count(): number {
    const file = this.#readable();
    const row = file?.statement("SELECT count(*) AS count FROM cell_record").get();
    return typeof row?.["count"] === "number" ? row["count"] : 0;
  }

  /** Forgets records that ended before `cutoff`, and all but the newest. For the writer alone. */
  prune(cutoff: number): void {
    const { file, leads } = this.#where();
    if (file === null || !leads) return;
    file.statement("DELETE FROM cell_record WHERE end < ?").run(cutoff);
    if (this.#sincePruned < PRUNE_EVERY) return;
    this.#sincePruned = 0;
    file
      .statement(
        "DELETE FROM cell_record WHERE id IN (SELECT id FROM cell_record ORDER BY end DESC, id DESC LIMIT -1 OFFSET ?)",
      )
      .run(this.#most);
  }

  /** The file, if it has the table: a writer of an older release makes none. */
  #readable(): ChunkFile | null {
    const { file } = this.#where();
    if (file === null || file === this.#known) return file;
    const row = file.statement("SELECT 1 AS there FROM sqlite_schema WHERE name = 'cell_record'").get();
    if (row === undefined) return null;
    this.#known = file;
    return file;
  }
}

/** The record in a row; none when another program wrote something else there. */
function recordIn(body: unknown): CellRecord[] {
  try {
    const parsed = typeof body === "string" ? parseCellRecord(JSON.parse(body)) : null;
    return parsed?.ok === true ? [parsed.value] : [];
  } catch {
    return [];
  }
}
