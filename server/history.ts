/** Which history a worker keeps: as its window and those that follow it ask for, on disk or in memory. */
import { t } from "@vscode/l10n";
import type { HistoryHealth } from "../protocol/state.ts";
import type { LoadedConfig } from "./config/config.ts";
import type { Host } from "./host/host.ts";
import type { Log } from "./host/log.ts";
import type { StatePaths } from "./host/paths.ts";
import type { Hub } from "./octopus/hub.ts";
import type { Leadership } from "./octopus/leader/leadership.ts";
import { MemoryStore } from "./octopus/store/memory.ts";
import { openStore } from "./octopus/store/open.ts";
import type { SeriesStore } from "./octopus/store/store.ts";

/** Where the worker keeps no file, this much history is in memory. */
const MEMORY_RETENTION_MS = 3_600_000;

/** What it depends on. */
export interface HistoryOptions {
  readonly host: Host;
  readonly log: Log;
  /** Null: nothing is kept on disk, because the caller does not want it. */
  readonly paths: StatePaths | null;
  readonly leadership: Pick<Leadership, "wishes" | "mayWrite"> | null;
  /** The configuration in force. */
  readonly config: () => LoadedConfig;
}

/** Why history is written by a window where it is switched off. */
function forOthers(): string {
  return t(
    "History on disk is switched off in this window (gorgon.history.enabled), but on in another one of yours: this one " +
      "leads, so it writes what that one keeps. Switch it off there too, or on here.",
  );
}

/** How long this window wants history on disk, milliseconds; null: it wants none. */
export function wantedHistory({ config }: LoadedConfig): number | null {
  // JSON knows no infinity: what is kept for ever is kept for longer than anybody counts.
  return config.history.enabled ? Math.min(config.history.retentionMs, Number.MAX_SAFE_INTEGER) : null;
}

/** The store of one worker over the changes of what is wanted. */
export class History {
  readonly #options: HistoryOptions;
  #heldMs: number | null;
  #keeping: Promise<void> = Promise.resolve();

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#heldMs = this.#wantedMs();
  }

  /** Opens the store that the windows ask for. Only a worker that leads writes. */
  open(): SeriesStore {
    const { host, log, paths, leadership } = this.#options;
    const { clock } = host;
    const retentionMs = this.#wantedMs();
    if (retentionMs !== null && paths !== null) {
      const mayWrite = () => leadership?.mayWrite() ?? true;
      return openStore({ path: paths.history, retentionMs, clock, log, mayWrite });
    }
    const reason =
      retentionMs !== null
        ? t("History is not kept on disk here; the last hour is in memory.")
        : t(
            "History on disk is switched off (gorgon.history.enabled, or history.enabled); the last hour is in memory.",
          );
    return new MemoryStore({ clock, retentionMs: MEMORY_RETENTION_MS, reason });
  }

  /** A history that the windows want otherwise is another store. Resolves when it is in place. */
  keep(hub: Pick<Hub, "replaceStore">): Promise<void> {
    const before = this.#heldMs;
    this.#heldMs = this.#wantedMs();
    if (this.#heldMs !== before) this.#keeping = hub.replaceStore(() => this.open());
    return this.#keeping;
  }

  /** How the store is, and why it is there where this window wants none. */
  health(store: SeriesStore): HistoryHealth {
    const health = store.health();
    if (this.#options.config().config.history.enabled || this.#heldMs === null) return health;
    return { ...health, reason: `${forOthers()} ${health.reason}`.trim() };
  }

  #wantedMs(): number | null {
    return this.#options.leadership?.wishes.historyMs ?? wantedHistory(this.#options.config());
  }
}
