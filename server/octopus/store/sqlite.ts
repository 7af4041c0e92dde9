/** History on disk through SQLite: a head in RAM for what is not written yet, one writer a file, many readers. */
import type { HistoryQuery, SeriesFrame } from "../../../protocol/history.ts";
import type { Attributes, MetricInfo, Reading, Unit } from "../../../protocol/reading.ts";
import type { HistoryHealth } from "../../../protocol/state.ts";
import type { Clock, Disposable } from "../../host/host.ts";
import type { Log } from "../../host/log.ts";
import { checkQuery, FrameBuilder, matches } from "./frame.ts";
import { Head, WORKER_LIMITS, type HeadLimits, type HeadSeries } from "./head.ts";
import { bytesOf } from "./private-file.ts";
import { HistoryAccess } from "./sqlite-access.ts";
import type { FileSeries, HistoryFile } from "./sqlite-file.ts";
import { sqlite } from "./sqlite-module.ts";
import type { SeriesInfo, SeriesStore } from "./store.ts";

/** At most this much is lost on SIGKILL. */
const DEFAULT_FLUSH_MS = 5000;
const WEEK_MS = 7 * 86_400_000;
/** When the file holds more, its oldest samples go, whatever their age; but never those of the last hour. */
const DEFAULT_MAX_BYTES = 512 * 1024 * 1024;
const HOUR_MS = 3_600_000;
/** At most this much is lost in a power cut. */
const CHECKPOINT_MS = 30_000;
/** Rows written, or read, in one go: 5 ms at most between two turns of the event loop. */
const SLICE_ROWS = 5000;
/** A head this large is written at once instead of waiting for the flush. */
const FLUSH_AT_SAMPLES = 20_000;
/** Retention works through the series in turns: this many series a flush, this many rows each. */
const PRUNE_SERIES = 50;
const PRUNE_ROWS = 500;

/** A series that has not come for this long gives its place among the known ones free. */
const IDLE_MS = 600_000;

/** What the store needs. */
export interface SqliteStoreOptions {
  /** The file; its folder is made. `<path>.lock` beside it says who writes. */
  readonly path: string;
  readonly clock: Clock;
  readonly log?: Log;
  /** Milliseconds that samples are kept; a week by default. */
  readonly retentionMs?: number;
  /** Bytes that the file may hold; 512 MiB by default. */
  readonly maxBytes?: number;
  /** Milliseconds between two flushes; 5,000 by default. */
  readonly flushIntervalMs?: number;
  readonly limits?: Partial<HeadLimits>;
  /** Hard limit of the file in pages, asked for at every flush; for quotas and tests. */
  readonly maxPages?: () => number;
}

/** Keeps samples in a SQLite file. Needs `node:sqlite`: its constructor throws SqliteMissing without. */
export class SqliteStore implements SeriesStore {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #retentionMs: number;
  readonly #maxBytes: number;
  readonly #flushMs: number;
  readonly #access: HistoryAccess;
  readonly #head: Head;
  #timer: Disposable | null = null;
  #flushing: Promise<void> = Promise.resolve();
  #closed = false;
  #bytes = 0;
  #checkpointAt: number;
  /** Rows found damaged since the file was opened. */
  #damaged = 0;
  #pruneFrom = 0;

  constructor(options: SqliteStoreOptions) {
    // Found missing here, not in the middle of something.
    sqlite();
    const { path, clock, log, maxPages } = options;
    this.#path = path;
    this.#clock = clock;
    this.#retentionMs = options.retentionMs ?? WEEK_MS;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#flushMs = options.flushIntervalMs ?? DEFAULT_FLUSH_MS;
    this.#head = new Head({ ...WORKER_LIMITS, ...options.limits });
    this.#access = new HistoryAccess({
      path,
      clock,
      retryMs: this.#flushMs,
      ...(log === undefined ? {} : { log }),
      ...(maxPages === undefined ? {} : { maxPages }),
    });
    this.#access.refresh();
    this.#measure();
    this.#checkpointAt = clock.monotonic() + CHECKPOINT_MS;
    this.#schedule();
  }

  append(time: number, readings: readonly Reading[], metrics: ReadonlyMap<string, MetricInfo>): void {
    if (this.#closed) return;
    this.#head.put(time, readings, metrics);
    if (this.#head.size >= FLUSH_AT_SAMPLES && this.#access.mode === "writing") this.#writeSlice();
  }

  flush(): Promise<void> {
    // One after the other: what was appended before this call is durable when it resolves.
    this.#flushing = this.#flushing.then(() => this.#flushNow());
    return this.#flushing;
  }

  async query(query: HistoryQuery): Promise<readonly SeriesFrame[]> {
    checkQuery(query);
    const { file } = this.#access;
    try {
      return await this.#answer(query, file);
    } catch (error) {
      // A file that was closed meanwhile, because it was replaced or moved aside, is no news.
      if (file === this.#access.file) this.#access.report(error);
    }
    // The file failed on the way: what the head has is better than nothing.
    return this.#answer(query, null);
  }

  series(metric?: string): Promise<readonly SeriesInfo[]> {
    const found = new Map<string, SeriesInfo>();
    try {
      const file = this.#access.file;
      for (const series of file?.all() ?? []) {
        const ends = metric === undefined || series.metric === metric ? file?.ends(series) : null;
        if (ends) found.set(series.key, { metric: series.metric, attributes: series.attributes, ...ends });
      }
    } catch (error) {
      this.#access.report(error);
    }
    for (const { key, metric: name, attributes, samples } of this.#head.all()) {
      if ((metric !== undefined && name !== metric) || samples.size === 0) continue;
      const stored = found.get(key);
      const first = Math.min(stored?.first ?? Infinity, samples.first);
      const last = Math.max(stored?.last ?? -Infinity, samples.last);
      found.set(key, { metric: name, attributes, first, last });
    }
    return Promise.resolve([...found.values()]);
  }

  health(): HistoryHealth {
    const reasons = [this.#access.reason, this.#head.loss];
    if (this.#damaged > 0) {
      reasons.push(`${String(this.#damaged)} damaged samples were found in the file and left out of answers.`);
    }
    return {
      mode: this.#access.mode,
      reason: reasons.filter((reason) => reason !== "").join(" "),
      path: this.#path,
      bytes: this.#bytes,
      series: Math.max(this.#head.seriesCount, this.#access.file?.seriesCount ?? 0),
      retentionMs: this.#retentionMs,
    };
  }

  async close(): Promise<void> {
    this.#timer?.dispose();
    await this.flush();
    this.#closed = true;
    this.#timer?.dispose();
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
    const followed = this.#access.mode === "following";
    this.#access.refresh();
    // The writer wrote what it saw of the same machine: only what is newer is this process's to add.
    if (followed) this.#trimToFile();
    for (let failures = 0; this.#head.size > 0 && this.#access.canWrite && failures < 2;) {
      if (!this.#writeSlice()) failures += 1;
      if (this.#head.size > 0) await nextTurn();
    }
    if (this.#access.mode === "writing") this.#keepHouse();
    this.#head.dropBefore(this.#clock.now() - this.#retentionMs);
    this.#measure();
  }

  /** Writes the oldest samples of the head in one transaction. False when that failed. */
  #writeSlice(): boolean {
    const { file } = this.#access;
    if (file === null) return false;
    const added: FileSeries[] = [];
    const written: { readonly series: HeadSeries; readonly count: number }[] = [];
    try {
      file.transaction(() => {
        let room = SLICE_ROWS;
        for (const series of this.#head.all()) {
          if (room === 0) break;
          if (series.samples.size === 0) continue;
          let stored = file.get(series.key);
          if (stored === undefined) {
            stored = file.add(series.metric, series.attributes, series.unit, series.kind);
            added.push(stored);
          }
          const { times, values } = series.samples.oldest(room);
          for (let index = 0; index < times.length; index++) file.insert(stored, times[index] ?? 0, values[index] ?? 0);
          written.push({ series, count: times.length });
          room -= times.length;
        }
      });
    } catch (error) {
      this.#access.report(error);
      return false;
    }
    for (const series of added) file.remember(series);
    for (const { series, count } of written) this.#head.dropOldest(series, count);
    this.#access.succeeded();
    return true;
  }

  #trimToFile(): void {
    const { file } = this.#access;
    if (file === null) return;
    try {
      for (const series of this.#head.all()) {
        const stored = file.get(series.key);
        const ends = stored === undefined ? null : file.ends(stored);
        if (ends !== null) this.#head.dropSeriesBefore(series, ends.last + 1);
      }
    } catch (error) {
      this.#access.report(error);
    }
  }

  /** Retention and checkpoint, a little at a time. */
  #keepHouse(): void {
    const { file } = this.#access;
    if (file === null) return;
    try {
      this.#prune(file);
      if (this.#clock.monotonic() >= this.#checkpointAt) {
        this.#checkpointAt = this.#clock.monotonic() + CHECKPOINT_MS;
        file.checkpoint();
        this.#head.dropIdle(this.#clock.now() - IDLE_MS);
      }
    } catch (error) {
      this.#access.report(error);
    }
  }

  #prune(file: HistoryFile): void {
    const series = [...file.all()];
    const now = this.#clock.now();
    const cutoff = now - (file.usedBytes() > this.#maxBytes ? Math.min(HOUR_MS, this.#retentionMs) : this.#retentionMs);
    const begin = this.#pruneFrom < series.length ? this.#pruneFrom : 0;
    this.#pruneFrom = begin + PRUNE_SERIES;
    file.transaction(() => {
      for (const one of series.slice(begin, begin + PRUNE_SERIES)) {
        const gone = file.prune(one, cutoff, PRUNE_ROWS);
        if (gone < PRUNE_ROWS && this.#head.get(one.key) === undefined) file.removeIfEmpty(one);
      }
    });
  }

  async #answer(query: HistoryQuery, file: HistoryFile | null): Promise<SeriesFrame[]> {
    const from = Math.max(query.from, this.#clock.now() - this.#retentionMs);
    const wanted = new Map<string, Wanted>();
    for (const stored of file?.all() ?? []) {
      if (stored.metric === query.metric && matches(stored.attributes, query.match)) {
        wanted.set(stored.key, { attributes: stored.attributes, unit: stored.unit, stored, head: null });
      }
    }
    for (const series of this.#head.find(query.metric, query.match)) {
      const { attributes, unit } = series;
      const stored = wanted.get(series.key)?.stored ?? null;
      // Copied now: a flush while this waits for its turn must not take samples away.
      const head = series.samples.window(this.#headFrom(file, stored, from), query.to);
      wanted.set(series.key, { attributes, unit, stored, head });
    }
    const frames: SeriesFrame[] = [];
    const keys = [...wanted.keys()].sort();
    for (const key of keys) {
      const one = wanted.get(key);
      if (one === undefined) continue;
      const frame = await this.#frame({ ...query, from }, one, file);
      if (frame !== null) frames.push(frame);
    }
    return frames;
  }

  /** A follower's own samples count only after the writer's last one: both see the same machine. */
  #headFrom(file: HistoryFile | null, stored: FileSeries | null, from: number): number {
    if (file === null || stored === null || this.#access.mode !== "following") return from;
    const ends = file.ends(stored);
    return ends === null ? from : Math.max(from, ends.last + 1);
  }

  async #frame(query: HistoryQuery, wanted: Wanted, file: HistoryFile | null): Promise<SeriesFrame | null> {
    const builder = new FrameBuilder(query);
    const head = wanted.head ?? NOTHING;
    let at = 0;
    let next: number | null = wanted.stored === null ? null : query.from;
    while (file !== null && wanted.stored !== null && next !== null) {
      const page = file.page(wanted.stored, next, query.to, SLICE_ROWS);
      this.#damaged += page.damaged;
      for (let index = 0; index < page.times.length; index++) {
        const time = page.times[index] ?? 0;
        // The head's sample of the same time is the newer word.
        for (; at < head.times.length && (head.times[at] ?? 0) < time; at++) {
          builder.add(head.times[at] ?? 0, head.values[at] ?? 0);
        }
        if (head.times[at] !== time) builder.add(time, page.values[index] ?? 0);
      }
      next = page.next;
      if (next !== null) await nextTurn();
    }
    for (; at < head.times.length; at++) builder.add(head.times[at] ?? 0, head.values[at] ?? 0);
    return builder.finish(wanted.attributes, wanted.unit);
  }

  #measure(): void {
    try {
      this.#bytes = bytesOf(this.#path);
    } catch {
      // The folder is out of reach; `reason` says so already.
      this.#bytes = 0;
    }
  }
}

interface Columns {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

const NOTHING: Columns = { times: new Float64Array(0), values: new Float64Array(0) };

/** One series of an answer, and where its samples are. */
interface Wanted {
  readonly attributes: Attributes;
  readonly unit: Unit;
  readonly stored: FileSeries | null;
  readonly head: Columns | null;
}

/** Lets everything else that waits for the event loop go first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
