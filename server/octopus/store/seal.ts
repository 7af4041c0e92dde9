/** How a closed chunk goes into the history file: its samples as they are, and their steps into the coarser tiers. */
import { CHUNK_SAMPLES, decodeChunk, encodeChunk, type Samples, type Scratch } from "./chunk/codec.ts";
import { ChunkDamaged } from "./chunk/errors.ts";
import { summarize } from "./chunk/summary.ts";
import type { Clocks } from "./clocks.ts";
import type { ChunkFile } from "./chunk-file.ts";
import type { Block, Row } from "./chunk-row.ts";
import { CHUNK_MS, mergeSamples } from "./chunk-head.ts";
import {
  addSamples,
  appendSteps,
  blockOf,
  COARSEST,
  copyStep,
  decodeSteps,
  encodeSteps,
  isPacked,
  mergeSteps,
  noSteps,
  RAW,
  TIER_STEPS,
  type Steps,
} from "./rollup.ts";

/** A chunk this short is joined to the one before it, if both fit into one. */
const SHORT = CHUNK_SAMPLES / 3;

/**
 * Writes samples of a series, in the order of time, as raw chunks and steps. Within a transaction. Those at a time
 * that the file has already replace its own; steps are made anew from all raw samples then, so nothing counts twice.
 */
export function sealSamples(file: ChunkFile, series: number, samples: Samples, clocks: Clocks): void {
  const first = samples.times[0];
  if (first === undefined) return;
  const end = file.end(series);
  if (first > end) {
    putRaw(file, series, joined(file, series, samples, end), clocks);
    for (let tier = RAW + 1; tier <= COARSEST; tier++) extendTier(file, series, tier, samples);
    return;
  }
  const last = samples.times.at(-1) ?? first;
  putRaw(file, series, mergeSamples([...takeRaw(file, series, first, last + 1), samples]), clocks);
  for (let tier = RAW + 1; tier <= COARSEST; tier++) renewTier(file, series, tier, first, last);
}

/**
 * Decodes a raw chunk, into `scratch` where that is given; null, and counted, when it is damaged or is not what stands
 * beside it.
 */
export function readRaw(file: ChunkFile, series: number, row: Row, scratch?: Scratch): Samples | null {
  try {
    const body = file.body(series, row.start);
    if (body === null) return null;
    const samples = decodeChunk(body, scratch, row.clock === null ? null : file.clock(row.clock));
    const { times } = samples;
    if (times.length === row.count && times[0] === row.start && times.at(-1) === row.end) return samples;
  } catch (error) {
    if (!(error instanceof ChunkDamaged)) throw error;
  }
  file.damage.add(series, RAW, row.start);
  return null;
}

/** Decodes a block of steps; null, and counted, when it is damaged or is not what stands beside it. */
export function readBlock(file: ChunkFile, series: number, tier: number, block: Block): Steps | null {
  try {
    const steps = decodeSteps(block.body, TIER_STEPS[tier] ?? NaN);
    if (steps.starts[0] === block.start && steps.starts.at(-1) === block.end) return steps;
  } catch (error) {
    if (!(error instanceof ChunkDamaged)) throw error;
  }
  file.damage.add(series, tier, block.at);
  return null;
}

/** A short chunk together with the one before it, which is taken out of the file; itself when they do not fit. */
function joined(file: ChunkFile, series: number, samples: Samples, end: number): Samples {
  const count = samples.times.length;
  if (count > SHORT || end === -Infinity) return samples;
  const before = file.rows(series, end, end + 1).at(-1);
  if (before === undefined || before.count + count > CHUNK_SAMPLES) return samples;
  if ((samples.times.at(-1) ?? 0) - before.start > CHUNK_MS) return samples;
  const known = readRaw(file, series, before);
  if (known === null) return samples;
  file.removeChunk(series, before.start);
  return mergeSamples([known, samples]);
}

/** The raw chunks that have something in [from, to), taken out of the file. Damaged ones go too: their place is needed. */
function takeRaw(file: ChunkFile, series: number, from: number, to: number): Samples[] {
  const taken: Samples[] = [];
  for (const row of file.rows(series, from, to)) {
    const samples = readRaw(file, series, row);
    if (samples !== null) taken.push(samples);
    file.removeChunk(series, row.start);
  }
  return taken;
}

/** Writes samples as chunks of equal length, as few as possible. */
function putRaw(file: ChunkFile, series: number, { times, values }: Samples, clocks: Clocks): void {
  const pieces = Math.ceil(times.length / CHUNK_SAMPLES);
  const length = Math.ceil(times.length / pieces);
  for (let from = 0; from < times.length; from += length) {
    const piece = { times: times.subarray(from, from + length), values: values.subarray(from, from + length) };
    const clock = clocks.of(file, piece.times);
    file.putChunk(series, summarize(piece), clock, encodeChunk(piece, clock !== null));
  }
}

/** Adds later samples to a tier. */
function extendTier(file: ChunkFile, series: number, tier: number, samples: Samples): void {
  const { times, values } = samples;
  const width = TIER_STEPS[tier] ?? NaN;
  for (let from = 0; from < times.length;) {
    const { at, next } = blockOf(tier, times[from] ?? 0);
    let to = from;
    while (to < times.length && (times[to] ?? 0) < next) to++;
    const steps = noSteps();
    addSamples(steps, { times: times.subarray(from, to), values: values.subarray(from, to) }, width);
    const start = steps.starts[0] ?? NaN;
    const end = steps.starts.at(-1) ?? NaN;
    const known = file.block(series, tier, at);
    if (known === null) packBlock(file, series, tier, blockOf(tier, at - 1).at);
    const body = known === null ? null : appended(file, series, tier, known, steps);
    if (known === null || body === null) {
      putSteps(file, series, tier, at, known?.body.length ?? 0, steps);
    } else file.putBlock(series, tier, { at, start: Math.min(start, known.start), end, body }, known.body.length);
    from = to;
  }
}

/** Writes a block that is full in one segment: it will not change any more. */
function packBlock(file: ChunkFile, series: number, tier: number, at: number): void {
  const block = file.block(series, tier, at);
  if (block === null || isPacked(block.body)) return;
  const steps = readBlock(file, series, tier, block);
  if (steps !== null) putSteps(file, series, tier, at, block.body.length, steps);
}

/** A block with later steps behind it; null, and counted, when it is damaged. */
function appended(file: ChunkFile, series: number, tier: number, block: Block, later: Steps): Uint8Array | null {
  try {
    return appendSteps(block.body, later, TIER_STEPS[tier] ?? NaN);
  } catch (error) {
    if (!(error instanceof ChunkDamaged)) throw error;
    file.damage.add(series, tier, block.at);
    return null;
  }
}

/** Makes a tier's steps between two times anew from the raw samples that the file has now. */
function renewTier(file: ChunkFile, series: number, tier: number, first: number, last: number): void {
  const width = TIER_STEPS[tier] ?? NaN;
  const from = Math.floor(first / width) * width;
  const to = Math.floor(last / width) * width + width;
  const late = noSteps();
  for (const row of file.rows(series, from, to)) {
    const samples = readRaw(file, series, row);
    if (samples === null) continue;
    const { times, values } = samples;
    const begin = countBelow(times, from);
    const end = countBelow(times, to);
    addSamples(late, { times: times.subarray(begin, end), values: values.subarray(begin, end) }, width);
  }
  for (let time = from; time < to;) {
    const { at, next } = blockOf(tier, time);
    const part = noSteps();
    for (const [index, start] of late.starts.entries()) if (start >= at && start < next) copyStep(late, index, part);
    const known = file.block(series, tier, at);
    const steps = known === null ? null : readBlock(file, series, tier, known);
    putSteps(file, series, tier, at, known?.body.length ?? 0, mergeSteps(steps ?? noSteps(), part));
    time = next;
  }
}

/** How many of the rising times are below a time. */
function countBelow(times: Float64Array, time: number): number {
  const found = times.findIndex((one) => one >= time);
  return found < 0 ? times.length : found;
}

function putSteps(file: ChunkFile, series: number, tier: number, at: number, before: number, steps: Steps): void {
  const [start] = steps.starts;
  if (start === undefined) return;
  const body = encodeSteps(steps, TIER_STEPS[tier] ?? NaN);
  file.putBlock(series, tier, { at, start, end: steps.starts.at(-1) ?? start, body }, before);
}
