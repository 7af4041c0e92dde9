/**
 * One chunk: up to 720 samples of one series as a few bytes, and back bit for bit.
 *
 *     crc32 u32 | format u8 | count varint | times | values             format 1
 *     crc32 u32 | format u8 | length varint | deflated (count ...)      format 2
 *
 * Formats 3 and 4 are the same without the times: the series of one poll share them, and they are kept once.
 *
 * The checksum is over all bytes behind it, compressed as they are: damage is found before anything is unpacked.
 */
import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { ChunkDamaged, NotAChunk, NotFinite } from "./errors.ts";
import { MAX_DIFFERENCE, planIntegers, readIntegers, writeIntegers } from "./integers.ts";
import { planValues, readValues, writeValues } from "./values.ts";

/** Samples in one chunk at most: 24 minutes at 2 s. */
export const CHUNK_SAMPLES = 720;

const CRC_BYTES = 4;
const PLAIN = 1;
const DEFLATED = 2;
/** Added to a format whose times stand elsewhere. */
const ELSEWHERE = 2;

/** Below this there is nothing to gain from a compressor. */
const WORTH_DEFLATING = 64;
/** A column with more distinct values than this share of its length gains nothing from a compressor. */
const DISTINCT_SHARE = 1 / 3;
/** What a compressor must save to be worth its time at reading. */
const WORTH_INFLATING = 0.95;
/** A small window and little memory make zlib's set-up, which dominates at this size, a third cheaper. */
const DEFLATE = { level: 6, memLevel: 5, windowBits: 11 } as const;
/** More than any chunk unpacks to: 720 samples of 2 varints of 8 bytes, twice. */
const MAX_UNPACKED = CHUNK_SAMPLES * 32;

/** Samples of one series in the order of time. */
export interface Samples {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

function checkTimes(times: Float64Array): void {
  const count = times.length;
  if (count === 0 || count > CHUNK_SAMPLES) {
    throw new NotAChunk(`A chunk has 1 to ${String(CHUNK_SAMPLES)} samples; these are ${String(count)}.`);
  }
  let before = -Infinity;
  const first = times[0] ?? 0;
  for (const time of times) {
    if (!Number.isSafeInteger(time) || time <= before || time - first > MAX_DIFFERENCE) {
      throw new NotAChunk(`Times are whole milliseconds in rising order; ${String(time)} follows ${String(before)}.`);
    }
    before = time;
  }
}

/** Encodes times alone, to be shared by chunks. Throws NotAChunk. */
export function encodeTimes(times: Float64Array): Uint8Array {
  checkTimes(times);
  const out = new ByteWriter(1024);
  out.length = CRC_BYTES;
  out.byte(PLAIN);
  out.varint(times.length);
  writeIntegers(planIntegers(times), out, "bits");
  return sealed(out);
}

/** Decodes times alone. Throws ChunkDamaged. */
export function decodeTimes(bytes: Uint8Array): Float64Array {
  const from = unsealed(bytes);
  if (from.byte() !== PLAIN) throw new ChunkDamaged("it is of a newer format");
  const times = readTimes(from, from.varint());
  if (from.at !== from.end) throw new ChunkDamaged("something follows it");
  return times;
}

/**
 * Encodes 1 to 720 samples in rising order of time, with their times or, when those are kept elsewhere, without. Throws
 * NotFinite and NotAChunk.
 */
export function encodeChunk({ times, values }: Samples, elsewhere = false): Uint8Array {
  checkTimes(times);
  if (values.length !== times.length) throw new NotAChunk("A chunk has as many values as times.");
  for (const value of values) if (!Number.isFinite(value)) throw new NotFinite(value);
  const timePlan = elsewhere ? null : planIntegers(times);
  const plan = planValues(values);
  const out = new ByteWriter(2048);
  out.length = CRC_BYTES;
  out.byte(PLAIN + (elsewhere ? ELSEWHERE : 0));
  out.varint(times.length);
  if (timePlan !== null) writeIntegers(timePlan, out, "bits");
  writeValues(plan, out, "bits");
  if (out.length > WORTH_DEFLATING && repeats(values)) {
    const whole = new ByteWriter(2048);
    whole.varint(times.length);
    if (timePlan !== null) writeIntegers(timePlan, whole, "bits");
    writeValues(plan, whole, "bytes");
    const deflated = deflateRawSync(whole.view(), DEFLATE);
    if (deflated.length < out.length * WORTH_INFLATING) {
      out.length = CRC_BYTES;
      out.byte(DEFLATED + (elsewhere ? ELSEWHERE : 0));
      out.varint(whole.length);
      out.raw(deflated);
    }
  }
  return sealed(out);
}

/** Whether values come again often enough for a compressor to find something that the prediction did not. */
function repeats(values: Float64Array): boolean {
  const distinct = new Set<number>();
  const most = values.length * DISTINCT_SHARE;
  for (const value of values) {
    distinct.add(value);
    if (distinct.size > most) return false;
  }
  return true;
}

/** Writes the checksum into the first four bytes and gives a copy of exactly the right length. */
export function sealed(out: ByteWriter): Uint8Array {
  const bytes = out.bytes.slice(0, out.length);
  const sum = crc32(bytes.subarray(CRC_BYTES));
  new DataView(bytes.buffer).setUint32(0, sum, true);
  return bytes;
}

/** Checks the checksum and gives what stands behind it. Throws ChunkDamaged. */
export function unsealed(bytes: Uint8Array): ByteReader {
  if (bytes.length <= CRC_BYTES) throw new ChunkDamaged("it ends too early");
  const sum = new DataView(bytes.buffer, bytes.byteOffset, CRC_BYTES).getUint32(0, true);
  if (crc32(bytes.subarray(CRC_BYTES)) !== sum) throw new ChunkDamaged("its checksum is wrong");
  return new ByteReader(bytes, CRC_BYTES);
}

function unpacked(from: ByteReader, format: number): ByteReader {
  if (format === PLAIN) return from;
  if (format !== DEFLATED) throw new ChunkDamaged("it is of a newer format");
  const length = from.varint();
  if (length > MAX_UNPACKED) throw new ChunkDamaged("it is longer than a chunk can be");
  try {
    const packed = from.bytes.subarray(from.at, from.end);
    return new ByteReader(inflateRawSync(packed, { maxOutputLength: length, chunkSize: Math.max(64, length) }));
  } catch (error) {
    throw new ChunkDamaged(error instanceof Error ? error.message : "it cannot be unpacked");
  }
}

function readTimes(from: ByteReader, count: number, into?: Float64Array): Float64Array {
  if (count === 0 || count > CHUNK_SAMPLES) throw new ChunkDamaged("it has too many samples");
  const times = readIntegers(from, count, into?.subarray(0, count));
  let before = -Infinity;
  for (const time of times) {
    if (!(time > before)) throw new ChunkDamaged("its times do not rise");
    before = time;
  }
  if (!Number.isSafeInteger(times[0]) || !Number.isSafeInteger(before)) throw new ChunkDamaged("its times are none");
  return times;
}

/** Room for one decoded chunk, to be used again and again: what is decoded into it is valid until the next time. */
export class Scratch {
  readonly times = new Float64Array(CHUNK_SAMPLES);
  readonly values = new Float64Array(CHUNK_SAMPLES);
}

/**
 * Decodes a chunk. `elsewhere` are its times when it was encoded without them. Throws ChunkDamaged; never gives a wrong
 * value for damaged bytes.
 */
export function decodeChunk(bytes: Uint8Array, scratch?: Scratch, elsewhere: Float64Array | null = null): Samples {
  const sealedBytes = unsealed(bytes);
  const format = sealedBytes.byte();
  const shared = format > DEFLATED;
  const from = unpacked(sealedBytes, shared ? format - ELSEWHERE : format);
  const count = from.varint();
  if (shared && elsewhere?.length !== count) throw new ChunkDamaged("its times are missing");
  const times = shared && elsewhere !== null ? elsewhere : readTimes(from, count, scratch?.times);
  const values = readValues(from, count, scratch?.values.subarray(0, count));
  if (from.at !== from.end) throw new ChunkDamaged("something follows it");
  return { times, values };
}
