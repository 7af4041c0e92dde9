/** The writing side: samples into journal and head, closed chunks into the file, old ones out of it. */
import type { MetricInfo, Reading } from "../../../protocol/reading.ts";
import type { Clock } from "../../host/host.ts";
import type { Log } from "../../host/log.ts";
import { CHUNK_SAMPLES } from "./chunk/codec.ts";
import type { ChunkHead, ChunkSeries } from "./chunk-head.ts";
import type { ChunkFile } from "./chunk-file.ts";
import { Clocks } from "./clocks.ts";
import { convertSome } from "./convert.ts";
import type { JournalDisk } from "./journal/disk.ts";
import { journalFile, journalNumbers, replayFile, type Repair } from "./journal/files.ts";
import { Journal, type OldPart } from "./journal/journal.ts";
import { pruneTier } from "./retention.ts";
import { COARSEST, RAW } from "./rollup.ts";
import { addNamed, Replay } from "./replay.ts";
import { sealSamples } from "./seal.ts";
import type { TierLimit } from "./tiers.ts";

/** The event loop is given back after this much sealing; the commit comes on top. */
const SLICE_MS = 2;
/**
 * Chunks that one flush seals, however many were closed: the chunks of 2,000 series end in the same moment, and what
 * they put into the file should not have to be confirmed by the disk in one go. They take three minutes then.
 */
const SEAL_CHUNKS = 64;
/** Chunks that one slice of retention removes from a tier at most. */
const PRUNE_CHUNKS = 32;
/** Free pages that one slice gives back to the file system. */
const SHRINK_PAGES = 64;
/** More journal files than this, and the oldest one's samples are sealed so that it can go. */
const MAX_FILES = 8;
/** At most this much is lost in a power cut; and how often the file is asked to be safe on disk. */
const CHECKPOINT_MS = 30_000;

/** What the writing side needs. */
export interface WriterOptions {
  readonly file: ChunkFile;
  readonly head: ChunkHead;
  readonly disk: JournalDisk;
  /** The journal's folder. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly tiers: readonly TierLimit[];
  /** Samples that may wait for a file that does not take them; then the oldest are dropped, and that is told. */
  readonly maxWaiting: number;
  /** Size at which a journal file is followed by the next. */
  readonly journalBytes?: number;
}

/** A chunk that went into the file. */
interface SealedChunk {
  readonly series: ChunkSeries;
  readonly sequence: number;
  readonly last: number;
}

/** Takes what files and journal hold into a head, and writes from there on. */
export class ChunkWriter {
  readonly #options: WriterOptions;
  readonly #head: ChunkHead;
  readonly #journal: Journal;
  readonly #file: ChunkFile;
  readonly #clocks = new Clocks();
  #sequence = 0;
  #converting = true;
  /** Series with a closed chunk, once for each. */
  #queue: ChunkSeries[] = [];
  #checkpointAt: number;
  /** What was repaired in the journal at the start. */
  readonly repairs: readonly Repair[];
  /** Closed chunks that had to be dropped because the disk did not take them. */
  droppedChunks = 0;

  /** Reads file and journal. Throws what SQLite or the system says when that cannot be done. */
  constructor(options: WriterOptions) {
    this.#options = options;
    this.#file = options.file;
    this.#head = options.head;
    this.#checkpointAt = options.clock.monotonic() + CHECKPOINT_MS;
    this.#loadSeries();
    const { old, repairs } = this.#replay();
    this.repairs = repairs;
    this.#journal = new Journal({
      disk: options.disk,
      folder: options.folder,
      clock: options.clock,
      old,
      ...(options.journalBytes === undefined ? {} : { fileBytes: options.journalBytes }),
    });
  }

  /** Bytes in the journal's files. */
  get journalBytes(): number {
    return this.#journal.bytes;
  }

  /** Records that had to be dropped because the disk did not take them. */
  get droppedRecords(): number {
    return this.#journal.dropped;
  }

  /** Closed chunks that the next flush should seal: a bounded number, unless some series has two of them waiting. */
  get due(): number {
    const { length } = this.#queue;
    return Math.min(length, Math.max(SEAL_CHUNKS, length - this.#head.size));
  }

  /** Closed chunks that wait to be sealed. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Takes the readings of one moment. Never throws. */
  append(time: number, readings: readonly Reading[], metrics: ReadonlyMap<string, MetricInfo>): void {
    const sequence = ++this.#sequence;
    const journal = this.#journal;
    const now = this.#options.clock.monotonic();
    const taken: ChunkSeries[] = [];
    const values: number[] = [];
    // All that has to be said before the samples comes first, so that those stand in one entry.
    for (const reading of readings) {
      if (!Number.isFinite(reading.value)) continue;
      const series = this.#head.take(reading, metrics);
      if (series === null) continue;
      this.#define(series);
      // Its time is up, or the clock was set back before it began: what comes now is another chunk.
      if (series.ends(time)) this.#freeze(series);
      taken.push(series);
      values.push(reading.value);
    }
    if (taken.length > 0) {
      journal.begin(sequence, time);
      for (const [index, series] of taken.entries()) {
        const value = values[index] ?? NaN;
        journal.sample(series.id, value);
        series.open.add(time, value, sequence);
        series.seenAt = now;
      }
      journal.end();
    }
    journal.settle();
  }

  /** Writes the journal. Throws JournalRemoved or the system's error; nothing is lost, and the next call tries again. */
  flush(): void {
    this.#journal.flush();
  }

  /** Closes chunks whose series has stopped coming, and those that keep an old journal file from going. */
  closeIdle(): void {
    const now = this.#options.clock.monotonic();
    const crowded = this.#journal.files > MAX_FILES ? this.#journal.oldestLast : -1;
    for (const series of this.#head.all()) {
      if (!series.active) continue;
      if (series.unsealedSince <= crowded) this.#freeze(series);
      if (!series.idle(now)) continue;
      this.#freeze(series);
      this.#head.deactivate(series);
    }
  }

  /** Closes every chunk, so that the next sealing takes all of them. */
  closeAll(): void {
    for (const series of this.#head.all()) this.#freeze(series);
  }

  /**
   * Seals closed chunks for some milliseconds, `most` at most, in one transaction; gives how many. Throws SQLite's
   * errors; nothing is lost then.
   */
  sealSome(most: number): number {
    if (this.#queue.length === 0) return 0;
    const { clock } = this.#options;
    const until = clock.monotonic() + SLICE_MS;
    const sealed: SealedChunk[] = [];
    const taken = new Map<ChunkSeries, number>();
    this.#write(() => {
      for (const series of this.#queue) {
        const at = taken.get(series) ?? 0;
        taken.set(series, at + 1);
        const chunk = series.frozen[at];
        if (chunk === undefined) continue;
        const { id, name, unit, kind } = series;
        this.#file.putSeries({ id, name, unit, kind, sealed: chunk.sequence });
        sealSamples(this.#file, series.id, chunk.samples(), this.#clocks);
        sealed.push({ series, sequence: chunk.sequence, last: chunk.last });
        if (sealed.length >= most || clock.monotonic() >= until) break;
      }
    });
    // Only now: a transaction that failed must leave no trace.
    const done = [...taken.values()].reduce((sum, count) => sum + count, 0);
    this.#queue.splice(0, done);
    for (const { series, sequence, last } of sealed) {
      series.dropSealed(sequence);
      series.storedEnd = Math.max(series.storedEnd, last);
    }
    return done;
  }

  /** After a sealing that failed: lets the oldest closed chunks go when RAM holds more than it may. */
  shed(): void {
    let waiting = 0;
    for (const series of this.#head.all()) for (const chunk of series.frozen) waiting += chunk.count;
    while (waiting + CHUNK_SAMPLES > this.#options.maxWaiting && this.#queue.length > 1) {
      waiting -= this.#queue.shift()?.frozen.shift()?.count ?? 0;
      this.droppedChunks++;
    }
  }

  /** Takes over a little of what the version before left in the file. Throws SQLite's errors. */
  convert(): void {
    if (this.#converting) this.#converting = convertSome(this.#file, this.#head, this.#clocks);
  }

  /** Removes what is too old or too much, a little at a time. Throws SQLite's errors. */
  prune(): void {
    const { clock, tiers } = this.#options;
    const now = clock.now();
    const empty: ChunkSeries[] = [];
    this.#file.write(() => {
      const lost = new Set<number>();
      for (let tier = RAW; tier <= COARSEST; tier++) {
        const { ageMs, bytes } = tiers[tier] ?? { ageMs: 0, bytes: 0 };
        for (const id of pruneTier(this.#file, tier, now - ageMs, bytes, PRUNE_CHUNKS)) lost.add(id);
      }
      if (lost.size === 0) return;
      for (const series of this.#head.all()) {
        if (!lost.has(series.id) || series.unsealedSince !== Infinity || series.active) continue;
        if (this.#file.removeIfEmpty(series.id)) empty.push(series);
      }
      this.#file.shrink(SHRINK_PAGES);
    });
    for (const series of empty) this.#head.remove(series);
  }

  /** Whether it is time to settle. */
  get unsettled(): boolean {
    return this.#options.clock.monotonic() >= this.#checkpointAt;
  }

  /** Has the disk take the file's write-ahead log in the background, so that `settle` finds little to wait for. */
  async prepareToSettle(): Promise<void> {
    await this.#file.confirmLog();
  }

  /**
   * Makes sure that the disk has the file, and removes what the journal need not say any more. Throws SQLite's and the
   * system's errors.
   */
  settle(): void {
    this.#checkpointAt = this.#options.clock.monotonic() + CHECKPOINT_MS;
    let oldest = Infinity;
    for (const series of this.#head.all()) oldest = Math.min(oldest, series.unsealedSince);
    if (this.#file.checkpoint()) this.#journal.removeBelow(oldest);
  }

  /** Closes the journal as it is: everything in RAM goes elsewhere. Rejects with the system's error. */
  abandon(): Promise<void> {
    return this.#journal.close();
  }

  /** Has the disk confirm everything and closes the journal. Rejects with the system's error. */
  async close(): Promise<void> {
    try {
      this.#journal.flush();
      await this.#journal.sync();
    } finally {
      await this.#journal.close();
    }
  }

  #write(work: () => void): void {
    try {
      this.#file.write(work);
    } catch (error) {
      this.#clocks.forget();
      throw error;
    }
  }

  #freeze(series: ChunkSeries): void {
    if (!series.freeze()) return;
    this.#define(series);
    this.#journal.cut(series.id);
    this.#queue.push(series);
  }

  #define(series: ChunkSeries): void {
    if (series.definedIn === this.#journal.generation) return;
    this.#journal.define(series.id, series, series.sealed);
    series.definedIn = this.#journal.generation;
  }

  #loadSeries(): void {
    for (const stored of this.#file.series()) {
      const series = addNamed(this.#head, stored, stored.id);
      if (series === null) continue;
      series.sealed = Math.max(series.sealed, stored.sealed);
      series.storedEnd = this.#file.end(stored.id);
      this.#sequence = Math.max(this.#sequence, stored.sealed);
    }
  }

  /** What the journal has and the file has not, into the head. */
  #replay(): { readonly old: OldPart[]; readonly repairs: Repair[] } {
    const { disk, folder, log } = this.#options;
    const old: OldPart[] = [];
    const repairs: Repair[] = [];
    for (const number of journalNumbers(disk.prepare(folder))) {
      const path = journalFile(folder, number);
      const visitor = new Replay(this.#head);
      const { bytes, repair } = replayFile(disk, path, visitor);
      if (repair !== null) {
        repairs.push(repair);
        const lost = `${path}: ${repair.reason} at ${String(repair.at)}; ${String(repair.lost)} bytes were cut off`;
        if (repair.kind === "torn") log.info(`The last write before the end was not finished. ${lost}.`);
        else log.warn(`A history journal was damaged. ${lost}, everything before them is kept.`);
      }
      this.#sequence = Math.max(this.#sequence, visitor.last);
      old.push({ number, bytes, last: visitor.last });
    }
    for (const series of this.#head.all()) {
      series.dropSealed(series.sealed);
      if (series.unsealedSince === Infinity) continue;
      this.#head.activate(series);
      series.seenAt = this.#options.clock.monotonic();
      this.#queue.push(...series.frozen.map(() => series));
    }
    return { old, repairs };
  }
}
