/**
 * A crash between any two operations on the disk: the folder is copied before each, and every copy is opened. What was
 * flushed is there, once; the coarser tiers count exactly what the chunks hold.
 */
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { ManualClock } from "../../server/host/manual-clock.ts";
import { ChunkStore } from "../../server/octopus/store/chunk-store.ts";
import { nodeDisk, type JournalDisk } from "../../server/octopus/store/journal/disk.ts";
import { METRIC, METRICS, readingsAt, SERIES, valueOf } from "./known.ts";
import { freshFolder } from "./found.ts";

const BASE = Date.UTC(2026, 0, 1);
const STEP_MS = 2000;
const MINUTE = 60_000;

/** What has to be there at the moment of a copy. */
interface Copy {
  readonly folder: string;
  /** Every index below this was flushed. */
  readonly flushed: number;
  /** No index at or above this was appended. */
  readonly appended: number;
}

it("at any point loses nothing that was flushed, and counts nothing twice", { timeout: 600_000 }, async () => {
  const home = freshFolder();
  const state = path.join(home, "state");
  const clock = new ManualClock(BASE);
  const copies: Copy[] = [];
  let flushed = 0;
  let appended = 0;
  const copy = (): void => {
    if (!existsSync(state)) return;
    const folder = path.join(home, `copy-${String(copies.length)}`);
    cpSync(state, folder, { recursive: true });
    copies.push({ folder, flushed, appended });
  };
  // Before each write, removal and creation; between two of them lies at most one transaction of the database.
  const disk: JournalDisk = {
    ...nodeDisk,
    create(file) {
      copy();
      const real = nodeDisk.create(file);
      return {
        removed: () => real.removed(),
        write: (bytes, at) => {
          copy();
          // Half of it has reached the disk.
          real.write(bytes.subarray(0, bytes.length >> 1), at);
          copy();
          real.write(bytes.subarray(bytes.length >> 1), at + (bytes.length >> 1));
          copy();
        },
        truncate: (length) => real.truncate(length),
        sync: () => real.sync(),
        close: () => real.close(),
      };
    },
    remove(file) {
      copy();
      nodeDisk.remove(file);
      copy();
    },
  };
  try {
    mkdirSync(state);
    const open = (): ChunkStore =>
      new ChunkStore({ path: path.join(state, "history.db"), clock, disk, journalBytes: 30_000, flushIntervalMs: 1e9 });
    let store = open();
    for (let round = 0; round < 26; round++) {
      for (let count = 0; count < 150; count++, appended++) {
        store.append(BASE + appended * STEP_MS, readingsAt(appended), METRICS);
        clock.jump(STEP_MS);
      }
      // Time for checkpoints, which let journal files go.
      clock.advance(10_000);
      await store.flush();
      flushed = appended;
      copy();
      if (round % 9 === 8) {
        await store.close();
        copy();
        store = open();
      }
    }
    await store.close();
    expect(copies.length).toBeGreaterThan(60);
    for (const one of copies) await look(one, clock);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

async function look({ folder, flushed, appended }: Copy, clock: ManualClock): Promise<void> {
  const store = new ChunkStore({ path: path.join(folder, "history.db"), clock, flushIntervalMs: 1e9 });
  try {
    const query = { metric: METRIC, match: {}, from: -Infinity, to: Infinity, step: 0, aggregate: "avg" } as const;
    // As it is after the crash, and again when all of it was sealed.
    for (let round = 0; round < 2; round++) {
      expect(store.health()).toMatchObject({ mode: "writing", reason: "" });
      const frames = await store.query(query);
      expect(frames.length).toBe(flushed === 0 ? frames.length : SERIES);
      for (const { attributes, times, values } of frames) {
        expect(times.length).toBeGreaterThanOrEqual(flushed);
        expect(times.length).toBeLessThanOrEqual(appended);
        times.forEach((time, index) => {
          if (time !== BASE + index * STEP_MS) expect(time, folder).toBe(BASE + index * STEP_MS);
          const value = valueOf(Number(attributes["series"]), index);
          if (!Object.is(values[index], value)) expect(values[index], folder).toBe(value);
        });
      }
      const counts = await store.query({ ...query, step: MINUTE, aggregate: "count" });
      counts.forEach((frame, index) => {
        expect(frame.values.reduce((sum, count) => sum + count, 0)).toBe(frames[index]?.times.length);
      });
      await store.sealNow();
    }
  } finally {
    await store.close();
  }
}
