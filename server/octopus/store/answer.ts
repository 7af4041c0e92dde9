/** Answers one question for one series from its chunks, its coarser tiers and what is in RAM. */
import type { HistoryQuery, SeriesFrame } from "../../../protocol/history.ts";
import type { Attributes, Unit } from "../../../protocol/reading.ts";
import { CHUNK_SAMPLES, Scratch, type Samples } from "./chunk/codec.ts";
import type { ChunkFile } from "./chunk-file.ts";
import { mergeSamples } from "./chunk-head.ts";
import type { Row } from "./chunk-row.ts";
import { FrameBuilder, isSimple, neededFrom } from "./frame.ts";
import { blockOf, COARSEST, RAW, TIER_STEPS } from "./rollup.ts";
import { readBlock, readRaw } from "./seal.ts";

/** Decoding this many samples takes about 3 ms; beyond it a coarser tier answers, if the step is wide enough. */
const RAW_BUDGET = 60_000;
/** A tier whose steps do not divide the question's may blur each by one of its own: at most this share. */
const MAX_BLUR = 1 / 8;

/** Where a series' samples are. */
export interface Sources {
  readonly attributes: Attributes;
  readonly unit: Unit;
  /** Its number in the file; null when it is not there, or there is no file. */
  readonly stored: { readonly file: ChunkFile; readonly id: number } | null;
  /** What is in RAM only, in the order of time. */
  readonly live: Samples;
}

/** A part of the time, and the tier that answers it. */
interface Segment {
  readonly tier: number;
  readonly from: number;
  readonly to: number;
}

const widthOf = (tier: number): number => TIER_STEPS[tier] ?? NaN;
const floorTo = (time: number, width: number): number => Math.floor(time / width) * width;
const ceilTo = (time: number, width: number): number => Math.ceil(time / width) * width;

/**
 * Builds the frame of one series; null when it has nothing there. Run it within one read of the file. `scratch` may be
 * used again for the next series.
 */
export function answer(query: HistoryQuery, sources: Sources, scratch = new Scratch()): SeriesFrame | null {
  const builder = new FrameBuilder(query);
  const { stored, live } = sources;
  const from = neededFrom(query);
  let resolution = 0;
  if (stored !== null) {
    const { file, id } = stored;
    // The clock was set back: what is in RAM belongs between what is on disk, sample by sample.
    const late = live.times.length > 0 && (live.times[0] ?? 0) <= file.end(id);
    for (const segment of plan(query, file, id, from, late)) {
      if (segment.tier === RAW) feedRaw(builder, query, file, id, segment, late ? live : null, scratch);
      else {
        const fed = feedSteps(builder, file, id, segment);
        if (late) builder.addAll(live.times, live.values, segment.from, segment.to);
        const width = widthOf(segment.tier);
        const blurs = query.step % width !== 0 || !isSimple(query.aggregate);
        if (fed && blurs) resolution = Math.max(resolution, width);
      }
    }
    if (late) return builder.finish(sources.attributes, sources.unit, resolution);
  }
  builder.addAll(live.times, live.values, from, query.to);
  return builder.finish(sources.attributes, sources.unit, resolution);
}

function plan(query: HistoryQuery, file: ChunkFile, id: number, from: number, late: boolean): Segment[] {
  const { to } = query;
  if (query.step === 0) return [{ tier: RAW, from, to }];
  const tier = late ? RAW : chooseTier(query, file, id, from);
  if (tier === RAW) return cover(file, id, RAW, from, to);
  // Steps at the two ends are only half asked for: their samples are taken one by one.
  const width = widthOf(tier);
  const begin = ceilTo(from, width);
  const end = floorTo(to, width);
  if (begin >= end) return cover(file, id, RAW, from, to);
  return [...cover(file, id, RAW, from, begin), ...cover(file, id, tier, begin, end), ...cover(file, id, RAW, end, to)];
}

/** The tier that answers cheapest without blurring more than it may. */
function chooseTier(query: HistoryQuery, file: ChunkFile, id: number, from: number): number {
  const { step, aggregate } = query;
  const simple = isSimple(aggregate);
  if (simple) {
    for (let tier = COARSEST; tier > RAW; tier--) if (step % widthOf(tier) === 0) return tier;
  }
  if (!simple && aggregate !== "rate") return RAW;
  // Cheaply first: as many chunks as there can be samples to look at.
  if (file.countRows(id, from, query.to) * CHUNK_SAMPLES <= RAW_BUDGET) return RAW;
  let cost = 0;
  for (const row of file.rows(id, from, query.to)) if (!fits(row, query)) cost += row.count;
  if (cost <= RAW_BUDGET) return RAW;
  for (let tier = COARSEST; tier > RAW; tier--) if (widthOf(tier) <= step * MAX_BLUR) return tier;
  return RAW;
}

/** Whether a chunk's summary says all that the question wants of it. */
function fits(row: Row, { from, to, step, aggregate }: HistoryQuery): boolean {
  if (!row.exact || !isSimple(aggregate) || row.start < from || row.end >= to) return false;
  return Math.floor(row.start / step) === Math.floor(row.end / step);
}

/** Answers [from, to) by a tier, and by coarser ones where its own chunks are gone already. */
function cover(file: ChunkFile, id: number, tier: number, from: number, to: number): Segment[] {
  if (!(from < to)) return [];
  if (tier === COARSEST) return [{ tier, from, to }];
  const oldest = file.oldest(id, tier);
  if (oldest === null) return cover(file, id, tier + 1, from, to);
  const coarser = widthOf(tier + 1);
  const before = file.oldest(id, tier + 1);
  if (from >= oldest || before === null || before >= floorTo(oldest, coarser)) return [{ tier, from, to }];
  // The coarser step in which the finer tier begins has all of its samples: it answers, and the finer tier after it.
  const border = Math.min(to, ceilTo(oldest, coarser));
  const rest: Segment[] = border < to ? [{ tier, from: border, to }] : [];
  return [...cover(file, id, tier + 1, from, border), ...rest];
}

function feedRaw(
  builder: FrameBuilder,
  query: HistoryQuery,
  file: ChunkFile,
  id: number,
  { from, to }: Segment,
  late: Samples | null,
  scratch: Scratch,
): void {
  const rows = file.rows(id, from, to);
  if (late !== null) {
    const parts = rows.map((row) => readRaw(file, id, row)).filter((part) => part !== null);
    const { times, values } = mergeSamples([...parts, late]);
    builder.addAll(times, values, from, to);
    return;
  }
  for (const row of rows) {
    if (query.step > 0 && row.start >= from && row.end < to && fits(row, query)) {
      builder.addLump(row);
      continue;
    }
    const samples = readRaw(file, id, row, scratch);
    if (samples !== null) builder.addAll(samples.times, samples.values, from, to);
  }
}

function feedSteps(builder: FrameBuilder, file: ChunkFile, id: number, { tier, from, to }: Segment): boolean {
  let fed = false;
  for (const block of file.blocks(id, tier, blockOf(tier, from).at, to)) {
    const steps = readBlock(file, id, tier, block);
    if (steps === null) continue;
    for (const [index, start] of steps.starts.entries()) {
      if (start < from || start >= to) continue;
      fed = true;
      builder.addLump({
        start,
        end: start + (steps.offsets[index] ?? 0),
        count: steps.counts[index] ?? 0,
        sum: steps.sums[index] ?? 0,
        min: steps.mins[index] ?? 0,
        max: steps.maxs[index] ?? 0,
        last: steps.lasts[index] ?? 0,
      });
    }
  }
  return fed;
}
