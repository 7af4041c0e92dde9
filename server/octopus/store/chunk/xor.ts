/**
 * Doubles of any kind, bit for bit: each as the difference in bits to the one before, after Gorilla (Pelkonen and
 * others, VLDB 2015), or byte by byte of equal rank for a compressor.
 */
import { BitReader, BitWriter, type ByteReader, type ByteWriter } from "./bytes.ts";
import { ChunkDamaged } from "./errors.ts";

const BYTES = 8;
const LEADING_BITS = 5;
const LENGTH_BITS = 6;
/** What 5 bits can say. */
const MAX_LEADING = 31;

/** The two halves of a column's doubles; `high` of value i stands at 2 i + HIGH. */
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

function halves(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** 32 bits or fewer, which `put` takes as an unsigned number. */
function putWide(bits: BitWriter, high: number, low: number, shift: number, length: number): void {
  // The meaningful bits of high:low are those from `shift` to `shift + length`.
  for (let at = length; at > 0;) {
    const piece = Math.min(at, 16);
    at -= piece;
    bits.put(slice(high, low, shift + at, piece), piece);
  }
}

/** `length` (<= 16) bits of high:low from bit `from` on, counted from the lowest. */
function slice(high: number, low: number, from: number, length: number): number {
  const mask = (1 << length) - 1;
  if (from >= 32) return (high >>> (from - 32)) & mask;
  if (from + length <= 32) return (low >>> from) & mask;
  return ((low >>> from) | (high << (32 - from))) & mask;
}

/** Appends a column of doubles. Its length is not written. */
export function writeXor(values: Float64Array, out: ByteWriter): void {
  const words = halves(values);
  const bits = new BitWriter(out);
  let high = 0;
  let low = 0;
  let leading = 64;
  let trailing = 0;
  for (let index = 0; index < values.length; index++) {
    const nextHigh = words[2 * index + HIGH] ?? 0;
    const nextLow = words[2 * index + 1 - HIGH] ?? 0;
    const changedHigh = (nextHigh ^ high) >>> 0;
    const changedLow = (nextLow ^ low) >>> 0;
    high = nextHigh;
    low = nextLow;
    if (changedHigh === 0 && changedLow === 0) {
      bits.put(0, 1);
      continue;
    }
    const zerosBefore = changedHigh === 0 ? 32 + Math.clz32(changedLow) : Math.clz32(changedHigh);
    const before = Math.min(MAX_LEADING, zerosBefore);
    const after = changedLow === 0 ? 32 + trailingZeros(changedHigh) : trailingZeros(changedLow);
    const length = 64 - before - after;
    const window = 64 - leading - trailing;
    if (leading < 64 && before >= leading && after >= trailing && window <= length + LEADING_BITS + LENGTH_BITS) {
      bits.put(2, 2);
      putWide(bits, changedHigh, changedLow, trailing, window);
      continue;
    }
    leading = before;
    trailing = after;
    bits.put(3, 2);
    bits.put(before, LEADING_BITS);
    bits.put(length - 1, LENGTH_BITS);
    putWide(bits, changedHigh, changedLow, after, length);
  }
  bits.finish();
}

function trailingZeros(value: number): number {
  return 31 - Math.clz32(value & -value);
}

/** Fills a column of doubles. Throws ChunkDamaged. */
export function readXor(from: ByteReader, values: Float64Array): Float64Array {
  const count = values.length;
  const words = halves(values);
  const bits = new BitReader(from);
  let high = 0;
  let low = 0;
  let leading = 64;
  let trailing = 0;
  for (let index = 0; index < count; index++) {
    if (bits.get(1) === 1) {
      if (bits.get(1) === 1) {
        leading = bits.get(LEADING_BITS);
        trailing = 64 - leading - (bits.get(LENGTH_BITS) + 1);
        if (trailing < 0) throw new ChunkDamaged("a value has more than 64 bits");
      } else if (leading === 64) throw new ChunkDamaged("a value has no bits");
      for (let at = 64 - leading; at > trailing;) {
        const piece = Math.min(at - trailing, 16);
        at -= piece;
        const part = bits.get(piece);
        if (at >= 32) high ^= part << (at - 32);
        else {
          low ^= part << at;
          if (at + piece > 32) high ^= part >>> (32 - at);
        }
      }
    }
    words[2 * index + HIGH] = high;
    words[2 * index + 1 - HIGH] = low;
  }
  bits.finish();
  return values;
}

/** Appends a column of doubles, all their first bytes first, then all their second ones ... */
export function writePlanes(values: Float64Array, out: ByteWriter): void {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.length * BYTES);
  out.reserve(bytes.length);
  for (let rank = 0; rank < BYTES; rank++) {
    for (let index = rank; index < bytes.length; index += BYTES) out.byte(bytes[index] ?? 0);
  }
}

/** Fills a column from what `writePlanes` wrote. Throws ChunkDamaged. */
export function readPlanes(from: ByteReader, values: Float64Array): Float64Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.length * BYTES);
  for (let rank = 0; rank < BYTES; rank++) {
    for (let index = rank; index < bytes.length; index += BYTES) bytes[index] = from.byte();
  }
  return values;
}
