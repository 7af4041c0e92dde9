/** Takes out of the history file what is too old or too much, a little at a time. */
import { CLOCK_BYTES, ROW_BYTES, type ChunkFile } from "./chunk-file.ts";
import { finite } from "./chunk-row.ts";
import { RAW } from "./rollup.ts";

/**
 * Removes up to `limit` chunks of a tier, the oldest first: those that end before `cutoff`, and any while the tier holds
 * more than `maxBytes`. Gives the series that lost something. Within a transaction; throws SQLite's errors.
 */
export function pruneTier(file: ChunkFile, tier: number, cutoff: number, maxBytes: number, limit: number): number[] {
  if (!isDue(file, tier, cutoff, maxBytes)) return [];
  const columns = "SELECT id, series, end * 1.0 AS end, length(body) AS bytes FROM";
  const rows =
    tier === RAW
      ? file.statement(`${columns} chunk ORDER BY end LIMIT ?`).all(limit)
      : file.statement(`${columns} step WHERE tier = ? ORDER BY end LIMIT ?`).all(tier, limit);
  const lost: number[] = [];
  for (const row of rows) {
    if (finite(row["end"]) >= cutoff && file.tierBytes(tier) <= maxBytes) break;
    file.statement(`DELETE FROM ${tier === RAW ? "chunk" : "step"} WHERE id = ?`).run(finite(row["id"]));
    file.count(tier, -finite(row["bytes"]) - ROW_BYTES);
    lost.push(finite(row["series"]));
  }
  if (tier === RAW && lost.length > 0) pruneClocks(file, limit);
  return lost;
}

/** Whether there is anything to remove; answered by the index alone. */
function isDue(file: ChunkFile, tier: number, cutoff: number, maxBytes: number): boolean {
  if (file.tierBytes(tier) > maxBytes) return true;
  const row =
    tier === RAW
      ? file.statement("SELECT min(end) * 1.0 AS end FROM chunk").get()
      : file.statement("SELECT min(end) * 1.0 AS end FROM step WHERE tier = ?").get(tier);
  return finite(row?.["end"]) < cutoff;
}

/** A chunk ends with its times: those that end before every chunk are nobody's any more. */
function pruneClocks(file: ChunkFile, limit: number): void {
  const rows = file
    .statement(
      "SELECT id, length(body) AS bytes FROM clock WHERE end < ifnull((SELECT min(end) FROM chunk), 9e15) " +
        "ORDER BY end LIMIT ?",
    )
    .all(limit);
  for (const { id, bytes } of rows) {
    file.statement("DELETE FROM clock WHERE id = ?").run(finite(id));
    file.count(RAW, -finite(bytes) - CLOCK_BYTES);
  }
}
