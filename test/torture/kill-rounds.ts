/** Writers of one file killed at random moments, and what is there afterwards. */
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../server/host/node.ts";
import { ChunkStore } from "../../server/octopus/store/chunk-store.ts";
import { firstMissing, freshFolder, readAll } from "./found.ts";
import { until, Writer } from "./writer-process.ts";

/** What a number of kills did. Every figure but the first two should be 0. */
export interface KillReport {
  kills: number;
  samples: number;
  notOpened: number;
  acknowledgedMissing: number;
  /** Samples missing although they were older than one flush interval, plus `LATE_MS`, when the process died. */
  lateMissing: number;
  wrong: number;
  doubled: number;
  /** The oldest sample that was lost, as its age when the process last spoke, milliseconds. */
  worstLossMs: number;
  /** Times that another process, reading while the samples were written, looked. */
  looks: number;
  /** Of those: looks that found a hole, a sample twice, or a wrong value. */
  holes: number;
  /** Looks that missed a sample older than one flush interval, plus `LATE_MS`. */
  lagging: number;
}

/** A flush that is due waits for the event loop and takes a moment itself; on a busy machine a longer one. */
const LATE_MS = 500;

/** Kills writers of one file at random moments, and after each looks at what is there. */
export async function killRounds(rounds: number, next: () => number, flushIntervalMs = 250): Promise<KillReport> {
  const folder = freshFolder();
  const file = path.join(folder, "history.db");
  const base = Date.now() - 6 * 3_600_000;
  const report: KillReport = {
    kills: 0,
    samples: 0,
    notOpened: 0,
    acknowledgedMissing: 0,
    lateMissing: 0,
    wrong: 0,
    doubled: 0,
    worstLossMs: 0,
    looks: 0,
    holes: 0,
    lagging: 0,
  };
  let from = 0;
  /** Ranges that have to be there from now on. */
  const owed: (readonly [number, number])[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const seed = Math.floor(next() * 2 ** 31);
      const writer = new Writer({ path: file, base, from, seed, flushIntervalMs, acknowledge: next() < 0.5 });
      // Some die while they open the file, most at work.
      if (next() < 0.9) await until(() => writer.said(() => true));
      const killAt = performance.now() + next() * 900;
      if (writer.said(() => true)) await lookOn(writer, file, base, from, killAt, flushIntervalMs, report);
      await sleep(Math.max(0, killAt - performance.now()));
      await writer.kill();
      report.kills += 1;
      const { last } = writer;
      const store = new ChunkStore({ path: file, clock: systemClock });
      const found = await readAll(store, base);
      const aside = readdirSync(folder).some((name) => name.includes(".corrupt-"));
      if (store.health().mode !== "writing" || store.health().reason !== "" || aside) report.notOpened += 1;
      await store.close();
      report.wrong += found.wrong;
      report.doubled += found.doubled;
      report.samples = found.indices.reduce((sum, series) => sum + series.size, 0);
      if (last === undefined) continue;
      owed.push([from, last.durable]);
      for (const [begin, end] of owed) if (firstMissing(found, begin, end) !== null) report.acknowledgedMissing += 1;
      const lost = firstMissing(found, from, last.appended);
      if (lost !== null) {
        // When it was appended: at the first line that counts it.
        const at = writer.lines.find((line) => line.appended > lost)?.at ?? last.at;
        report.worstLossMs = Math.max(report.worstLossMs, last.at - at);
        if (last.at - at > flushIntervalMs + LATE_MS) report.lateMissing += 1;
      }
      owed.push([from, lost ?? last.appended]);
      from = last.appended;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return report;
}

/** Reads as another window would, again and again until a moment: what it sees has no hole and lags by a flush at most. */
async function lookOn(
  writer: Writer,
  file: string,
  base: number,
  from: number,
  until: number,
  flushIntervalMs: number,
  report: KillReport,
): Promise<void> {
  // It never takes over: it looks for the lock at its own flushes only.
  const reader = new ChunkStore({ path: file, clock: systemClock, flushIntervalMs: 1_000_000_000 });
  try {
    while (reader.health().mode === "following" && performance.now() < until) {
      const due = writer.appendedBefore(flushIntervalMs + LATE_MS);
      const found = await readAll(reader, base, from);
      report.looks += 1;
      // Series are read one after the other: each is without a hole, but a later one may already know more.
      const whole = found.indices.every((series) => series.size === reach(series, from) - from);
      if (!whole || found.wrong > 0 || found.doubled > 0) report.holes += 1;
      if (found.indices.some((series) => reach(series, from) < due)) report.lagging += 1;
      await sleep(10);
    }
  } finally {
    await reader.close();
  }
}

/** One more than the largest index; `from` when there is none. */
function reach(indices: ReadonlySet<number>, from: number): number {
  let most = from;
  for (const index of indices) most = Math.max(most, index + 1);
  return most;
}
