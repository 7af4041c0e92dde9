/** Writers on a machine that sleeps for hours, killed at random moments, also asleep; and what is there afterwards. */
import { rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ManualClock } from "../../server/host/manual-clock.ts";
import { ChunkStore } from "../../server/octopus/store/chunk-store.ts";
import { EVERYTHING, freshFolder } from "./found.ts";
import { COUNTER, GROWTH, INTERVAL_MS, KEEP_ALL, valueOf } from "./known.ts";
import type { SleeperLine } from "./sleeper.ts";
import { Talker, until } from "./writer-process.ts";

/** What a number of kills did. `invented` and what follows it should be 0. */
export interface SleepReport {
  kills: number;
  samples: number;
  /** Times that the machine slept, of which both sides were looked at. */
  slept: number;
  /** Samples at a time at which none was appended, or with another value. */
  invented: number;
  acknowledgedMissing: number;
  /** Sleeps in which an answer in steps has a value. */
  filled: number;
  /** Rates that are not the counter's growth over the time that passed. */
  wrongRates: number;
  /** Answers of the coarser tiers that do not count exactly the samples there are. */
  miscounted: number;
  notOpened: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A first sleep is waited for this long at most, in lines. */
const ENOUGH_LINES = 60;

/** Kills writers of one file; the machine sleeps in between too. */
export async function sleepRounds(rounds: number, next: () => number): Promise<SleepReport> {
  const folder = freshFolder();
  const file = path.join(folder, "history.db");
  const report: SleepReport = {
    kills: 0,
    samples: 0,
    slept: 0,
    invented: 0,
    acknowledgedMissing: 0,
    filled: 0,
    wrongRates: 0,
    miscounted: 0,
    notOpened: 0,
  };
  const said = new Map<number, number>();
  const gaps: (readonly [number, number])[] = [];
  const owed: (readonly [number, number])[] = [];
  let from = 0;
  let wall = Date.UTC(2026, 0, 1);
  try {
    for (let round = 0; round < rounds; round++) {
      const seed = Math.floor(next() * 2 ** 31);
      const writer = new Talker<SleeperLine>("sleeper.ts", { path: file, from, wall, seed });
      await until(() => writer.said((line) => line.slept !== null) || writer.lines.length > ENOUGH_LINES);
      await sleep(next() * 200);
      await writer.kill();
      report.kills += 1;
      for (const { samples, slept } of writer.lines) {
        for (const [time, index] of samples) said.set(time, index);
        if (slept !== null) gaps.push(slept);
      }
      owed.push([from, writer.last?.durable ?? from]);
      from = (writer.last?.samples.at(-1)?.[1] ?? from) + 1 + 1000;
      const end = Math.max(...said.keys());
      await look(file, end + 1, said, owed, gaps, report);
      // It died, and what follows comes some hours later.
      wall = end + HOUR * (1 + 5 * next());
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return report;
}

async function look(
  file: string,
  now: number,
  said: ReadonlyMap<number, number>,
  owed: readonly (readonly [number, number])[],
  gaps: readonly (readonly [number, number])[],
  report: SleepReport,
): Promise<void> {
  const store = new ChunkStore({ path: file, clock: new ManualClock(now), tiers: KEEP_ALL, flushIntervalMs: 1e9 });
  try {
    if (store.health().mode !== "writing" || store.health().reason !== "") report.notOpened += 1;
    // As it is after the crash, and again when all of it is in chunks and tiers.
    for (let sealed = 0; sealed < 2; sealed++) {
      const [raw] = await store.query(EVERYTHING);
      const there = new Set<number>();
      const times = raw?.times ?? [];
      for (const [at, time] of times.entries()) {
        const index = said.get(time);
        if (index === undefined || !Object.is(raw?.values[at], valueOf(0, index))) report.invented += 1;
        else there.add(index);
      }
      for (const [first, durable] of owed) {
        for (let index = first; index < durable; index++) if (!there.has(index)) report.acknowledgedMissing += 1;
      }
      for (const step of [MINUTE, 10 * MINUTE, HOUR]) {
        const [counts] = await store.query({ ...EVERYTHING, step, aggregate: "count" });
        if ((counts?.values ?? []).reduce((sum, count) => sum + count, 0) !== times.length) report.miscounted += 1;
        const empty = gaps.filter(([begin, end]) =>
          (counts?.times ?? []).some((time) => time > begin && time + step <= end),
        );
        report.filled += empty.length;
      }
      await lookAtRates(store, said, report);
      report.samples = times.length;
      report.slept = gaps.length;
      await store.sealNow();
    }
  } finally {
    await store.close();
  }
}

/** The counter never resets: each rate is its growth over the time between two samples, and none exceeds its own. */
async function lookAtRates(store: ChunkStore, said: ReadonlyMap<number, number>, report: SleepReport): Promise<void> {
  const query = { ...EVERYTHING, metric: COUNTER, aggregate: "rate" } as const;
  const [raw] = await store.query({ ...query, aggregate: "avg" });
  const [rates] = await store.query(query);
  const times = raw?.times ?? [];
  const wrong = times.slice(1).filter((time, at) => {
    const before = times[at] ?? NaN;
    const growth = ((said.get(time) ?? NaN) - (said.get(before) ?? NaN)) * GROWTH;
    const rate = (growth / (time - before)) * 1000;
    return !(Math.abs((rates?.values[at] ?? NaN) - rate) <= rate * 1e-9);
  });
  report.wrongRates += wrong.length;
  const fastest = Math.max(...(rates?.values ?? []));
  for (const step of [MINUTE, HOUR]) {
    const [frame] = await store.query({ ...query, step });
    const most = [...(frame?.values ?? []), ...(frame?.max ?? [])];
    report.wrongRates += most.filter((rate) => !(rate >= 0 && rate <= fastest * 1.000001)).length;
  }
  if (!(fastest > 0 && times.length > INTERVAL_MS / 1000)) report.wrongRates += 1;
}
