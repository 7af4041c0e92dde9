/** Bytes and bits, written into a growing buffer and read back with every bound checked. */
import { ChunkDamaged } from "./errors.ts";

const FIRST_CAPACITY = 256;
/** Small, because thousands of open chunks grow slowly and each holds what it does not use yet. */
const GROWTH = 1.25;
/** 2^53 needs 8 groups of 7 bits; more is damage. */
const VARINT_BYTES = 8;
/** Bits that one call of `put` or `get` moves at most, so that they fit 32-bit arithmetic with 7 left-over bits. */
const PIECE_BITS = 24;

const doubles = new Float64Array(1);
const doubleBytes = new Uint8Array(doubles.buffer);

/** Integers of either sign as whole numbers: 0, -1, 1, -2 ... become 0, 1, 2, 3 ... Good to 2^52. */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** The inverse of `zigzag`. */
export function unzigzag(value: number): number {
  // The usual case in 32-bit arithmetic, which is several times faster.
  if (value < 0x80000000) return (value >>> 1) ^ -(value & 1);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** How many bytes a whole number takes as a varint. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Writes bytes. */
export class ByteWriter {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity = FIRST_CAPACITY) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, Math.ceil(this.bytes.length * GROWTH)));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** A whole number from 0 to 2^53, 7 bits a byte, the lowest first. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte(rest < 0x80000000 ? (rest & 0x7f) | 0x80 : (rest % 128) | 0x80);
      rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** The exact bits of a double, lowest byte first. */
  double(value: number): void {
    this.reserve(8);
    doubles[0] = value;
    const { bytes, length } = this;
    // Eight stores are several times faster than one `set`.
    for (let index = 0; index < 8; index++) bytes[length + index] = doubleBytes[index] ?? 0;
    this.length = length + 8;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  clear(): void {
    this.length = 0;
  }

  /** What was written, valid until the next write. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

/** Reads bytes. Throws ChunkDamaged where there are none left. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = Math.min(end, bytes.length);
  }

  byte(): number {
    if (this.at >= this.end) throw new ChunkDamaged("it ends too early");
    return this.bytes[this.at++] ?? 0;
  }

  varint(): number {
    let value = this.byte();
    if (value < 0x80) return value;
    value &= 0x7f;
    let scale = 128;
    for (let index = 1; index < VARINT_BYTES; index++) {
      const next = this.byte();
      value += (next & 0x7f) * scale;
      if (next < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw new ChunkDamaged("a number is too long");
  }

  double(): number {
    if (this.at + 8 > this.end) throw new ChunkDamaged("it ends too early");
    for (let index = 0; index < 8; index++) doubleBytes[index] = this.bytes[this.at + index] ?? 0;
    this.at += 8;
    return doubles[0] ?? 0;
  }

  /** A part of the next `length` bytes, to be read on its own. */
  part(length: number): ByteReader {
    if (length > this.end - this.at) throw new ChunkDamaged("it ends too early");
    const part = new ByteReader(this.bytes, this.at, this.at + length);
    this.at += length;
    return part;
  }
}

/** Writes bits, the highest first, behind what a ByteWriter holds already. Call `finish` at the end. */
export class BitWriter {
  readonly #out: ByteWriter;
  #pending = 0;
  #used = 0;

  constructor(out: ByteWriter) {
    this.#out = out;
  }

  /** The lowest `bits` (0..53) of a whole number. */
  put(value: number, bits: number): void {
    if (bits <= PIECE_BITS) {
      this.#piece(value, bits);
      return;
    }
    const low = 2 ** PIECE_BITS;
    this.put(Math.floor(value / low), bits - PIECE_BITS);
    this.#piece(value % low, PIECE_BITS);
  }

  finish(): void {
    if (this.#used > 0) this.#out.byte((this.#pending << (8 - this.#used)) & 0xff);
    this.#pending = 0;
    this.#used = 0;
  }

  #piece(value: number, bits: number): void {
    let used = this.#used + bits;
    const pending = (this.#pending << bits) | value;
    while (used >= 8) {
      used -= 8;
      this.#out.byte((pending >>> used) & 0xff);
    }
    this.#pending = pending & ((1 << used) - 1);
    this.#used = used;
  }
}

/**
 * Reads what BitWriter wrote. Bits behind the end read as zeros, so that the inner loops need not look; `finish` must
 * be called at the end, and throws ChunkDamaged when there were any.
 */
export class BitReader {
  readonly #in: ByteReader;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;
  #pending = 0;
  #have = 0;

  constructor(from: ByteReader) {
    this.#in = from;
    this.#bytes = from.bytes;
    this.#at = from.at;
    this.#end = from.end;
  }

  /** A whole number of `bits` (0..53). */
  get(bits: number): number {
    if (bits <= PIECE_BITS) return this.#piece(bits);
    const high = this.get(bits - PIECE_BITS);
    return high * 2 ** PIECE_BITS + this.#piece(PIECE_BITS);
  }

  /**
   * Rice codes into `values` from place `begin` on: the quotient in ones, a zero, and the rest in `rice` bits; after
   * `escape` (<= 24) ones without a zero the whole number in `wide` bits.
   */
  riceCodes(values: Float64Array, begin: number, rice: number, escape: number, wide: number): void {
    const scale = 2 ** rice;
    for (let index = begin; index < values.length; index++) {
      if (this.#have < PIECE_BITS) this.#fill();
      const ones = Math.clz32(~(this.#pending << (32 - this.#have)));
      if (ones >= escape) {
        this.#have -= escape;
        values[index] = this.get(wide);
      } else {
        this.#have -= ones + 1;
        values[index] = ones * scale + (rice <= PIECE_BITS ? this.#piece(rice) : this.get(rice));
      }
    }
  }

  /** Leaves the rest of the last byte, which only filled it up. */
  finish(): void {
    const at = this.#at - (this.#have >>> 3);
    if (at > this.#end) throw new ChunkDamaged("it ends too early");
    this.#in.at = at;
  }

  #fill(): void {
    let pending = this.#pending;
    let have = this.#have;
    while (have <= PIECE_BITS) {
      pending = (pending << 8) | (this.#at < this.#end ? (this.#bytes[this.#at] ?? 0) : 0);
      this.#at++;
      have += 8;
    }
    this.#pending = pending;
    this.#have = have;
  }

  #piece(bits: number): number {
    if (this.#have < bits) this.#fill();
    this.#have -= bits;
    return (this.#pending >>> this.#have) & ((1 << bits) - 1);
  }
}
