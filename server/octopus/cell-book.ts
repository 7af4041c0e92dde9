/** The records of cells that this worker knows: told once, kept as soon as the store takes them, read from both. */
import type { CellRecord } from "../../protocol/cell.ts";
import type { Log } from "../host/log.ts";
import { fits, newestFirst, type CellKeeper, type CellQuery } from "./store/cells.ts";

/** As many as a kernel keeps for itself: what is older than that no kernel sends again. */
const MOST_RECENT = 500;

/** What the book needs. */
export interface CellBookOptions {
  /** Where they are kept; asked each time, because the store may be another one. */
  readonly keeper: () => CellKeeper;
  readonly log: Log;
}

/** Knows records by their ids. Never throws for the disk's sake: what cannot be written waits. */
export class CellBook {
  readonly #options: CellBookOptions;
  /** The newest that came, in that order. */
  readonly #recent = new Map<string, CellRecord>();
  /** Those of them that the keeper does not have for certain. */
  readonly #waiting = new Map<string, CellRecord>();
  #keeper: CellKeeper | null = null;
  #trouble = "";

  constructor(options: CellBookOptions) {
    this.#options = options;
  }

  /** Takes a record; false when it is known already. It is on disk afterwards, where this worker writes. */
  add(record: CellRecord): boolean {
    if (this.#recent.has(record.id)) return false;
    this.#recent.set(record.id, record);
    this.#waiting.set(record.id, record);
    for (const id of this.#recent.keys()) {
      if (this.#recent.size <= MOST_RECENT) break;
      this.#recent.delete(id);
      this.#waiting.delete(id);
    }
    const fresh = this.settle();
    return fresh === null || fresh.includes(record.id);
  }

  /** Writes what waits; answers with the ids that are new to the store, or null where it takes nothing now. */
  settle(): readonly string[] | null {
    const keeper = this.#options.keeper();
    // Another store knows nothing of what the one before had in memory.
    if (keeper !== this.#keeper) for (const [id, record] of this.#recent) this.#waiting.set(id, record);
    this.#keeper = keeper;
    if (this.#waiting.size === 0) return [];
    const fresh = this.#try(() => keeper.keep([...this.#waiting.values()]));
    if (fresh === null) return null;
    this.#waiting.clear();
    this.#trouble = "";
    return fresh;
  }

  /** Records, newest first: what is kept, and what came and is not kept yet. */
  list(query: CellQuery): readonly CellRecord[] {
    const kept = this.#try(() => this.#options.keeper().list(query)) ?? [];
    const known = new Set(kept.map(({ id }) => id));
    const waiting = [...this.#waiting.values()].filter((one) => !known.has(one.id) && fits(one, query));
    return waiting.length === 0 ? kept : newestFirst([...kept, ...waiting]).slice(0, query.limit);
  }

  /** How many are kept; null while that cannot be told. */
  count(): number | null {
    return this.#try(() => this.#options.keeper().count());
  }

  #try<T>(work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#trouble) this.#options.log.warn(`Records of cells are not kept at this moment: ${reason}`);
      this.#trouble = reason;
      return null;
    }
  }
}
