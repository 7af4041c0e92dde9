/** The rounds of the store's torture, for the tests (a few) and for the soak (many). */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
  closeSync,
  readSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { HistoryQuery } from "../../protocol/history.ts";
import type { Clock } from "../../server/host/host.ts";
import { ManualClock } from "../../server/host/manual-clock.ts";
import { systemClock } from "../../server/host/node.ts";
import { ChunkStore } from "../../server/octopus/store/chunk-store.ts";
import { METRIC, METRICS, readingsAt, SERIES, valueOf } from "./known.ts";
import type { WriterLine, WriterTask } from "./writer.ts";

const EVERYTHING: HistoryQuery = {
  metric: METRIC,
  match: {},
  from: -Infinity,
  to: Infinity,
  step: 0,
  aggregate: "avg",
};

/** A folder of one's own under the system's temporary folder. */
export function freshFolder(): string {
  return mkdtempSync(path.join(tmpdir(), "gorgon-torture-"));
}

/** A writer process and what it has said so far. */
class Writer {
  readonly lines: WriterLine[] = [];
  readonly exited: Promise<void>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #dead = false;

  constructor(task: WriterTask) {
    const file = path.join(import.meta.dirname, "writer.ts");
    this.#child = spawn(process.execPath, ["--no-warnings", file, JSON.stringify(task)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let rest = "";
    let complaint = "";
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      // A line that the kill cut short is none.
      rest = lines.pop() ?? "";
      for (const line of lines) this.lines.push(JSON.parse(line) as WriterLine);
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
    this.exited = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code) => {
        this.#dead = true;
        if (code === null) resolve();
        else reject(new Error(`The writer ended by itself with code ${String(code)}: ${complaint}`));
      });
    });
  }

  get last(): WriterLine | undefined {
    return this.lines.at(-1);
  }

  /** Whether it has said something for which this holds. */
  said(holds: (line: WriterLine) => boolean): boolean {
    if (this.#dead) throw new Error("The writer died before it said what was waited for.");
    return this.lines.some(holds);
  }

  /** Every index below this was appended at least so many milliseconds before it last spoke. */
  appendedBefore(ms: number): number {
    const now = this.last?.at ?? 0;
    return this.lines.findLast((line) => line.at <= now - ms)?.appended ?? 0;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
  }
}

/** Waits until this holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

const writing = (line: WriterLine | undefined) => line?.mode === "writing";

/** What was found in a file. */
interface Found {
  /** The indices that are there, by series. */
  readonly indices: readonly ReadonlySet<number>[];
  readonly wrong: number;
  readonly doubled: number;
}

async function readAll(store: ChunkStore, base: number, from = -Infinity): Promise<Found> {
  const indices = Array.from({ length: SERIES }, () => new Set<number>());
  let wrong = 0;
  let doubled = 0;
  for (const { attributes, times, values } of await store.query({ ...EVERYTHING, from: base + from })) {
    const series = Number(attributes["series"]);
    const seen = indices[series];
    times.forEach((time, at) => {
      const index = time - base;
      if (!Object.is(values[at], valueOf(series, index))) wrong += 1;
      if (seen?.has(index) === true) doubled += 1;
      seen?.add(index);
    });
  }
  return { indices, wrong, doubled };
}

/** The first index in [from, to) that a series lacks; null when all are there. */
function firstMissing(found: Found, from: number, to: number): number | null {
  for (let index = from; index < to; index++) {
    if (!found.indices.every((series) => series.has(index))) return index;
  }
  return null;
}

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
