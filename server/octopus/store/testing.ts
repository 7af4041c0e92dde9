/** Stores on disk for tests: each in a folder of its own, all closed and removed afterwards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { ManualClock } from "../../host/manual-clock.ts";
import { ChunkStore, type ChunkStoreOptions } from "./chunk-store.ts";
import { METRICS, sample } from "./contract.ts";

const SAMPLE_MS = 10_000;

/** A test file's stores; call `stores()` once, outside of any test. */
export class Stores {
  readonly #open: ChunkStore[] = [];
  #number = 0;
  #folder = "";

  begin(): void {
    this.#folder = mkdtempSync(path.join(tmpdir(), "gorgon-store-"));
  }

  async end(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((store) => store.close()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The file that `open` opens. */
  get file(): string {
    return path.join(this.#folder, "state", "history.db");
  }

  open(clock: ManualClock, more: Partial<ChunkStoreOptions> = {}): ChunkStore {
    const store = new ChunkStore({ path: this.file, clock, ...more });
    this.#open.push(store);
    return store;
  }

  /** Opens a file of its own. */
  openAnother(clock: ManualClock, more: Partial<ChunkStoreOptions> = {}): ChunkStore {
    this.#number += 1;
    return this.open(clock, { path: path.join(this.#folder, String(this.#number), "history.db"), ...more });
  }
}

/** The stores of a test file, closed and removed after each test. */
export function stores(): Stores {
  const all = new Stores();
  beforeEach(() => all.begin());
  afterEach(() => all.end());
  return all;
}

/** Values that no scheme makes smaller. */
export const noise = (index: number): number => Math.sin(index) * 1e9;

/** Whole numbers with one peak an hour, so that sums are exact and peaks can be looked for. */
export const valueAt = (index: number): number => (index % 360 === 17 ? 1000 : (index * 7919) % 101);

/** A counter, beside the gauge that `sample` makes. */
export const COUNTER = "system.network.io";

/**
 * Appends a sample of a gauge and of a counter each 10 s for some time, flushing as a worker does. `from`: how many
 * there were before. Gives how many there are.
 */
export async function live(store: ChunkStore, clock: ManualClock, ms: number, from = 0): Promise<number> {
  const count = ms / SAMPLE_MS;
  for (let index = from; index < from + count; index++) {
    store.append(clock.now(), [sample(valueAt(index)), sample(index * 5, {}, COUNTER)], METRICS);
    clock.jump(SAMPLE_MS);
    if (index % 60 === 0) await store.flush();
  }
  await store.flush();
  return from + count;
}
