/** The coarser tiers: what remains of the samples of each minute, ten minutes and hour when the raw ones are gone. */
import { ByteWriter, type ByteReader } from "./chunk/bytes.ts";
import { sealed, unsealed, type Samples } from "./chunk/codec.ts";
import { ChunkDamaged } from "./chunk/errors.ts";
import { planIntegers, readIntegers, writeIntegers } from "./chunk/integers.ts";
import { planValues, readValues, writeValues } from "./chunk/values.ts";

const MINUTE_MS = 60_000;

/** Widths of the tiers' steps, milliseconds; tier 0 holds the raw samples. */
export const TIER_STEPS: readonly number[] = [0, MINUTE_MS, 10 * MINUTE_MS, 60 * MINUTE_MS];
/** The tier of raw samples. */
export const RAW = 0;
/** The coarsest tier. */
export const COARSEST = TIER_STEPS.length - 1;

/** Steps in one block, by tier: 4 hours, half a day, two days. Each new chunk of samples adds to one of each tier. */
const BLOCK_STEPS: readonly number[] = [0, 240, 72, 48];

/** A block is written anew when it has this many segments; until then new steps are only put behind it. */
const MAX_SEGMENTS = 8;

const FORMAT = 1;
const CRC_BYTES = 4;
/** More steps than any block has, also with each segment's first step written twice. */
const MAX_STEPS = 1000;

/** Where the block that holds `time` begins, and the next one. */
export function blockOf(tier: number, time: number): { readonly at: number; readonly next: number } {
  const span = (TIER_STEPS[tier] ?? NaN) * (BLOCK_STEPS[tier] ?? NaN);
  const at = Math.floor(time / span) * span;
  return { at, next: at + span };
}

/** Steps of one series in columns, in the order of time. A step without samples is not there. */
export interface Steps {
  readonly starts: number[];
  readonly counts: number[];
  readonly sums: number[];
  readonly mins: number[];
  readonly maxs: number[];
  readonly lasts: number[];
  /** When the last value was, milliseconds after the step's start: a counter's rate needs it. */
  readonly offsets: number[];
}

export function noSteps(): Steps {
  return { starts: [], counts: [], sums: [], mins: [], maxs: [], lasts: [], offsets: [] };
}

/** Adds samples, in the order of time and none before the last step. The last step goes on when they fall into it. */
export function addSamples(steps: Steps, { times, values }: Samples, width: number): void {
  const { starts, counts, sums, mins, maxs, lasts, offsets } = steps;
  let at = starts.length - 1;
  for (let index = 0; index < times.length; index++) {
    const time = times[index] ?? 0;
    const value = values[index] ?? 0;
    const start = Math.floor(time / width) * width;
    if (starts[at] !== start) {
      at++;
      starts.push(start);
      counts.push(0);
      sums.push(0);
      mins.push(value);
      maxs.push(value);
      lasts.push(value);
      offsets.push(0);
    }
    counts[at] = (counts[at] ?? 0) + 1;
    sums[at] = (sums[at] ?? 0) + value;
    if (value < (mins[at] ?? 0)) mins[at] = value;
    if (value > (maxs[at] ?? 0)) maxs[at] = value;
    lasts[at] = value;
    offsets[at] = time - start;
  }
}

/** Copies step `at` of `from` to the end of `to`. */
export function copyStep(from: Steps, at: number, to: Steps): void {
  to.starts.push(from.starts[at] ?? 0);
  to.counts.push(from.counts[at] ?? 0);
  to.sums.push(from.sums[at] ?? 0);
  to.mins.push(from.mins[at] ?? 0);
  to.maxs.push(from.maxs[at] ?? 0);
  to.lasts.push(from.lasts[at] ?? 0);
  to.offsets.push(from.offsets[at] ?? 0);
}

/**
 * Two columns of steps as one. Where both have a step, `late` is all of its samples anew when it has at least as many
 * as are known; else (the raw samples of before are gone) they are added.
 */
export function mergeSteps(known: Steps, late: Steps): Steps {
  const merged = noSteps();
  let at = 0;
  for (let index = 0; index < late.starts.length; index++) {
    const start = late.starts[index] ?? 0;
    for (; at < known.starts.length && (known.starts[at] ?? 0) < start; at++) copyStep(known, at, merged);
    copyStep(late, index, merged);
    if (known.starts[at] !== start) continue;
    if ((late.counts[index] ?? 0) < (known.counts[at] ?? 0)) join(merged, known, at);
    at++;
  }
  for (; at < known.starts.length; at++) copyStep(known, at, merged);
  return merged;
}

function join(into: Steps, other: Steps, at: number): void {
  const end = into.starts.length - 1;
  into.counts[end] = (into.counts[end] ?? 0) + (other.counts[at] ?? 0);
  into.sums[end] = (into.sums[end] ?? 0) + (other.sums[at] ?? 0);
  into.mins[end] = Math.min(into.mins[end] ?? 0, other.mins[at] ?? 0);
  into.maxs[end] = Math.max(into.maxs[end] ?? 0, other.maxs[at] ?? 0);
  if ((other.offsets[at] ?? 0) <= (into.offsets[end] ?? 0)) return;
  into.lasts[end] = other.lasts[at] ?? 0;
  into.offsets[end] = other.offsets[at] ?? 0;
}

function sameColumn(one: readonly number[], other: readonly number[]): boolean {
  return one.every((value, index) => Object.is(value, other[index]));
}

/** Sums beyond the doubles cannot be kept; the largest double stands for them. */
const kept = (sum: number): number =>
  Number.isFinite(sum) ? sum : sum < 0 ? -Number.MAX_VALUE : Number.isNaN(sum) ? 0 : Number.MAX_VALUE;

/** One segment: count, starts, counts, offsets, and each column of values behind its length. */
function writeSegment(steps: Steps, width: number, out: ByteWriter): void {
  out.varint(steps.starts.length);
  writeIntegers(planIntegers(Float64Array.from(steps.starts, (start) => start / width)), out, "bits");
  writeIntegers(planIntegers(Float64Array.from(steps.counts)), out, "bits");
  writeIntegers(planIntegers(Float64Array.from(steps.offsets)), out, "bits");
  const column = new ByteWriter(512);
  const write = (values: readonly number[], like: readonly number[] | null): void => {
    column.clear();
    // Length 0: the same as the column before, as in every step of a series that stands still.
    if (like === null || !sameColumn(values, like)) {
      writeValues(planValues(Float64Array.from(values)), column, "bits");
    }
    out.varint(column.length);
    out.raw(column.view());
  };
  write(steps.mins, null);
  write(steps.maxs, steps.mins);
  write(steps.lasts, steps.maxs);
  write(steps.sums.map(kept), null);
}

function readSegment(from: ByteReader, width: number): Steps {
  const count = from.varint();
  if (count === 0 || count > MAX_STEPS) throw new ChunkDamaged("it has too many steps");
  const starts = Array.from(readIntegers(from, count), (start) => start * width);
  const counts = Array.from(readIntegers(from, count));
  const offsets = Array.from(readIntegers(from, count));
  const read = (like: number[] | null): number[] => {
    const part = from.part(from.varint());
    if (part.end > part.at) return Array.from(readValues(part, count));
    if (like === null) throw new ChunkDamaged("a column is missing");
    return like.slice();
  };
  const mins = read(null);
  const maxs = read(mins);
  const lasts = read(maxs);
  const sums = read(null);
  return { starts, counts, sums, mins, maxs, lasts, offsets };
}

/** Encodes steps as a block: checksum, format, number of segments, segments. */
export function encodeSteps(steps: Steps, width: number): Uint8Array {
  const out = new ByteWriter(1024);
  out.length = CRC_BYTES;
  out.byte(FORMAT);
  out.byte(1);
  writeSegment(steps, width, out);
  return sealed(out);
}

/**
 * The block with later steps behind it. The first of them may go on with the block's last step. Usually nothing of the
 * block is decoded. Throws ChunkDamaged.
 */
export function appendSteps(body: Uint8Array, later: Steps, width: number): Uint8Array {
  const from = unsealed(body);
  if (from.byte() !== FORMAT) throw new ChunkDamaged("it is of a newer format");
  const segments = from.byte();
  if (segments >= MAX_SEGMENTS) {
    const steps = decodeSteps(body, width);
    mergeLater(steps, later);
    return encodeSteps(steps, width);
  }
  const out = new ByteWriter(body.length + 512);
  out.raw(body);
  out.bytes[CRC_BYTES + 1] = segments + 1;
  writeSegment(later, width, out);
  return sealed(out);
}

/** Whether a block is one segment. */
export function isPacked(body: Uint8Array): boolean {
  return body[CRC_BYTES + 1] === 1;
}

/** Decodes a block. Throws ChunkDamaged. */
export function decodeSteps(body: Uint8Array, width: number): Steps {
  const from = unsealed(body);
  if (from.byte() !== FORMAT) throw new ChunkDamaged("it is of a newer format");
  const segments = from.byte();
  if (segments === 0 || segments > MAX_SEGMENTS) throw new ChunkDamaged("it has too many segments");
  const steps = readSegment(from, width);
  for (let index = 1; index < segments; index++) mergeLater(steps, readSegment(from, width));
  const { starts } = steps;
  for (let index = 1; index < starts.length; index++) {
    if (!((starts[index] ?? 0) > (starts[index - 1] ?? 0))) throw new ChunkDamaged("its steps do not rise");
  }
  return steps;
}

/** Puts later steps behind others, in place; the first of them may go on with the last. */
function mergeLater(steps: Steps, later: Steps): void {
  let index = 0;
  const end = steps.starts.length - 1;
  if (steps.starts[end] === later.starts[0]) {
    steps.counts[end] = (steps.counts[end] ?? 0) + (later.counts[0] ?? 0);
    steps.sums[end] = (steps.sums[end] ?? 0) + (later.sums[0] ?? 0);
    steps.mins[end] = Math.min(steps.mins[end] ?? 0, later.mins[0] ?? 0);
    steps.maxs[end] = Math.max(steps.maxs[end] ?? 0, later.maxs[0] ?? 0);
    steps.lasts[end] = later.lasts[0] ?? 0;
    steps.offsets[end] = later.offsets[0] ?? 0;
    index = 1;
  }
  for (; index < later.starts.length; index++) copyStep(later, index, steps);
}
