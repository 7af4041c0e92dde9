/** Files damaged at random, and whether they still open. */
import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import type { Clock } from "../../server/host/host.ts";
import { ManualClock } from "../../server/host/manual-clock.ts";
import { ChunkStore } from "../../server/octopus/store/chunk-store.ts";
import { firstMissing, freshFolder, readAll } from "./found.ts";
import { METRICS, readingsAt } from "./known.ts";

/** What damage did. `threw`, `wrong`, `silentAside` and `unusable` should be 0. */
export interface DamageReport {
  rounds: number;
  /** Opened, with everything there. */
  whole: number;
  /** Opened, with samples left out. */
  partial: number;
  /** Moved aside, with a message. */
  aside: number;
  silentAside: number;
  threw: number;
  wrong: number;
  /** Did not take new samples afterwards. */
  unusable: number;
}

const DAMAGE_SAMPLES = 4000;

/** Makes one file with a write-ahead log beside it, damages copies of it at random, and opens each. */
export async function damageRounds(rounds: number, next: () => number): Promise<DamageReport> {
  const folder = freshFolder();
  // A clock that stands still: the same seed damages the same bytes.
  const clock = new ManualClock();
  const base = clock.now() - 3_600_000;
  const original = path.join(folder, "original.db");
  const report: DamageReport = {
    rounds: 0,
    whole: 0,
    partial: 0,
    aside: 0,
    silentAside: 0,
    threw: 0,
    wrong: 0,
    unusable: 0,
  };
  try {
    await fill(clock, original, base, 0, DAMAGE_SAMPLES / 2).then((store) => store.close());
    // The second half stays in write-ahead log and journal while the copies are made.
    const maker = await fill(clock, original, base, DAMAGE_SAMPLES / 2, DAMAGE_SAMPLES);
    for (let round = 0; round < rounds; round++) {
      const home = path.join(folder, String(round));
      const file = path.join(home, "history.db");
      mkdirSync(home);
      for (const end of ["", "-wal"]) copyFileSync(original + end, file + end);
      cpSync(`${original}.journal`, `${file}.journal`, { recursive: true });
      const parts = [file, `${file}-wal`, ...readdirSync(`${file}.journal`).map((name) => `${file}.journal/${name}`)];
      damage(parts[Math.floor(next() * parts.length)] ?? file, next);
      await openDamaged(clock, file, base, report);
      rmSync(home, { recursive: true, force: true });
    }
    await maker.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return report;
}

async function fill(clock: Clock, file: string, base: number, from: number, to: number): Promise<ChunkStore> {
  const store = new ChunkStore({ path: file, clock });
  for (let index = from; index < to; index++) store.append(base + index, readingsAt(index), METRICS);
  await store.flush();
  return store;
}

async function openDamaged(clock: Clock, file: string, base: number, report: DamageReport): Promise<void> {
  report.rounds += 1;
  let store: ChunkStore | null = null;
  try {
    store = new ChunkStore({ path: file, clock });
    const before = await readAll(store, base);
    await store.series();
    store.append(base + DAMAGE_SAMPLES, readingsAt(DAMAGE_SAMPLES), METRICS);
    await store.flush();
    const after = await readAll(store, base);
    report.wrong += before.wrong + before.doubled + after.wrong + after.doubled;
    const taken = firstMissing(after, DAMAGE_SAMPLES, DAMAGE_SAMPLES + 1) === null;
    if (!taken || store.health().mode !== "writing") report.unusable += 1;
    if (readdirSync(path.dirname(file)).some((name) => name.includes(".corrupt-"))) {
      report.aside += 1;
      if (!store.health().reason.includes("was damaged")) report.silentAside += 1;
    } else if (firstMissing(before, 0, DAMAGE_SAMPLES) === null) report.whole += 1;
    else report.partial += 1;
  } catch {
    report.threw += 1;
  } finally {
    await store?.close();
  }
}

/** Flips bits, overwrites a block, cuts the end off, or adds garbage. */
function damage(file: string, next: () => number): void {
  if (!existsSync(file)) return;
  const { size } = statSync(file);
  const kind = next();
  if (kind < 0.2) {
    truncateSync(file, Math.floor(next() * size));
    return;
  }
  const descriptor = openSync(file, "r+");
  try {
    const one = Buffer.alloc(1);
    if (kind < 0.7) {
      for (let flips = 1 + Math.floor(next() * 64); flips > 0; flips--) {
        const at = Math.floor(next() * size);
        readSync(descriptor, one, 0, 1, at);
        one[0] = (one[0] ?? 0) ^ (1 << Math.floor(next() * 8));
        writeSync(descriptor, one, 0, 1, at);
      }
    } else {
      const block = Buffer.from(Array.from({ length: 1 + Math.floor(next() * 4096) }, () => Math.floor(next() * 256)));
      writeSync(descriptor, block, 0, block.length, kind < 0.9 ? Math.floor(next() * size) : size);
    }
  } finally {
    closeSync(descriptor);
  }
}
