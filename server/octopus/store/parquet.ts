/** History as a Parquet file, written by DuckDB where the user has installed it. */
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { loadUserPackage, PackageMissing } from "../../host/user-package.ts";
import { exportNdjson, type ExportQuery, type SampleSource } from "./export.ts";

/** The part of @duckdb/node-api that is used. */
export interface DuckDb {
  readonly DuckDBInstance: { create(path: string): Promise<DuckDbInstance> };
}

/** An open database. */
export interface DuckDbInstance {
  connect(): Promise<DuckDbConnection>;
  closeSync(): void;
}

/** A connection to it. */
export interface DuckDbConnection {
  run(sql: string): Promise<unknown>;
  closeSync(): void;
}

const PACKAGE = "@duckdb/node-api";

/** DuckDB is not installed; the message says how to install it. */
export class DuckDbMissing extends Error {
  override readonly name = "DuckDbMissing";
  constructor(cause: PackageMissing) {
    super(
      `Parquet is written by DuckDB. ${cause.message}. Or export as NDJSON or CSV, which DuckDB, pandas and Polars ` +
        "read too.",
      { cause },
    );
  }
}

/** Loads DuckDB from the first of the folders that has it. Throws DuckDbMissing. */
export function loadDuckDb(folders: readonly string[]): DuckDb {
  try {
    return loadUserPackage(PACKAGE, folders) as DuckDb;
  } catch (error) {
    throw error instanceof PackageMissing ? new DuckDbMissing(error) : error;
  }
}

/** SQL text of a string. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * Writes the rows as a Parquet file (time as TIMESTAMPTZ, attributes as JSON text, Zstandard). Goes through a temporary
 * NDJSON file, because the rows need not fit into memory. Rejects with what store, disk or DuckDB say.
 */
export async function exportParquet(
  store: SampleSource,
  query: ExportQuery,
  file: string,
  { DuckDBInstance }: DuckDb,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "gorgon-export-"));
  try {
    const lines = path.join(folder, "rows.ndjson");
    await pipeline(Readable.from(exportNdjson(store, query)), createWriteStream(lines, { mode: 0o600 }));
    const instance = await DuckDBInstance.create(":memory:");
    try {
      const connection = await instance.connect();
      try {
        await connection.run(parquetSql(lines, file, query.step > 0));
      } finally {
        connection.closeSync();
      }
    } finally {
      instance.closeSync();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The one statement that turns the lines into the file. */
export function parquetSql(lines: string, file: string, steps: boolean): string {
  const extremes = steps ? ", min, max" : "";
  const extremeTypes = steps ? ", min: 'DOUBLE', max: 'DOUBLE'" : "";
  return (
    `COPY (SELECT to_timestamp(time / 1000.0) AS time, metric, attributes::VARCHAR AS attributes, unit, value${extremes} ` +
    `FROM read_json(${quoted(lines)}, format = 'newline_delimited', columns = {time: 'BIGINT', metric: 'VARCHAR', ` +
    `attributes: 'JSON', unit: 'VARCHAR', value: 'DOUBLE'${extremeTypes}})) ` +
    `TO ${quoted(file)} (FORMAT parquet, COMPRESSION zstd)`
  );
}
