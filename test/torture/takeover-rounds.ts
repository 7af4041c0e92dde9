/** Writers that die with others waiting: one takes over, and never do two write. */
import { rmSync } from "node:fs";
import path from "node:path";
import { systemClock } from "../../server/host/node.ts";
import { ChunkStore } from "../../server/octopus/store/chunk-store.ts";
import { freshFolder, readAll } from "./found.ts";
import { until, Writer, writing } from "./writer-process.ts";

/** What happened when writers died with others waiting. */
export interface TakeoverReport {
  rounds: number;
  /** Moments at which two living processes said that they write. Should be 0. */
  twoWriters: number;
  /** From the kill to the word of the next writer. */
  worstMs: number;
  /** Samples with a value that nobody wrote. Should be 0. */
  wrong: number;
}

/** One writes, two follow; the writer is killed; one of the two has to take over, again and again. */
export async function takeoverRounds(rounds: number, flushIntervalMs: number): Promise<TakeoverReport> {
  const folder = freshFolder();
  const file = path.join(folder, "history.db");
  const base = Date.now() - 6 * 3_600_000;
  const report: TakeoverReport = { rounds: 0, twoWriters: 0, worstMs: 0, wrong: 0 };
  let seed = 1;
  const start = () => new Writer({ path: file, base, from: 0, seed: seed++, flushIntervalMs, acknowledge: false });
  let living = [start()];
  const twoWrite = () => living.filter((one) => writing(one.last)).length > 1;
  try {
    await until(() => living.every((one) => one.said(writing)));
    living.push(start(), start());
    await until(() => living.every((one) => one.said(() => true)));
    for (let round = 0; round < rounds; round++) {
      const victim = living.find((one) => writing(one.last));
      if (victim === undefined) throw new Error("Nobody writes.");
      await victim.kill();
      const killed = performance.now();
      living = living.filter((one) => one !== victim);
      await until(() => {
        if (twoWrite()) report.twoWriters += 1;
        return living.some((one) => one.said(() => true) && writing(one.last));
      });
      report.worstMs = Math.max(report.worstMs, performance.now() - killed);
      report.rounds += 1;
      const replacement = start();
      living.push(replacement);
      await until(() => replacement.said(() => true));
      if (twoWrite()) report.twoWriters += 1;
    }
    await Promise.all(living.map((one) => one.kill()));
    living = [];
    const store = new ChunkStore({ path: file, clock: systemClock });
    const found = await readAll(store, base);
    report.wrong = found.wrong + found.doubled;
    await store.close();
  } finally {
    await Promise.all(living.map((one) => one.kill()));
    rmSync(folder, { recursive: true, force: true });
  }
  return report;
}
