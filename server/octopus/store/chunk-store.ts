/** History in compressed chunks: one writer a file with a journal, many readers of both, and RAM when all else fails. */
import path from "node:path";
import type { HistoryQuery, SeriesFrame } from "../../../protocol/history.ts";
import { seriesKey, type Attributes, type MetricInfo, type Reading, type Unit } from "../../../protocol/reading.ts";
import type { HistoryHealth } from "../../../protocol/state.ts";
import type { Clock, Disposable } from "../../host/host.ts";
import { silentLog, type Log } from "../../host/log.ts";
import { Annotations } from "./annotations.ts";
import { answer } from "./answer.ts";
import { Scratch, type Samples } from "./chunk/codec.ts";
import { openChunkFile, type ChunkFile, type StoredSeries } from "./chunk-file.ts";
import { ChunkFollower } from "./chunk-follower.ts";
import { ChunkHead, mergeSamples, type ChunkSeries } from "./chunk-head.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import { checkQuery, matches, neededFrom } from "./frame.ts";
import { WORKER_LIMITS, type HeadLimits } from "./head.ts";
import { nodeDisk, type JournalDisk } from "./journal/disk.ts";
import { JournalRemoved } from "./journal/journal.ts";
import { momentsAfter, OwnSamples } from "./own-samples.ts";
import { bytesOf } from "./private-file.ts";
import { parseName } from "./series-name.ts";
import { faultOf, reasonOf } from "./sqlite-errors.ts";
import { sqlite } from "./sqlite-module.ts";
import { StoreAccess } from "./store-access.ts";
import type { SeriesInfo, SeriesStore } from "./store.ts";
import { DEFAULT_TIERS, limitTiers, type TierLimit } from "./tiers.ts";

/** At most this much is lost on SIGKILL. */
const DEFAULT_FLUSH_MS = 5000;
/** A question gives the event loop back after this much work. */
const TURN_MS = 8;

/** What the store needs. */
export interface ChunkStoreOptions {
  /** The file; its folder is made. `<path>.lock` beside it says who writes, `<path>.journal/` holds the journal. */
  readonly path: string;
  readonly clock: Clock;
  readonly log?: Log;
  /** Milliseconds that anything is kept; absent: as long as the tiers say. */
  readonly retentionMs?: number;
  /** Age and size of each tier: raw, 1 min, 10 min, 1 h. */
  readonly tiers?: readonly TierLimit[];
  /** Milliseconds between two flushes; 5,000 by default. */
  readonly flushIntervalMs?: number;
  readonly limits?: Partial<HeadLimits>;
  /**
   * Whether this process may write, asked at every flush; always by default. A worker asks its leadership. What it
   * throws is why writing is impossible.
   */
  readonly mayWrite?: () => boolean;
  /** Hard limit of the file in pages, asked for whenever the file is opened; for quotas and tests. */
  readonly maxPages?: () => number;
  /** Where the journal is written; the real disk by default. */
  readonly disk?: JournalDisk;
  /** Size at which a journal file is followed by the next. */
  readonly journalBytes?: number;
}

/** One series of an answer, and where its samples are. */
interface Wanted {
  readonly attributes: Attributes;
  readonly unit: Unit;
  readonly stored: StoredSeries | null;
  readonly series: ChunkSeries | null;
  readonly own: ChunkSeries | null;
}

/** Keeps samples in compressed chunks. Needs `node:sqlite`: its constructor throws SqliteMissing without. */
export class ChunkStore implements SeriesStore {
  readonly annotations: Annotations;
  readonly #options: ChunkStoreOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: HeadLimits;
  readonly #tiers: readonly TierLimit[];
  readonly #retentionMs: number;
  readonly #flushMs: number;
  readonly #folder: string;
  readonly #disk: JournalDisk;
  readonly #access: StoreAccess<ChunkFile>;
  #head: ChunkHead;
  #writer: ChunkWriter | null = null;
  #follower: ChunkFollower | null = null;
  #own: OwnSamples;
  /** The file that the writer works on. */
  #file: ChunkFile | null = null;
  #timer: Disposable | null = null;
  #flushing: Promise<void> = Promise.resolve();
  #closed = false;
  #bytes = 0;
  /** What keeps the journal from being written; empty when nothing does. */
  #trouble = "";
  #followTrouble = "";
  /** What was found damaged at the start; stays on the face, because it explains a gap. */
  #notice = "";

  constructor(options: ChunkStoreOptions) {
    // Found missing here, not in the middle of something.
    sqlite();
    this.#options = options;
    this.#clock = options.clock;
    this.#log = options.log ?? silentLog;
    this.#limits = { ...WORKER_LIMITS, ...options.limits };
    const { tiers, retentionMs } = limitTiers(options.tiers ?? DEFAULT_TIERS, options.retentionMs);
    this.#tiers = tiers;
    this.#retentionMs = retentionMs;
    this.#flushMs = options.flushIntervalMs ?? DEFAULT_FLUSH_MS;
    this.#folder = `${options.path}.journal`;
    this.#disk = options.disk ?? nodeDisk;
    this.#head = new ChunkHead(this.#limits.maxSeries);
    this.#own = new OwnSamples(this.#limits.maxSeries, this.#limits.maxSamples);
    this.#access = new StoreAccess<ChunkFile>({
      path: options.path,
      clock: options.clock,
      log: this.#log,
      retryMs: this.#flushMs,
      open: (role) => openChunkFile(options.path, role),
      ...(options.maxPages === undefined ? {} : { maxPages: options.maxPages }),
      ...(options.mayWrite === undefined ? {} : { mayWrite: options.mayWrite }),
    });
    this.annotations = new Annotations(() => ({ file: this.#access.file, leads: this.#access.leads }));
    this.#access.refresh();
    this.#takeRole();
    this.#measure();
    this.#schedule();
  }

  append(time: number, readings: readonly Reading[], metrics: ReadonlyMap<string, MetricInfo>): void {
    const at = Math.round(time);
    if (this.#closed || !Number.isSafeInteger(at)) return;
    if (this.#writer === null) this.#own.append(at, readings, metrics);
    else this.#writer.append(at, readings, metrics);
  }

  flush(): Promise<void> {
    // One after the other: what was appended before this call is durable when it resolves.
    this.#flushing = this.#flushing.then(() => this.#flushNow());
    return this.#flushing;
  }

  /** Closes every open chunk and writes it to the file: before a copy is made of it, and for tests. */
  async sealNow(): Promise<void> {
    this.#writer?.closeAll();
    await this.flush();
  }

  async query(query: HistoryQuery): Promise<readonly SeriesFrame[]> {
    checkQuery(query);
    const asked = { ...query, from: Math.max(query.from, this.#clock.now() - this.#retentionMs) };
    await this.#follow();
    const frames: SeriesFrame[] = [];
    const scratch = new Scratch();
    let turnEnds = this.#clock.monotonic() + TURN_MS;
    const wanted =
      this.#guard(() => this.#find(query.metric, query.match)) ?? this.#findLive(query.metric, query.match);
    const keys = [...wanted.keys()].sort();
    for (const key of keys) {
      const one = wanted.get(key);
      const frame = one === undefined ? null : this.#answer(asked, one, scratch);
      if (frame !== null) frames.push(frame);
      if (this.#clock.monotonic() < turnEnds) continue;
      await nextTurn();
      turnEnds = this.#clock.monotonic() + TURN_MS;
    }
    return frames;
  }

  async series(metric?: string): Promise<readonly SeriesInfo[]> {
    await this.#follow();
    const cutoff = this.#clock.now() - this.#retentionMs;
    const found: SeriesInfo[] = [];
    const all = this.#guard(() => this.#find(metric, {})) ?? this.#findLive(metric, {});
    for (const one of all.values()) {
      const ends = this.#guard(() => this.#ends(one));
      if (ends === undefined || !(ends.last >= cutoff)) continue;
      found.push({
        metric: one.metric,
        attributes: one.attributes,
        first: Math.max(ends.first, cutoff),
        last: ends.last,
      });
    }
    return found;
  }

  health(): HistoryHealth {
    const file = this.#access.file;
    const damaged = file?.damage.count ?? 0;
    const dropped = this.#writer?.droppedChunks ?? 0;
    const reasons = [this.#access.reason, this.#trouble, this.#notice, this.#writer ? this.#head.loss : this.#own.loss];
    if (damaged > 0) reasons.push(`${String(damaged)} damaged chunks were found in the file and left out of answers.`);
    if (dropped > 0) {
      reasons.push(`Memory holds ${String(this.#limits.maxSamples)} samples at most: the oldest were dropped.`);
    }
    return {
      mode: this.#access.mode === "writing" && this.#trouble !== "" ? "memory" : this.#access.mode,
      reason: reasons.filter((reason) => reason !== "").join(" "),
      path: this.#options.path,
      bytes: this.#bytes,
      series: Math.max(this.#head.size, this.#own.head.size, this.#follower?.head.size ?? 0),
      retentionMs: this.#retentionMs,
    };
  }

  /** Bytes of memory that samples take, and how many there are. */
  get memory(): { readonly bytes: number; readonly samples: number } {
    const heads = this.#writer === null ? [this.#own.head, this.#follower?.head] : [this.#head];
    let bytes = 0;
    let samples = 0;
    for (const head of heads) {
      bytes += head?.memory.bytes ?? 0;
      samples += head?.memory.samples ?? 0;
    }
    return { bytes, samples };
  }

  async close(): Promise<void> {
    this.#timer?.dispose();
    await this.flush();
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.dispose();
    try {
      await this.#writer?.close();
    } catch (error) {
      this.#log.warn(`The history's journal did not close cleanly: ${reasonOf(error)}`);
    }
    this.#access.close();
  }

  #schedule(): void {
    if (this.#closed) return;
    // A follower looks twice as often, so that it takes over within one interval of the writer's death.
    const following = this.#access.mode === "following";
    const run = () => {
      void this.flush().then(() => this.#schedule());
    };
    this.#timer = this.#clock.schedule(run, following ? this.#flushMs / 2 : this.#flushMs, { unref: true });
  }

  async #flushNow(): Promise<void> {
    if (this.#closed) return;
    this.#access.refresh();
    this.#takeRole();
    // It may have to stop on the way: then it begins anew at once, so that nothing stays in RAM alone.
    if (!(await this.#write())) {
      this.#takeRole();
      await this.#write();
    }
    if (this.#follower !== null) {
      await this.#follow();
      this.#guard(() => {
        if (this.#access.file !== null) this.#follower?.dropSealed(this.#access.file);
      });
      this.#own.dropUntil((key) => this.#follower?.head.get(key)?.last ?? -Infinity);
    }
    this.#measure();
  }

  /** Writes journal and file; false when the journal was removed and has to be begun anew. Never rejects. */
  async #write(): Promise<boolean> {
    const writer = this.#writer;
    if (writer === null) return true;
    try {
      writer.closeIdle();
      writer.flush();
      this.#setTrouble("");
    } catch (error) {
      if (error instanceof JournalRemoved) {
        this.#log.warn(error.message);
        this.#stopWriting();
        return false;
      }
      this.#setTrouble(journalTrouble(this.#folder, error));
    }
    try {
      while (writer.sealing && this.#access.canWrite) {
        writer.sealSome();
        await nextTurn();
      }
      if (!this.#access.canWrite) return true;
      writer.convert();
      writer.prune();
      writer.settle();
      this.#access.succeeded();
    } catch (error) {
      this.#access.report(error);
    }
    return true;
  }

  /** Becomes writer, follower or neither, as lock and file say now. Never throws. */
  #takeRole(): void {
    const { file, leads } = this.#access;
    if (!leads) {
      this.#stopWriting();
      this.#follower ??= new ChunkFollower(this.#disk, this.#folder);
      return;
    }
    if (file === null) return;
    try {
      // Another file stands at the path now: what is in RAM, or still in the journal, goes there.
      if (this.#file !== file) this.#stopWriting();
      if (this.#writer === null) this.#startWriting(file);
      this.#file = file;
    } catch (error) {
      if (faultOf(error) === "damaged") this.#access.report(error);
      this.#setTrouble(journalTrouble(this.#folder, error));
    }
  }

  #startWriting(file: ChunkFile): void {
    const head = new ChunkHead(this.#limits.maxSeries);
    const { journalBytes } = this.#options;
    const writer = new ChunkWriter({
      file,
      head,
      disk: this.#disk,
      folder: this.#folder,
      clock: this.#clock,
      log: this.#log,
      tiers: this.#tiers,
      maxWaiting: this.#limits.maxSamples,
      ...(journalBytes === undefined ? {} : { journalBytes }),
    });
    this.#head = head;
    this.#writer = writer;
    this.#follower = null;
    const damaged = writer.repairs.filter((repair) => repair.kind === "damaged");
    if (damaged.length > 0) {
      const lost = damaged.reduce((sum, repair) => sum + repair.lost, 0);
      this.#notice = `${String(lost)} damaged bytes of the history's journal were cut off; what came before them is kept.`;
    }
    this.#setTrouble("");
    // Another process wrote what it saw of the same machine: only what is newer is this one's to add.
    const { moments, metrics } = momentsAfter(this.#own.head, (key) => head.get(key)?.last ?? -Infinity);
    for (const { time, readings } of moments) writer.append(time, readings, metrics);
    this.#own = new OwnSamples(this.#limits.maxSeries, this.#limits.maxSamples);
  }

  /** The lock was lost, or the file or the journal is another one now. What is in RAM becomes this process's own. */
  #stopWriting(): void {
    const writer = this.#writer;
    if (writer === null) return;
    const samples = Math.max(this.#limits.maxSamples, this.#head.memory.samples);
    this.#own = new OwnSamples(this.#limits.maxSeries, samples);
    const { moments, metrics } = momentsAfter(this.#head, () => -Infinity);
    for (const { time, readings } of moments) this.#own.append(time, readings, metrics);
    this.#writer = null;
    this.#file = null;
    this.#head = new ChunkHead(this.#limits.maxSeries);
    writer.abandon().catch((error: unknown) => this.#log.warn(`The history's journal: ${reasonOf(error)}`));
  }

  async #follow(): Promise<void> {
    try {
      await this.#follower?.look();
    } catch (error) {
      const reason = `The history's journal cannot be followed: ${reasonOf(error)}`;
      if (reason !== this.#followTrouble) this.#log.debug(reason);
      this.#followTrouble = reason;
    }
  }

  /** Series of a metric, or of all, with all of these attributes. Throws SQLite's errors. */
  #find(metric: string | undefined, match: Attributes): Map<string, Wanted & { readonly metric: string }> {
    const found = this.#findLive(metric, match);
    const { file } = this.#access;
    if (file === null) return found;
    if (this.#writer !== null) return found;
    for (const stored of file.series(metric)) {
      const parsed = parseName(stored.name);
      if (parsed === null || !matches(parsed.attributes, match)) continue;
      const key = seriesKey(parsed.metric, parsed.attributes);
      const known = found.get(key);
      found.set(key, {
        metric: parsed.metric,
        attributes: parsed.attributes,
        unit: stored.unit,
        series: known?.series ?? null,
        own: known?.own ?? null,
        stored,
      });
    }
    return found;
  }

  /** The same from RAM alone. */
  #findLive(metric: string | undefined, match: Attributes): Map<string, Wanted & { readonly metric: string }> {
    const found = new Map<string, Wanted & { readonly metric: string }>();
    const shared = this.#writer === null ? this.#follower?.head : this.#head;
    const of = (head: ChunkHead | undefined): Iterable<ChunkSeries> => {
      if (head === undefined) return [];
      return metric === undefined ? head.all() : head.find(metric, match);
    };
    for (const series of of(shared)) {
      const { attributes, unit } = series;
      const stored = this.#writer === null ? null : series;
      found.set(series.key, { metric: series.metric, attributes, unit, stored, series, own: null });
    }
    if (this.#writer !== null) return found;
    for (const own of of(this.#own.head)) {
      const { key, attributes, unit } = own;
      const known = found.get(key);
      found.set(key, { metric: own.metric, attributes, unit, stored: null, series: known?.series ?? null, own });
    }
    return found;
  }

  #answer(query: HistoryQuery, wanted: Wanted, scratch: Scratch): SeriesFrame | null {
    const { file } = this.#access;
    const { attributes, unit } = wanted;
    const { stored } = wanted;
    if (file !== null && stored !== null) {
      const frame = this.#guard(() =>
        file.read(() => {
          const live = this.#live(query, wanted, file);
          return answer(query, { attributes, unit, stored: { file, id: stored.id }, live }, scratch);
        }),
      );
      if (frame !== undefined) return frame;
    }
    // The file failed on the way: what RAM has is better than nothing.
    return answer(query, { attributes, unit, stored: null, live: this.#live(query, wanted, null) }, scratch);
  }

  /** What is in RAM of one series and not in the file, as the file is now. */
  #live(query: HistoryQuery, { series, own, stored }: Wanted, file: ChunkFile | null): Samples {
    const from = neededFrom(query);
    const parts: Samples[] = [];
    let end = -Infinity;
    if (file !== null && stored !== null && this.#writer === null) {
      series?.dropSealed(file.sealedOf(stored.id));
      end = file.end(stored.id);
    }
    const take = (of: ChunkSeries): void => {
      for (const chunk of of.chunks()) {
        end = Math.max(end, chunk.last);
        if (chunk.last >= from && chunk.first < query.to) parts.push(chunk.samples());
      }
    };
    if (series !== null) take(series);
    if (own !== null) {
      // The writer sees the same machine: only what it has not written yet is this process's to add.
      const known = end;
      const before = parts.length;
      take(own);
      for (let index = before; index < parts.length; index++) parts[index] = after(parts[index], known);
    }
    return mergeSamples(parts);
  }

  /** Time of the first and the last sample of a series; undefined when it has none. */
  #ends(wanted: Wanted): { readonly first: number; readonly last: number } | undefined {
    let first = Infinity;
    let last = -Infinity;
    const { file } = this.#access;
    if (file !== null && wanted.stored !== null) {
      const { id } = wanted.stored;
      for (let tier = 0; tier < this.#tiers.length; tier++) first = Math.min(first, file.oldest(id, tier) ?? Infinity);
      last = file.end(id);
    }
    for (const series of [wanted.series, wanted.own]) {
      for (const chunk of series?.chunks() ?? []) {
        first = Math.min(first, chunk.first);
        last = Math.max(last, chunk.last);
      }
    }
    return first === Infinity ? undefined : { first, last: Math.max(first, last) };
  }

  /** Runs what reads the file; undefined, and told to `health()`, when it fails. */
  #guard<T>(work: () => T): T | undefined {
    const { file } = this.#access;
    try {
      return work();
    } catch (error) {
      // A file that was closed meanwhile, because it was replaced or moved aside, is no news.
      if (file === this.#access.file) this.#access.report(error);
      return undefined;
    }
  }

  #setTrouble(trouble: string): void {
    if (trouble !== "" && this.#trouble === "") this.#log.warn(trouble);
    if (trouble === "" && this.#trouble !== "") this.#log.info(`The history's journal is written again.`);
    this.#trouble = trouble;
  }

  #measure(): void {
    try {
      this.#bytes = bytesOf(this.#options.path) + (this.#writer?.journalBytes ?? 0);
    } catch {
      // The folder is out of reach; `reason` says so already.
      this.#bytes = 0;
    }
  }
}

/** The samples with a time after `end`. */
function after(samples: Samples | undefined, end: number): Samples {
  if (samples === undefined) return { times: new Float64Array(0), values: new Float64Array(0) };
  const from = samples.times.findIndex((time) => time > end);
  const begin = from < 0 ? samples.times.length : from;
  return { times: samples.times.subarray(begin), values: samples.values.subarray(begin) };
}

function journalTrouble(folder: string, error: unknown): string {
  const words = reasonOf(error);
  const folderName = path.join(folder, "");
  switch (faultOf(error)) {
    case "full":
      return `History is kept in memory only: there is no room for ${folderName} (${words}). Free some space; it goes on by itself.`;
    case "denied":
      return `History is kept in memory only: ${folderName} cannot be written (${words}). Allow this user to write there; it goes on by itself.`;
    default:
      return `History is kept in memory only: ${folderName} cannot be used (${words}). It is tried again by itself.`;
  }
}

/** Lets everything else that waits for the event loop go first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
