/** What is known of one notebook's cells: each run once, whoever tells of it, what runs now, and where the kernel died. */
import { withRecord, type CellCost } from "../../protocol/cell-cost.ts";
import type { CellRecord, CellRef } from "../../protocol/cell.ts";
import type { JupyterDeath } from "../../protocol/messages/jupyter.ts";
import { CellIndex, type CellPlace } from "./match.ts";

/** Of more runs than this the oldest are forgotten. */
const MOST_RECORDS = 4000;
const MOST_DEATHS = 16;

/** A cell that runs now. */
export interface Running {
  readonly cell: CellRef;
  /** Milliseconds since the epoch, by the clock of the kernel's machine. */
  readonly startedAt: number;
  /** When this page was told, by its own clock: two machines' clocks need not agree. */
  readonly seenAt: number;
}

/** What stands under one cell. */
export interface CellView {
  readonly cost: CellCost | null;
  readonly running: Running | null;
  readonly death: JupyterDeath | null;
}

/** Nothing is known of a cell. */
export const NOTHING: CellView = { cost: null, running: null, death: null };

/** The store of one notebook. `places` gives its code cells in their order. */
export class CellBook {
  readonly #places: () => readonly CellPlace[];
  readonly #records = new Map<string, CellRecord>();
  readonly #deaths = new Map<string, JupyterDeath>();
  /** A record's or death's cell, once it was found: editing the text does not take it away. */
  readonly #found = new Map<string, object>();
  /** Up to which run, milliseconds, the user has cleared a cell. */
  #cleared = new WeakMap<object, number>();
  /** Up to which run all was cleared: what comes again from the server stays away. */
  #clearedAll = -Infinity;
  #running: Running | null = null;
  #views: ReadonlyMap<object, CellView> | null = null;

  constructor(places: () => readonly CellPlace[]) {
    this.#places = places;
  }

  /** Takes runs in; says whether one of them is news. */
  add(records: readonly CellRecord[]): boolean {
    let news = false;
    for (const record of records) {
      if (this.#records.has(record.id)) continue;
      this.#records.set(record.id, record);
      news = true;
      const { running } = this;
      if (running !== null && sameRun(running, record)) this.#running = null;
    }
    if (!news) return false;
    const over = this.#records.size - MOST_RECORDS;
    if (over > 0) {
      const oldest = [...this.#records.values()].sort((a, b) => a.startedAt - b.startedAt).slice(0, over);
      for (const { id } of oldest) {
        this.#records.delete(id);
        this.#found.delete(id);
      }
    }
    this.#views = null;
    return true;
  }

  /** A cell began to run; null: nothing runs. Says whether that is news. */
  run(running: Running | null): boolean {
    const was = this.#running;
    if (was === running) return false;
    if (was !== null && running !== null && was.startedAt === running.startedAt && was.cell.id === running.cell.id) {
      return false;
    }
    this.#running = running;
    this.#views = null;
    return true;
  }

  /** What runs now. */
  get running(): Running | null {
    return this.#running;
  }

  /** The kernel died; says whether that is news. */
  died(death: JupyterDeath): boolean {
    if (this.#deaths.has(death.id)) return false;
    this.#deaths.set(death.id, death);
    const [oldest] = this.#deaths.keys();
    if (this.#deaths.size > MOST_DEATHS && oldest !== undefined) this.#deaths.delete(oldest);
    if (this.#running !== null && this.#running.startedAt <= death.time) this.#running = null;
    this.#views = null;
    return true;
  }

  /** Cells came, went or moved. */
  moved(): void {
    this.#views = null;
  }

  /** The user does not want to see this cell's cost any more; the next run is compared with it still. */
  clear(key: object): void {
    const view = this.of(key);
    const last = Math.max(view.cost?.now.startedAt ?? -Infinity, view.death?.time ?? -Infinity);
    if (last === -Infinity) return;
    this.#cleared.set(key, last);
    this.#views = null;
  }

  /** Forgets everything that has ended. */
  clearAll(): void {
    for (const { startedAt } of this.#records.values()) this.#clearedAll = Math.max(this.#clearedAll, startedAt);
    for (const { time } of this.#deaths.values()) this.#clearedAll = Math.max(this.#clearedAll, time);
    this.#cleared = new WeakMap();
    this.#views = null;
  }

  /** What stands under this cell. */
  of(key: object): CellView {
    return this.all().get(key) ?? NOTHING;
  }

  /** Every cell of which something is known. */
  all(): ReadonlyMap<object, CellView> {
    this.#views ??= this.#build();
    return this.#views;
  }

  #build(): ReadonlyMap<object, CellView> {
    const index = new CellIndex(this.#places());
    const costs = new Map<object, CellCost>();
    const deaths = new Map<object, JupyterDeath>();
    const records = [...this.#records.values()].filter((one) => one.startedAt > this.#clearedAll);
    for (const record of records.sort((a, b) => a.startedAt - b.startedAt)) {
      const key = this.#keyOf(index, record.id, record.cell);
      if (key !== null) costs.set(key, withRecord(costs.get(key) ?? null, record));
    }
    for (const death of this.#deaths.values()) {
      const key =
        death.cell === null || death.time <= this.#clearedAll ? null : this.#keyOf(index, death.id, death.cell);
      if (key !== null && death.time > (deaths.get(key)?.time ?? -Infinity)) deaths.set(key, death);
    }
    const running = this.#running === null ? null : index.find(this.#running.cell);
    const views = new Map<object, CellView>();
    for (const key of new Set([...costs.keys(), ...deaths.keys(), ...(running === null ? [] : [running])])) {
      const cost = costs.get(key) ?? null;
      const cleared = this.#cleared.get(key) ?? -Infinity;
      const death = deaths.get(key) ?? null;
      // A run after the death has taken its place; the record of the deadly run itself has not.
      const over = death === null || death.time <= cleared || (cost !== null && cost.now.startedAt > death.time);
      views.set(key, {
        cost: cost === null ? null : { ...cost, cleared: cost.now.startedAt <= cleared },
        running: key === running ? this.#running : null,
        death: over ? null : death,
      });
    }
    return views;
  }

  #keyOf(index: CellIndex, id: string, ref: CellRef): object | null {
    const known = this.#found.get(id);
    if (known !== undefined && index.has(known)) return known;
    const key = index.find(ref);
    if (key !== null) this.#found.set(id, key);
    return key;
  }
}

/** Whether the record is of the run that was said to go on. */
function sameRun({ cell, startedAt }: Running, record: CellRecord): boolean {
  return record.endedAt >= startedAt && (cell.id === record.cell.id || record.startedAt >= startedAt);
}
