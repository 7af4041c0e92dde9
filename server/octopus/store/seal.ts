/** How a closed chunk goes into the history file: its samples as they are, and their steps into the coarser tiers. */
import { CHUNK_SAMPLES, decodeChunk, encodeChunk, type Samples } from "./chunk/codec.ts";
import { ChunkDamaged } from "./chunk/errors.ts";
import { summarize, type Summary } from "./chunk/summary.ts";
import type { ChunkFile } from "./chunk-file.ts";
import { CHUNK_MS, mergeSamples } from "./chunk-head.ts";
import {
  addSamples,
  CHUNK_STEPS,
  COARSEST,
  copyStep,
  decodeSteps,
  encodeSteps,
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
export function sealSamples(file: ChunkFile, series: number, samples: Samples): void {
  const first = samples.times[0];
  if (first === undefined) return;
  const end = file.end(series);
  if (first > end) {
    putRaw(file, series, joined(file, series, samples, end));
    for (let tier = RAW + 1; tier <= COARSEST; tier++) extendTier(file, series, tier, samples);
    return;
  }
  const last = samples.times.at(-1) ?? first;
  putRaw(file, series, mergeSamples([...takeRaw(file, series, first, last + 1), samples]));
  for (let tier = RAW + 1; tier <= COARSEST; tier++) renewTier(file, series, tier, first, last);
}

/** Decodes a raw chunk; null, and counted, when it is damaged or is not what stands beside it. */
export function readRaw(file: ChunkFile, series: number, row: Summary): Samples | null {
  try {
    const body = file.body(series, RAW, row.start);
    if (body === null) return null;
    const samples = decodeChunk(body);
    const { times } = samples;
    if (times.length === row.count && times[0] === row.start && times.at(-1) === row.end) return samples;
  } catch (error) {
    if (!(error instanceof ChunkDamaged)) throw error;
  }
  file.damage.add(series, RAW, row.start);
  return null;
}

/** Decodes a chunk of a coarser tier; null, and counted, when it is damaged. */
export function readSteps(file: ChunkFile, series: number, tier: number, start: number): Steps | null {
  try {
    const body = file.body(series, tier, start);
    const steps = body === null ? null : decodeSteps(body, TIER_STEPS[tier] ?? NaN);
    if (steps === null || steps.starts[0] === start) return steps;
  } catch (error) {
    if (!(error instanceof ChunkDamaged)) throw error;
  }
  file.damage.add(series, tier, start);
  return null;
}

/** A short chunk together with the one before it, which is taken out of the file; itself when they do not fit. */
function joined(file: ChunkFile, series: number, samples: Samples, end: number): Samples {
  const count = samples.times.length;
  if (count > SHORT || end === -Infinity) return samples;
  const before = file.rows(series, RAW, end, end + 1).at(-1);
  if (before === undefined || before.count + count > CHUNK_SAMPLES) return samples;
  if ((samples.times.at(-1) ?? 0) - before.start > CHUNK_MS) return samples;
  const known = readRaw(file, series, before);
  if (known === null) return samples;
  file.removeChunk(series, RAW, before.start);
  return mergeSamples([known, samples]);
}

/** The raw chunks that have something in [from, to), taken out of the file. Damaged ones go too: their place is needed. */
function takeRaw(file: ChunkFile, series: number, from: number, to: number): Samples[] {
  const taken: Samples[] = [];
  for (const row of file.rows(series, RAW, from, to)) {
    const samples = readRaw(file, series, row);
    if (samples !== null) taken.push(samples);
    file.removeChunk(series, RAW, row.start);
  }
  return taken;
}

/** Writes samples as chunks of equal length, as few as possible. */
function putRaw(file: ChunkFile, series: number, { times, values }: Samples): void {
  const pieces = Math.ceil(times.length / CHUNK_SAMPLES);
  const length = Math.ceil(times.length / pieces);
  for (let from = 0; from < times.length; from += length) {
    const piece = { times: times.subarray(from, from + length), values: values.subarray(from, from + length) };
    file.putChunk(series, RAW, summarize(piece), encodeChunk(piece));
  }
}

/** Where the chunk of a coarser tier that holds `time` begins and ends: they lie on a grid. */
function blockOf(tier: number, time: number): { readonly from: number; readonly to: number } {
  const span = (TIER_STEPS[tier] ?? NaN) * CHUNK_STEPS;
  const from = Math.floor(time / span) * span;
  return { from, to: from + span };
}

/** Adds later samples to a tier. */
function extendTier(file: ChunkFile, series: number, tier: number, samples: Samples): void {
  const { times, values } = samples;
  const width = TIER_STEPS[tier] ?? NaN;
  for (let from = 0; from < times.length;) {
    const block = blockOf(tier, times[from] ?? 0);
    let to = from;
    while (to < times.length && (times[to] ?? 0) < block.to) to++;
    const steps = takeSteps(file, series, tier, block.from, block.to);
    addSamples(steps, { times: times.subarray(from, to), values: values.subarray(from, to) }, width);
    putSteps(file, series, tier, steps);
    from = to;
  }
}

/** Makes a tier's steps between two times anew from the raw samples that the file has now. */
function renewTier(file: ChunkFile, series: number, tier: number, first: number, last: number): void {
  const width = TIER_STEPS[tier] ?? NaN;
  const from = Math.floor(first / width) * width;
  const to = Math.floor(last / width) * width + width;
  const late = noSteps();
  for (const row of file.rows(series, RAW, from, to)) {
    const samples = readRaw(file, series, row);
    if (samples === null) continue;
    const begin = samples.times.findIndex((time) => time >= from);
    const end = samples.times.findIndex((time) => time >= to);
    if (begin < 0) continue;
    const cut = end < 0 ? undefined : end;
    addSamples(late, { times: samples.times.subarray(begin, cut), values: samples.values.subarray(begin, cut) }, width);
  }
  for (let at = from; at < to;) {
    const block = blockOf(tier, at);
    const part = noSteps();
    for (const [index, start] of late.starts.entries()) {
      if (start >= block.from && start < block.to) copyStep(late, index, part);
    }
    const known = takeSteps(file, series, tier, block.from, block.to);
    putSteps(file, series, tier, mergeSteps(known, part));
    at = block.to;
  }
}

/** The steps in a block, taken out of the file. */
function takeSteps(file: ChunkFile, series: number, tier: number, from: number, to: number): Steps {
  for (const row of file.rows(series, tier, from, to)) {
    if (row.start < from) continue;
    const steps = readSteps(file, series, tier, row.start);
    file.removeChunk(series, tier, row.start);
    if (steps !== null) return steps;
  }
  return noSteps();
}

function putSteps(file: ChunkFile, series: number, tier: number, steps: Steps): void {
  const { starts, counts, sums, mins, maxs, lasts } = steps;
  const [start] = starts;
  if (start === undefined) return;
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  const row: Summary = {
    start,
    end: starts.at(-1) ?? start,
    count: total(counts),
    min: mins.reduce((low, value) => Math.min(low, value), Infinity),
    max: maxs.reduce((high, value) => Math.max(high, value), -Infinity),
    sum: total(sums),
    first: mins[0] ?? NaN,
    last: lasts.at(-1) ?? NaN,
  };
  file.putChunk(series, tier, row, encodeSteps(steps, TIER_STEPS[tier] ?? NaN));
}
