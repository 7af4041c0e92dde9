/** History in compressed chunks: one writer a file with a journal, many readers of both, and RAM when all else fails. */
import { t } from "@vscode/l10n";
import type { HistoryQuery, SeriesFrame } from "../../../protocol/history.ts";
import type { MetricInfo, Reading } from "../../../protocol/reading.ts";
import type { HistoryHealth } from "../../../protocol/state.ts";
import type { Clock, Disposable } from "../../host/host.ts";
import { silentLog, type Log } from "../../host/log.ts";
import { AlertTables } from "./alert-tables.ts";
import { Annotations } from "./annotations.ts";
import { CellTable } from "./cell-table.ts";
import { openChunkFile, type ChunkFile } from "./chunk-file.ts";
import { ChunkFollower } from "./chunk-follower.ts";
import { ChunkHead } from "./chunk-head.ts";
import { ChunkReader } from "./chunk-reader.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import { checkQuery } from "./frame.ts";
import type { HeadLimits } from "./head.ts";
import { nodeDisk, type JournalDisk } from "./journal/disk.ts";
import { JournalRemoved } from "./journal/journal.ts";
import { journalTrouble } from "./journal/trouble.ts";
import { momentsAfter, OwnSamples } from "./own-samples.ts";
import { bytesOf } from "./private-file.ts";
import { faultOf, reasonOf } from "./sqlite-errors.ts";
import { sqlite } from "./sqlite-module.ts";
import { StoreAccess } from "./store-access.ts";
import type { SeriesInfo, SeriesStore } from "./store.ts";
import { DEFAULT_TIERS, limitTiers, type TierLimit } from "./tiers.ts";

/** At most this much is lost on SIGKILL. */
const DEFAULT_FLUSH_MS = 5000;

/** A follower that may not write looks this seldom, in flush intervals: only to forget what the file has by now. */
const SETTLED_FLUSHES = 3;

/**
 * 2,000 series, and 16 MB of encoded samples while they cannot be written: half an hour of 2,000 series at 2 s. What can
 * be written has no such bound.
 */
const DEFAULT_LIMITS: HeadLimits = { maxSeries: 2000, maxSamples: 4_000_000 };

/** What the store needs. */
export interface ChunkStoreOptions {
  /** The file; its folder is made. `<path>.lock` beside it says who writes, `<path>.journal/` holds the journal. */
  readonly path: string;
  readonly clock: Clock;
  readonly log?: Log;
  /** Milliseconds that anything is kept; absent or Infinity: as long as the tiers say. */
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

/** Keeps samples in compressed chunks. Needs `node:sqlite`: its constructor throws SqliteMissing without. */
export class ChunkStore implements SeriesStore {
  readonly annotations: Annotations;
  readonly alerts: AlertTables;
  readonly cells: CellTable;
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
  readonly #reader: ChunkReader;
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
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
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
    this.#reader = new ChunkReader({
      clock: options.clock,
      access: this.#access,
      now: () => ({ writing: this.#writer !== null, head: this.#head, follower: this.#follower, own: this.#own }),
    });
    const where = () => ({ file: this.#access.file, leads: this.#access.leads });
    this.annotations = new Annotations(where);
    this.alerts = new AlertTables(where);
    this.cells = new CellTable(where);
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
    return this.#flushThen(false);
  }

  /** Closes every open chunk and writes it to the file: before a copy is made of it, and for tests. */
  async sealNow(): Promise<void> {
    this.#writer?.closeAll();
    await this.#flushThen(true);
  }

  async query(query: HistoryQuery): Promise<readonly SeriesFrame[]> {
    checkQuery(query);
    const asked = { ...query, from: Math.max(query.from, this.#clock.now() - this.#retentionMs) };
    await this.#follow();
    return this.#reader.query(asked);
  }

  async series(metric?: string): Promise<readonly SeriesInfo[]> {
    await this.#follow();
    return this.#reader.series(metric, this.#clock.now() - this.#retentionMs);
  }

  health(): HistoryHealth {
    const file = this.#access.file;
    const damaged = file?.damage.count ?? 0;
    const dropped = this.#writer?.droppedChunks ?? 0;
    const reasons = [this.#access.reason, this.#trouble, this.#notice, this.#writer ? this.#head.loss : this.#own.loss];
    if (damaged > 0) reasons.push(t("{0} damaged chunks were found in the file and left out of answers.", damaged));
    if (dropped > 0) {
      reasons.push(t("Memory holds {0} samples at most: the oldest were dropped.", this.#limits.maxSamples));
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
    const run = () => {
      void this.flush().then(() => this.#schedule());
    };
    this.#timer = this.#clock.schedule(run, this.#flushMs * this.#pace(), { unref: true });
  }

  /** The pause before the next flush, in flush intervals. */
  #pace(): number {
    if (this.#access.mode !== "following") return 1;
    // A follower looks twice as often, so that it takes over within one interval of the writer's death. One that may
    // not is flushed when it may, and a query looks first.
    return this.#access.settled ? SETTLED_FLUSHES : 0.5;
  }

  #flushThen(sealAll: boolean): Promise<void> {
    // One after the other: what was appended before this call is durable when it resolves.
    this.#flushing = this.#flushing.then(() => this.#flushNow(sealAll));
    return this.#flushing;
  }

  async #flushNow(sealAll: boolean): Promise<void> {
    if (this.#closed) return;
    this.#access.refresh();
    this.#takeRole();
    // It may have to stop on the way: then it begins anew at once, so that nothing stays in RAM alone.
    if (!(await this.#write(sealAll))) {
      this.#takeRole();
      await this.#write(sealAll);
    }
    if (this.#follower !== null) {
      await this.#follow();
      const { file } = this.#access;
      this.#reader.guard(() => (file === null ? undefined : this.#follower?.dropSealed(file)));
      this.#own.dropUntil((key) => this.#follower?.head.get(key)?.last ?? -Infinity);
    }
    this.#measure();
  }

  /** Writes journal and file; false when the journal was removed and has to be begun anew. Never rejects. */
  async #write(sealAll: boolean): Promise<boolean> {
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
      for (let left = sealAll ? Infinity : writer.due; left > 0 && writer.waiting > 0 && this.#access.canWrite;) {
        left -= writer.sealSome(left);
        await nextTurn();
      }
      if (writer.unsettled) await writer.prepareToSettle();
      if (!this.#access.canWrite) {
        writer.shed();
        return true;
      }
      writer.convert();
      writer.prune();
      this.annotations.prune(this.#clock.now() - this.#retentionMs);
      this.cells.prune(this.#clock.now() - this.#retentionMs);
      if (writer.unsettled) writer.settle();
      this.#access.succeeded();
    } catch (error) {
      this.#access.report(error);
      writer.shed();
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
      const reason = t("The history's journal cannot be followed: {0}", reasonOf(error));
      if (reason !== this.#followTrouble) this.#log.debug(reason);
      this.#followTrouble = reason;
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

/** Lets everything else that waits for the event loop go first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
