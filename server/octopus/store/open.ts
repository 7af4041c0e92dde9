/** Opens the history of a worker: on disk where that is possible, else in memory with the reason. */
import { t } from "@vscode/l10n";
import { silentLog } from "../../host/log.ts";
import { ChunkStore, type ChunkStoreOptions } from "./chunk-store.ts";
import { MemoryStore } from "./memory.ts";
import { SqliteMissing } from "./sqlite-errors.ts";
import type { SeriesStore } from "./store.ts";

/**
 * Never throws for the disk's sake: a file that cannot be opened is the store's own matter, told by its `health()`
 * and tried again. Only where Node has no SQLite history is in memory for good.
 */
export function openStore(options: ChunkStoreOptions): SeriesStore {
  try {
    return new ChunkStore(options);
  } catch (error) {
    if (!(error instanceof SqliteMissing)) throw error;
    const reason = `${t("History is kept in memory only.")} ${error.message}`;
    (options.log ?? silentLog).warn(reason);
    return new MemoryStore({
      clock: options.clock,
      reason,
      ...(options.retentionMs === undefined ? {} : { retentionMs: options.retentionMs }),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
  }
}
