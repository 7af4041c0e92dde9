/** Opens this user's history as one that only reads it, beside a running worker and without one. */
import { existsSync } from "node:fs";
import type { Host } from "../host/host.ts";
import { silentLog } from "../host/log.ts";
import { statePaths } from "../host/paths.ts";
import { openChunkFile } from "../octopus/store/chunk-file.ts";
import { ChunkStore } from "../octopus/store/chunk-store.ts";
import { FileDamaged, FileNewer, reasonOf } from "../octopus/store/sqlite-errors.ts";

/** There is no history, or it cannot be read; the message says why, with the mend. */
export class HistoryUnavailable extends Error {
  override readonly name = "HistoryUnavailable";
}

/** Close it after use. Throws HistoryUnavailable and SqliteMissing. */
export async function openHistory(host: Host): Promise<ChunkStore> {
  const { history } = await statePaths(host);
  if (!existsSync(history)) {
    throw new HistoryUnavailable(
      `There is no history yet: ${history} does not exist. It is written while VS Code runs with Gorgon and ` +
        "gorgon.history.enabled; gorgon doctor says where it is kept and whether it is switched on.",
    );
  }
  const store = new ChunkStore({ path: history, clock: host.clock, log: silentLog, mayWrite: () => false });
  try {
    openChunkFile(history, "reader").close();
    return store;
  } catch (error) {
    await store.close();
    if (error instanceof FileNewer) throw new HistoryUnavailable(`${history}: ${reasonOf(error)}. Update Gorgon.`);
    const mend =
      error instanceof FileDamaged
        ? "Open VS Code with Gorgon: it moves the file aside and begins a new one."
        : "Open VS Code with Gorgon, which prepares it, or see gorgon doctor.";
    throw new HistoryUnavailable(`The history cannot be read: ${history}: ${reasonOf(error)}. ${mend}`, {
      cause: error,
    });
  }
}
