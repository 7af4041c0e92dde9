/** The reading side of the chunk store: gathers what file, journal and RAM have of each series, and answers. */
import type { HistoryQuery, SeriesFrame } from "../../../protocol/history.ts";
import { seriesKey, type Attributes, type Unit } from "../../../protocol/reading.ts";
import type { Clock } from "../../host/host.ts";
import { answer } from "./answer.ts";
import { Scratch, type Samples } from "./chunk/codec.ts";
import type { ChunkFile } from "./chunk-file.ts";
import type { ChunkFollower } from "./chunk-follower.ts";
import { mergeSamples, type ChunkHead, type ChunkSeries } from "./chunk-head.ts";
import type { StoredSeries } from "./chunk-row.ts";
import { matches, neededFrom } from "./frame.ts";
import type { OwnSamples } from "./own-samples.ts";
import { COARSEST, RAW } from "./rollup.ts";
import { parseName } from "./series-name.ts";
import type { StoreAccess } from "./store-access.ts";
import type { SeriesInfo } from "./store.ts";

/** A question gives the event loop back after this much work. */
const TURN_MS = 8;

/** Where samples are at the moment. */
export interface Places {
  /** Whether this process writes the file; then `head` has all that the file has not. */
  readonly writing: boolean;
  readonly head: ChunkHead;
  /** What another process has written and not sealed yet; null when this one writes. */
  readonly follower: ChunkFollower | null;
  /** What this process saw itself while it does not write. */
  readonly own: OwnSamples;
}

/** One series of an answer, and where its samples are. */
interface Wanted {
  readonly metric: string;
  readonly attributes: Attributes;
  readonly unit: Unit;
  readonly stored: StoredSeries | null;
  readonly series: ChunkSeries | null;
  readonly own: ChunkSeries | null;
}

/** Answers questions. */
export class ChunkReader {
  readonly #clock: Clock;
  readonly #access: StoreAccess<ChunkFile>;
  readonly #places: () => Places;

  constructor(options: { readonly clock: Clock; readonly access: StoreAccess<ChunkFile>; readonly now: () => Places }) {
    this.#clock = options.clock;
    this.#access = options.access;
    this.#places = options.now;
  }

  /** One frame a series that has something there, sorted by series. */
  async query(query: HistoryQuery): Promise<readonly SeriesFrame[]> {
    const frames: SeriesFrame[] = [];
    const scratch = new Scratch();
    let turnEnds = this.#clock.monotonic() + TURN_MS;
    const wanted = this.guard(() => this.#find(query.metric, query.match)) ?? this.#findLive(query.metric, query.match);
    const keys = [...wanted.keys()].sort();
    for (const key of keys) {
      const one = wanted.get(key);
      const frame = one === undefined ? null : this.#answer(query, one, scratch);
      if (frame !== null) frames.push(frame);
      if (this.#clock.monotonic() < turnEnds) continue;
      await nextTurn();
      turnEnds = this.#clock.monotonic() + TURN_MS;
    }
    return frames;
  }

  /** Series of a metric, or of all, that have something at or after `cutoff`. */
  series(metric: string | undefined, cutoff: number): readonly SeriesInfo[] {
    const found: SeriesInfo[] = [];
    const all = this.guard(() => this.#find(metric, {})) ?? this.#findLive(metric, {});
    for (const one of all.values()) {
      const ends = this.guard(() => this.#ends(one));
      if (ends === undefined || !(ends.last >= cutoff)) continue;
      found.push({
        metric: one.metric,
        attributes: one.attributes,
        unit: one.unit,
        kind: (one.stored ?? one.series ?? one.own)?.kind ?? "gauge",
        first: Math.max(ends.first, cutoff),
        last: ends.last,
      });
    }
    return found;
  }

  /** Runs what reads the file; undefined, and told to `health()`, when it fails. */
  guard<T>(work: () => T): T | undefined {
    const { file } = this.#access;
    try {
      return work();
    } catch (error) {
      // A file that was closed meanwhile, because it was replaced or moved aside, is no news.
      if (file === this.#access.file) this.#access.report(error);
      return undefined;
    }
  }

  /** Series of a metric, or of all, with all of these attributes. Throws SQLite's errors. */
  #find(metric: string | undefined, match: Attributes): Map<string, Wanted> {
    const found = this.#findLive(metric, match);
    const { file } = this.#access;
    if (file === null) return found;
    if (this.#places().writing) return found;
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
  #findLive(metric: string | undefined, match: Attributes): Map<string, Wanted> {
    const places = this.#places();
    const found = new Map<string, Wanted>();
    const shared = !this.#places().writing ? places.follower?.head : places.head;
    const of = (head: ChunkHead | undefined): Iterable<ChunkSeries> => {
      if (head === undefined) return [];
      return metric === undefined ? head.all() : head.find(metric, match);
    };
    for (const series of of(shared)) {
      const { attributes, unit } = series;
      const stored = !this.#places().writing ? null : series;
      found.set(series.key, { metric: series.metric, attributes, unit, stored, series, own: null });
    }
    if (this.#places().writing) return found;
    for (const own of of(places.own.head)) {
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
      const frame = this.guard(() =>
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
    if (file !== null && stored !== null && !this.#places().writing) {
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
      for (let tier = RAW; tier <= COARSEST; tier++) first = Math.min(first, file.oldest(id, tier) ?? Infinity);
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
}

/** The samples with a time after `end`. */
function after(samples: Samples | undefined, end: number): Samples {
  if (samples === undefined) return { times: new Float64Array(0), values: new Float64Array(0) };
  const from = samples.times.findIndex((time) => time > end);
  const begin = from < 0 ? samples.times.length : from;
  return { times: samples.times.subarray(begin), values: samples.values.subarray(begin) };
}

/** Lets everything else that waits for the event loop go first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
