/** Where records of cells are kept: what every place for them does, and the one in memory. */
import type { CellRecord, KernelRef } from "../../../protocol/cell.ts";
import { sameKernel } from "../../../protocol/kernel.ts";
import type { Clock } from "../../host/host.ts";

/** Which records: those of runs that touch [from, to), of one kernel or (null) of all, of these cells or (empty) of all. */
export interface CellQuery {
  readonly from: number;
  readonly to: number;
  readonly kernel: Pick<KernelRef, "pid" | "startedAt"> | null;
  readonly hashes: readonly string[];
  readonly limit: number;
}

/** Keeps records by their ids. Those on disk may throw SQLite's errors from every method. */
export interface CellKeeper {
  /**
   * Keeps these; one whose id is known already stays as it is. Answers with the ids that are new, or null where this
   * process cannot keep anything now.
   */
  keep(records: readonly CellRecord[]): readonly string[] | null;
  /** By their end, newest first. */
  list(query: CellQuery): readonly CellRecord[];
  /** How many there are. */
  count(): number;
}

/** In memory a record is some kilobytes. */
const MOST_IN_MEMORY = 2000;

/** Keeps the newest records in RAM. */
export class MemoryCells implements CellKeeper {
  readonly #clock: Clock;
  readonly #retentionMs: number;
  readonly #most: number;
  readonly #records = new Map<string, CellRecord>();

  constructor(clock: Clock, retentionMs: number, most = MOST_IN_MEMORY) {
    this.#clock = clock;
    this.#retentionMs = retentionMs;
    this.#most = most;
  }

  keep(records: readonly CellRecord[]): readonly string[] {
    const fresh = records.filter(({ id }) => !this.#records.has(id));
    for (const record of fresh) this.#records.set(record.id, record);
    this.#prune();
    return [...new Set(fresh.map(({ id }) => id))];
  }

  list(query: CellQuery): readonly CellRecord[] {
    this.#prune();
    return newestFirst([...this.#records.values()].filter((record) => fits(record, query))).slice(0, query.limit);
  }

  count(): number {
    this.#prune();
    return this.#records.size;
  }

  #prune(): void {
    const cutoff = this.#clock.now() - this.#retentionMs;
    for (const { id, endedAt } of this.#records.values()) if (endedAt < cutoff) this.#records.delete(id);
    if (this.#records.size <= this.#most) return;
    for (const { id } of newestFirst([...this.#records.values()]).slice(this.#most)) this.#records.delete(id);
  }
}

/** Whether a record is among those that are asked for. */
export function fits(record: CellRecord, { from, to, kernel, hashes }: CellQuery): boolean {
  if (record.startedAt >= to || record.endedAt < from) return false;
  if (kernel !== null && !sameKernel(record.kernel, kernel)) return false;
  return hashes.length === 0 || hashes.includes(record.cell.hash);
}

/** The records in the order of an answer. */
export function newestFirst(records: CellRecord[]): CellRecord[] {
  return records.sort((one, other) => other.endedAt - one.endedAt || (one.id < other.id ? 1 : -1));
}
