/** Twenty days of samples in tiers of a fixed size. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../host/manual-clock.ts";
import { ChunkStore, type ChunkStoreOptions } from "./chunk-store.ts";
import { ask, METRICS, sample } from "./contract.ts";
import { DEFAULT_TIERS } from "./tiers.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const NET = "system.network.io";

let folder: string;
const open: ChunkStore[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gorgon-tiers-"));
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
  rmSync(folder, { recursive: true, force: true });
});

function openStore(clock: ManualClock, more: Partial<ChunkStoreOptions> = {}): ChunkStore {
  const store = new ChunkStore({ path: path.join(folder, "history.db"), clock, ...more });
  open.push(store);
  return store;
}

/** Whole numbers with one peak an hour, so that sums are exact and peaks can be looked for. */
const valueAt = (index: number): number => (index % 360 === 17 ? 1000 : (index * 7919) % 101);

/** Appends a sample each 10 s for some time, flushing as a worker does. */
async function live(store: ChunkStore, clock: ManualClock, ms: number, from = 0): Promise<number> {
  const count = ms / 10_000;
  for (let index = from; index < from + count; index++) {
    store.append(clock.now(), [sample(valueAt(index)), sample(index * 5, {}, NET)], METRICS);
    clock.jump(10_000);
    if (index % 60 === 0) await store.flush();
  }
  await store.flush();
  return from + count;
}

describe("the tiers", () => {
  it("hold to their size, the oldest first, and the file stops growing", async () => {
    const clock = new ManualClock(START);
    const small = DEFAULT_TIERS.map(({ ageMs }) => ({ ageMs, bytes: 60_000 }));
    const store = openStore(clock, { tiers: small });
    const count = await live(store, clock, 10 * DAY);
    const first = (await store.query(ask()))[0]?.times[0] ?? 0;
    expect(first).toBeGreaterThan(START);
    await store.close();
    const bytes = statSync(path.join(folder, "history.db")).size;
    const again = openStore(clock, { tiers: small });
    await live(again, clock, 10 * DAY, count);
    await again.close();
    expect(statSync(path.join(folder, "history.db")).size).toBeLessThan(bytes * 1.3);
    const last = openStore(clock, { tiers: small });
    expect((await last.query(ask()))[0]?.times.at(-1)).toBe(clock.now() - 10_000);
  });
});
