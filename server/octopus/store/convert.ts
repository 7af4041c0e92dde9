/** Takes over the history of the version before, which kept one row a sample: a chunk's worth at a time. */
import { CHUNK_SAMPLES } from "./chunk/codec.ts";
import { sampleChecksum, textHash } from "./checksum.ts";
import type { Clocks } from "./clocks.ts";
import type { ChunkFile } from "./chunk-file.ts";
import type { ChunkHead } from "./chunk-head.ts";
import { addNamed } from "./replay.ts";
import { sealSamples } from "./seal.ts";

/** Chunks that one call converts at most; about 10 ms. */
const CHUNKS = 8;

/**
 * Converts some of what a file has in rows, in one transaction; false when there is nothing left. Rows whose checksum is
 * wrong are left out. Throws SQLite's errors; nothing is lost then.
 */
export function convertSome(file: ChunkFile, head: ChunkHead, clocks: Clocks): boolean {
  const left = file
    .statement(
      "SELECT count(*) AS count FROM sqlite_schema WHERE type = 'table' AND name IN ('row_series', 'row_sample')",
    )
    .get()?.["count"];
  if (left !== 2) return false;
  try {
    file.write(() => {
      for (let chunk = 0; chunk < CHUNKS; chunk++) if (!convertOne(file, head, clocks)) return;
    });
  } catch (error) {
    clocks.forget();
    throw error;
  }
  return true;
}

function convertOne(file: ChunkFile, head: ChunkHead, clocks: Clocks): boolean {
  const row = file.statement("SELECT id, key, unit, kind FROM row_series ORDER BY id LIMIT 1").get();
  if (row === undefined) {
    file.forgetStatements();
    file.database.exec("DROP TABLE row_sample; DROP TABLE row_series");
    return false;
  }
  const { id, key: name, unit, kind } = row;
  const known = typeof name === "string" ? { name, unit: unit as "1", kind: kind as "gauge" } : null;
  const series = known === null ? null : addNamed(head, known);
  const rows = file
    .statement(
      "SELECT time * 1.0 AS time, value, checksum * 1.0 AS checksum FROM row_sample WHERE series = ? ORDER BY time LIMIT ?",
    )
    .all(id ?? null, CHUNK_SAMPLES);
  const times: number[] = [];
  const values: number[] = [];
  const hash = textHash(String(name));
  for (const { time, value: stored, checksum } of rows) {
    // SQLite has no negative zero: it stood there as a blob of its bits.
    const value = stored instanceof Uint8Array && stored.length === 8 ? -0 : stored;
    if (typeof time !== "number" || typeof value !== "number" || !Number.isFinite(value)) continue;
    if (sampleChecksum(hash, time, value) !== checksum) continue;
    times.push(time);
    values.push(value);
  }
  if (series !== null && times.length > 0) {
    file.putSeries(series);
    sealSamples(file, series.id, { times: Float64Array.from(times), values: Float64Array.from(values) }, clocks);
    series.storedEnd = Math.max(series.storedEnd, times.at(-1) ?? -Infinity);
  }
  const last = rows.at(-1)?.["time"];
  if (rows.length < CHUNK_SAMPLES || typeof last !== "number") {
    file.statement("DELETE FROM row_sample WHERE series = ?").run(id ?? null);
    file.statement("DELETE FROM row_series WHERE id = ?").run(id ?? null);
  } else file.statement("DELETE FROM row_sample WHERE series = ? AND time <= ?").run(id ?? null, last);
  return true;
}
