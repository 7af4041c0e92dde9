/** Series and their newest samples, encoded in RAM: what is not in a sealed chunk on disk yet. */
import {
  seriesKey,
  type Attributes,
  type MetricInfo,
  type MetricKind,
  type Reading,
  type Unit,
} from "../../../protocol/reading.ts";
import { CHUNK_SAMPLES, type Samples } from "./chunk/codec.ts";
import { OpenChunk } from "./chunk/open.ts";
import { matches } from "./frame.ts";
import { formatName } from "./series-name.ts";

/** Names of refused series are remembered up to this many, to count each once. */
const MAX_REFUSED = 10_000;

/** A chunk is closed when it spans this much, however few its samples. */
export const CHUNK_MS = 2 * 3_600_000;
/**
 * Chunks end where these spans do, counted from the epoch: the largest in which a series has no more samples than a
 * chunk takes. The series of one poll then end together, and share their times.
 */
const SPANS_MS: readonly number[] = [CHUNK_MS, 3_600_000, 1_200_000, 600_000, 300_000, 60_000];
/** A timer that is late once is early by as much the next time: some room for that. */
const FULL = CHUNK_SAMPLES * 0.95;

/** A series that has not come for this long is idle, and a slow one when it has not come for this many intervals. */
const IDLE_MS = 600_000;
const IDLE_INTERVALS = 5;

/** After so many samples a series' rhythm is known. */
const RHYTHM = 8;

/** Where the span ends in which a chunk began. */
function endOf({ first, last, count }: OpenChunk): number {
  const interval = (last - first) / (count - 1);
  const span = SPANS_MS.find((one) => one / interval <= FULL) ?? CHUNK_MS;
  return Math.floor(first / span) * span + span;
}

/** One series. */
export class ChunkSeries {
  /** Number in the database and in the journal. */
  readonly id: number;
  /** As `seriesKey` gives it. */
  readonly key: string;
  /** As `formatName` gives it. */
  readonly name: string;
  readonly metric: string;
  readonly attributes: Attributes;
  readonly unit: Unit;
  readonly kind: MetricKind;
  readonly #keys: readonly string[];
  /** A sample of this time or later begins the next chunk. */
  #endsAt = Infinity;
  open = new OpenChunk();
  /** Closed, on their way to the database; oldest first. */
  frozen: OpenChunk[] = [];
  /** Every append up to this sequence is in the database. */
  sealed = 0;
  /** The last sample's time in the database; -Infinity when it has none. */
  storedEnd = -Infinity;
  /** The series that came after it in the last append, which is likely to come after it again. */
  next: ChunkSeries | null = null;
  /** The journal's generation in which it was defined. */
  definedIn = -1;
  /** When it last came, by the monotonic clock: samples may be of any time. */
  seenAt = 0;
  /** Whether it takes one of the places that the limit allows. */
  active = false;

  constructor(id: number, name: string, metric: string, attributes: Attributes, unit: Unit, kind: MetricKind) {
    this.id = id;
    this.name = name;
    this.key = seriesKey(metric, attributes);
    this.metric = metric;
    this.attributes = attributes;
    this.unit = unit;
    this.kind = kind;
    this.#keys = Object.keys(attributes);
  }

  /** Whether a reading is of this series; cheaper than building its key. */
  is(metric: string, attributes: Attributes): boolean {
    if (metric !== this.metric) return false;
    const keys = this.#keys;
    for (const key of keys) if (attributes[key] !== this.attributes[key]) return false;
    let others = keys.length;
    for (const key in attributes) if (Object.hasOwn(attributes, key)) others--;
    return others === 0;
  }

  /** Everything that is not in the database, oldest first. */
  *chunks(): Generator<OpenChunk> {
    yield* this.frozen;
    if (this.open.count > 0) yield this.open;
  }

  /** Closes the open chunk; false when there is nothing in it. */
  freeze(): boolean {
    if (this.open.count === 0) return false;
    this.open.freeze();
    this.frozen.push(this.open);
    this.open = new OpenChunk();
    this.#endsAt = Infinity;
    return true;
  }

  /** Whether a sample of this time belongs into another chunk than the open one. */
  ends(time: number): boolean {
    const { open } = this;
    if (open.count === 0) return false;
    if (this.#endsAt === Infinity && open.count >= RHYTHM) this.#endsAt = endOf(open);
    const long = time - open.first >= CHUNK_MS || open.count >= CHUNK_SAMPLES;
    return long || time < open.first || time >= this.#endsAt;
  }

  /** Forgets what the database has. */
  dropSealed(sealed: number): void {
    if (sealed > this.sealed) this.sealed = sealed;
    while ((this.frozen[0]?.sequence ?? Infinity) <= this.sealed) this.frozen.shift();
    if (this.open.count > 0 && this.open.sequence <= this.sealed) this.open = new OpenChunk();
  }

  /** Sequence of the oldest append that is not in the database; Infinity when all are. */
  get unsealedSince(): number {
    if (this.frozen[0] !== undefined) return this.frozen[0].since;
    return this.open.count > 0 ? this.open.since : Infinity;
  }

  /** Time of its last sample anywhere; -Infinity when it has none. */
  get last(): number {
    if (this.open.count > 0) return Math.max(this.open.last, this.storedEnd);
    return this.frozen.reduce((last, chunk) => Math.max(last, chunk.last), this.storedEnd);
  }

  /** Whether it has stopped coming, by the monotonic clock: some intervals have passed, ten minutes at least, two hours at most. */
  idle(now: number): boolean {
    const { open } = this;
    const age = now - this.seenAt;
    const interval = open.count > 1 ? (open.last - open.first) / (open.count - 1) : CHUNK_MS;
    return age > Math.min(CHUNK_MS, Math.max(IDLE_MS, IDLE_INTERVALS * interval));
  }
}

/** All series that are known, by key and by metric. */
export class ChunkHead {
  readonly #maxSeries: number;
  readonly #series = new Map<string, ChunkSeries>();
  readonly #byMetric = new Map<string, Map<string, ChunkSeries>>();
  readonly #refused = new Set<string>();
  #nextId = 1;
  #active = 0;
  #before: ChunkSeries | null = null;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** Series that have a place. */
  get active(): number {
    return this.#active;
  }

  get size(): number {
    return this.#series.size;
  }

  /** Bytes of memory that the samples take, and how many there are. */
  get memory(): { readonly bytes: number; readonly samples: number } {
    let bytes = 0;
    let samples = 0;
    for (const series of this.#series.values()) {
      for (const chunk of series.chunks()) {
        bytes += chunk.bytes;
        samples += chunk.count;
      }
    }
    return { bytes, samples };
  }

  /** In words, what the limit has cost; empty when nothing. */
  get loss(): string {
    if (this.#refused.size === 0) return "";
    const refused = `${String(this.#refused.size)}${this.#refused.size === MAX_REFUSED ? " or more" : ""}`;
    return (
      `${String(this.#maxSeries)} series are kept at most: ${refused} further ones are left out, ` +
      "the existing ones go on."
    );
  }

  all(): IterableIterator<ChunkSeries> {
    return this.#series.values();
  }

  get(key: string): ChunkSeries | undefined {
    return this.#series.get(key);
  }

  /** Series of a metric with all of these attributes. */
  find(metric: string, match: Attributes): ChunkSeries[] {
    const found: ChunkSeries[] = [];
    for (const series of this.#byMetric.get(metric)?.values() ?? []) {
      if (matches(series.attributes, match)) found.push(series);
    }
    return found;
  }

  /** Adds a series that the database or the journal knows. `id`: its number there; absent: a new one. */
  add(metric: string, attributes: Attributes, unit: Unit, kind: MetricKind, id = this.#nextId): ChunkSeries {
    this.#nextId = Math.max(this.#nextId, id + 1);
    // A copy without a prototype: `__proto__` is a name like any other.
    const own = Object.freeze({ ...attributes });
    const series = new ChunkSeries(id, formatName(metric, own), metric, own, unit, kind);
    this.#series.set(series.key, series);
    let metrics = this.#byMetric.get(metric);
    if (metrics === undefined) this.#byMetric.set(metric, (metrics = new Map<string, ChunkSeries>()));
    metrics.set(series.key, series);
    return series;
  }

  /** The series of a reading, which then has a place; null when all places are taken. */
  take(reading: Reading, metrics: ReadonlyMap<string, MetricInfo>): ChunkSeries | null {
    const { metric, attributes } = reading;
    const guess = this.#before?.next ?? null;
    let series: ChunkSeries | null | undefined = guess;
    if (series?.is(metric, attributes) !== true) {
      const key = seriesKey(metric, attributes);
      series = this.#series.get(key);
      if (series === undefined) {
        if (this.#full(key)) return null;
        const info = metrics.get(metric);
        series = this.add(metric, attributes, info?.unit ?? "1", info?.kind ?? "gauge");
      }
      if (this.#before !== null) this.#before.next = series;
    }
    if (!series.active) {
      if (this.#full(series.key)) return null;
      this.activate(series);
    }
    this.#before = series;
    return series;
  }

  activate(series: ChunkSeries): void {
    if (series.active) return;
    series.active = true;
    this.#active++;
  }

  /** Gives the place of a series free. */
  deactivate(series: ChunkSeries): void {
    if (!series.active) return;
    series.active = false;
    this.#active--;
    if (this.#active < this.#maxSeries) this.#refused.clear();
  }

  /** Forgets a series altogether. */
  remove(series: ChunkSeries): void {
    this.deactivate(series);
    this.#series.delete(series.key);
    const metrics = this.#byMetric.get(series.metric);
    metrics?.delete(series.key);
    if (metrics?.size === 0) this.#byMetric.delete(series.metric);
    this.#before = null;
    for (const one of this.#series.values()) if (one.next === series) one.next = null;
  }

  #full(key: string): boolean {
    if (this.#active < this.#maxSeries) return false;
    if (this.#refused.size < MAX_REFUSED) this.#refused.add(key);
    return true;
  }
}

/** The samples of several chunks as one: sorted by time, of equal times the one of the later chunk. */
export function mergeSamples(parts: readonly Samples[]): Samples {
  const filled = parts.filter((part) => part.times.length > 0);
  const [only] = filled;
  if (filled.length === 1 && only !== undefined) return only;
  const count = filled.reduce((sum, part) => sum + part.times.length, 0);
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  let rising = true;
  let at = 0;
  for (const part of filled) {
    if (at > 0 && (part.times[0] ?? 0) <= (times[at - 1] ?? 0)) rising = false;
    times.set(part.times, at);
    values.set(part.values, at);
    at += part.times.length;
  }
  if (rising) return { times, values };
  const order = Array.from({ length: count }, (_, index) => index);
  order.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  const merged: { times: number[]; values: number[] } = { times: [], values: [] };
  for (const index of order) {
    const time = times[index] ?? 0;
    if (merged.times.at(-1) === time) merged.values[merged.values.length - 1] = values[index] ?? 0;
    else {
      merged.times.push(time);
      merged.values.push(values[index] ?? 0);
    }
  }
  return { times: Float64Array.from(merged.times), values: Float64Array.from(merged.values) };
}
