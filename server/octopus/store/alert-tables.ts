/** The bell's own tables in the history file: open alerts, what damping remembers, silences, and records of the past. */
import type { DatabaseSync } from "node:sqlite";
import type { ChunkFile } from "./chunk-file.ts";

/**
 * Bodies are JSON of the bell's own, which it checks when it reads them. Releases that do not know these tables leave them
 * alone, so the file keeps its version.
 */
export const ALERT_TABLES = `
  CREATE TABLE IF NOT EXISTS alert_state (kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key))
    WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS alert_record (
    id TEXT PRIMARY KEY, rule TEXT NOT NULL, begin INTEGER NOT NULL, end INTEGER, body TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS alert_record_begin ON alert_record (begin);
`;

/** Which records: those of alerts that were open at some time in [from, to), of one rule or (empty) of all. */
export interface RecordQuery {
  readonly from: number;
  readonly to: number;
  readonly rule: string;
  readonly limit: number;
}

/** One thing to be kept or, with a null body, forgotten. */
export interface StateRow {
  readonly kind: string;
  readonly key: string;
  readonly body: string | null;
}

/** One alert of the past or present. `end` null: it is still open. */
export interface RecordRow {
  readonly id: string;
  readonly rule: string;
  readonly begin: number;
  readonly end: number | null;
  readonly body: string;
}

/** What the bell may do with its tables. */
export type AlertKeeper = Pick<AlertTables, "ready" | "load" | "save" | "records" | "prune">;

/** The tables of the file that is open now. Every method may throw SQLite's errors. */
export class AlertTables {
  readonly #where: () => { readonly file: ChunkFile | null; readonly leads: boolean };

  /** `where` says which file is open now, and whether this process is its writer. */
  constructor(where: () => { readonly file: ChunkFile | null; readonly leads: boolean }) {
    this.#where = where;
  }

  /** Makes the tables in a file that is being prepared for writing. */
  static prepare(database: DatabaseSync): void {
    database.exec(ALERT_TABLES);
  }

  /** Whether this process can write them now. */
  get ready(): boolean {
    const { file, leads } = this.#where();
    return leads && file !== null;
  }

  /** Everything kept of one kind. Empty where there is no file. */
  load(kind: string): readonly { readonly key: string; readonly body: string }[] {
    const { file } = this.#where();
    const rows = file?.statement("SELECT key, body FROM alert_state WHERE kind = ?").all(kind) ?? [];
    return rows.flatMap(({ key, body }) =>
      typeof key === "string" && typeof body === "string" ? [{ key, body }] : [],
    );
  }

  /** Writes all of it as one transaction; false where this process cannot write now. */
  save(state: readonly StateRow[], records: readonly RecordRow[]): boolean {
    const { file, leads } = this.#where();
    if (file === null || !leads) return false;
    file.write(() => {
      for (const { kind, key, body } of state) {
        if (body === null) file.statement("DELETE FROM alert_state WHERE kind = ? AND key = ?").run(kind, key);
        else
          file.statement("INSERT OR REPLACE INTO alert_state (kind, key, body) VALUES (?, ?, ?)").run(kind, key, body);
      }
      for (const { id, rule, begin, end, body } of records) {
        file
          .statement("INSERT OR REPLACE INTO alert_record (id, rule, begin, end, body) VALUES (?, ?, ?, ?, ?)")
          .run(id, rule, Math.round(begin), end === null ? null : Math.round(end), body);
      }
    });
    return true;
  }

  /** Bodies of records, newest first. Empty where there is no file. */
  records({ from, to, rule, limit }: RecordQuery): readonly string[] {
    const { file } = this.#where();
    const rows =
      file
        ?.statement(
          "SELECT body FROM alert_record WHERE begin < :to AND ifnull(end, 9e18) >= :from AND (:rule = '' OR rule = :rule) " +
            "ORDER BY begin DESC, id DESC LIMIT :limit",
        )
        .all({ from, to, rule, limit: Math.trunc(limit) }) ?? [];
    return rows.flatMap(({ body }) => (typeof body === "string" ? [body] : []));
  }

  /** Forgets records that ended before `cutoff`, and all but the newest `most`. */
  prune(cutoff: number, most: number): void {
    const { file, leads } = this.#where();
    if (file === null || !leads) return;
    file.write(() => {
      file.statement("DELETE FROM alert_record WHERE end < ?").run(cutoff);
      file
        .statement(
          "DELETE FROM alert_record WHERE end IS NOT NULL AND id NOT IN (SELECT id FROM alert_record ORDER BY begin DESC LIMIT ?)",
        )
        .run(most);
    });
  }
}
