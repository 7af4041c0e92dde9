/**
 * Columns of whole numbers. What is left after the best of three predictions (none, the value before, the step
 * before) is written as Rice codes, as runs of zeros, or as plain varints for a compressor to work on.
 */
import { BitReader, BitWriter, unzigzag, varintBytes, zigzag, type ByteReader, type ByteWriter } from "./bytes.ts";
import { ChunkDamaged } from "./errors.ts";

/** Further than this from the first value, a difference would not survive being predicted twice and doubled by `zigzag`. */
export const MAX_DIFFERENCE = 2 ** 49;

/** `bits`: as small as it gets by itself. `bytes`: for a compressor that works on whole bytes. */
export type Form = "bits" | "bytes";

/** The prediction that is a straight line. */
const LINE = 3;

/** A line may begin below its values; far from the end of the whole numbers that is no matter. */
const MAX_LINE = 2 ** 52;

const RICE = 0;
const RUNS = 1;
const VARINTS = 2;
/** Flags of a column's first byte, beside order and coder. */
const SCALED = 0x10;
const NEGATIVE = 0x20;

/** A Rice code's unary part ends here; what is longer is written out whole. */
const ESCAPE = 20;
const WHOLE_BITS = 53;
const MAX_RICE = 48;

/** A column of whole numbers, looked at and ready to be written. */
export interface IntegerPlan {
  /**
   * What the prediction is: 0, the lowest value; 1, the value before; 2, the step before; 3, a straight line, with the
   * lowest value above it, as a timer's times lie that fires a little late each time.
   */
  readonly order: number;
  /** What all differences are multiples of. */
  readonly scale: number;
  /** The value (order 0: the lowest one) and the step that the prediction starts from. */
  readonly first: number;
  readonly step: number;
  /** What the prediction leaves, from 0 to 2^53. */
  readonly rest: Float64Array;
  /** About how many bits the column takes. */
  readonly bits: number;
}

function bitLength(value: number): number {
  return value < 0x80000000 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 0x100000000);
}

/** Greatest common divisor of all differences to the first; 1 when they are all equal. */
function stride(values: Float64Array): number {
  const first = values[0] ?? 0;
  let divisor = 0;
  for (const value of values) {
    let other = Math.abs(value - first);
    while (other !== 0) {
      const rest = divisor % other;
      divisor = other;
      other = rest;
    }
    if (divisor === 1) return 1;
  }
  return divisor === 0 ? 1 : divisor;
}

/** Whether a column can be planned: no value is too far from the first. */
export function canBePlanned(values: Float64Array): boolean {
  const first = values[0] ?? 0;
  for (const value of values) if (Math.abs(value - first) > MAX_DIFFERENCE) return false;
  return true;
}

/** Decides how to write a column: each value within 2^53 and no further than MAX_DIFFERENCE from the first. */
export function planIntegers(values: Float64Array): IntegerPlan {
  const count = values.length;
  const scale = stride(values);
  const first = values[0] ?? 0;
  let low = first;
  for (const value of values) if (value < low) low = value;
  let plainBits = 0;
  let stepBits = 0;
  let changeBits = 0;
  let before = first;
  let stepBefore = 0;
  for (let index = 0; index < count; index++) {
    const value = values[index] ?? 0;
    const step = (value - before) / scale;
    const change = step - stepBefore;
    plainBits += bitLength((value - low) / scale);
    stepBits += bitLength(step < 0 ? -2 * step - 1 : 2 * step);
    // The first step is written beside the column.
    if (index > 1) changeBits += bitLength(change < 0 ? -2 * change - 1 : 2 * change);
    before = value;
    stepBefore = step;
  }
  const best = Math.min(plainBits, stepBits, changeBits);
  if (count > 2) {
    const line = straight(values, scale);
    if (line.bits - count < best && Math.abs(line.first) < MAX_LINE) return line;
  }
  if (plainBits === best) return plain(values, low, scale, plainBits);
  return stepBits === best || count < 3
    ? predicted(values, 1, scale, stepBits)
    : predicted(values, 2, scale, changeBits);
}

function plain(values: Float64Array, low: number, scale: number, bits: number): IntegerPlan {
  const rest = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) rest[index] = ((values[index] ?? 0) - low) / scale;
  return { order: 0, scale, first: low, step: 0, rest, bits: bits + values.length };
}

function straight(values: Float64Array, scale: number): IntegerPlan {
  const count = values.length;
  const start = values[0] ?? 0;
  const step = Math.round(((values[count - 1] ?? 0) - start) / scale / (count - 1));
  const rest = new Float64Array(count);
  let low = 0;
  for (let index = 0; index < count; index++) {
    const above = ((values[index] ?? 0) - start) / scale - index * step;
    rest[index] = above;
    if (above < low) low = above;
  }
  let bits = count;
  for (let index = 0; index < count; index++) {
    const above = (rest[index] ?? 0) - low;
    rest[index] = above;
    bits += bitLength(above);
  }
  return { order: LINE, scale, first: start + low * scale, step, rest, bits };
}

function predicted(values: Float64Array, order: 1 | 2, scale: number, bits: number): IntegerPlan {
  const rest = new Float64Array(Math.max(0, values.length - order));
  const first = values[0] ?? 0;
  let before = values[order - 1] ?? 0;
  const firstStep = order === 2 ? (before - first) / scale : 0;
  let step = firstStep;
  for (let index = order; index < values.length; index++) {
    const value = values[index] ?? 0;
    const difference = (value - before) / scale;
    rest[index - order] = zigzag(difference - step);
    before = value;
    if (order === 2) step = difference;
  }
  return { order, scale, first, step: firstStep, rest, bits: bits + rest.length };
}

/** Values by their length in bits: how many, and their sum. Enough to tell the best Rice parameter. */
const lengths = new Float64Array(64);
const sums = new Float64Array(64);

/** The Rice parameter that gives the shortest column, and about how many bits that takes. */
function chooseRice(rest: Float64Array): { rice: number; bits: number } {
  lengths.fill(0);
  sums.fill(0);
  let longest = 0;
  for (const value of rest) {
    const length = bitLength(value);
    lengths[length] = (lengths[length] ?? 0) + 1;
    sums[length] = (sums[length] ?? 0) + value;
    if (length > longest) longest = length;
  }
  let least = { rice: 0, bits: Infinity };
  for (let rice = 0; rice <= Math.min(longest, MAX_RICE); rice++) {
    let bits = 0;
    for (let length = 0; length <= longest; length++) {
      const count = lengths[length] ?? 0;
      if (count === 0) continue;
      const quotients = length <= rice ? 0 : (sums[length] ?? 0) / 2 ** rice - count / 2;
      bits += quotients < count * ESCAPE ? quotients + count * (1 + rice) : count * (ESCAPE + WHOLE_BITS);
    }
    if (bits < least.bits) least = { rice, bits };
  }
  return least;
}

function runBytes(rest: Float64Array): number {
  let bytes = 0;
  let run = 0;
  for (const value of rest) {
    if (value === 0) run++;
    else {
      bytes += varintBytes(run) + varintBytes(value);
      run = 0;
    }
  }
  return bytes + varintBytes(run);
}

/** Appends a column as planned. Its length is not written. */
export function writeIntegers(plan: IntegerPlan, out: ByteWriter, form: Form): void {
  const { order, scale, first, step, rest } = plan;
  let coder = VARINTS;
  let rice = 0;
  if (form === "bits") {
    const least = chooseRice(rest);
    rice = least.rice;
    coder = (lengths[0] ?? 0) * 2 > rest.length && runBytes(rest) * 8 < least.bits ? RUNS : RICE;
  }
  out.byte(order | (coder << 2) | (scale === 1 ? 0 : SCALED) | (first < 0 ? NEGATIVE : 0));
  if (scale !== 1) out.varint(scale);
  out.varint(Math.abs(first));
  if (order >= 2) out.varint(zigzag(step));
  if (coder === RICE) writeRice(rest, rice, out);
  else if (coder === RUNS) writeRuns(rest, out);
  else for (const value of rest) out.varint(value);
}

function writeRice(rest: Float64Array, rice: number, out: ByteWriter): void {
  out.byte(rice);
  const bits = new BitWriter(out);
  const scale = 2 ** rice;
  for (const value of rest) {
    const quotient = Math.floor(value / scale);
    if (quotient < ESCAPE) {
      const ones = 2 ** (quotient + 1) - 2;
      if (quotient + 1 + rice <= 24) bits.put(ones * scale + (value - quotient * scale), quotient + 1 + rice);
      else {
        bits.put(ones, quotient + 1);
        bits.put(value - quotient * scale, rice);
      }
    } else {
      bits.put(2 ** ESCAPE - 1, ESCAPE);
      bits.put(value, WHOLE_BITS);
    }
  }
  bits.finish();
}

function writeRuns(rest: Float64Array, out: ByteWriter): void {
  let run = 0;
  for (const value of rest) {
    if (value === 0) run++;
    else {
      out.varint(run);
      out.varint(value);
      run = 0;
    }
  }
  out.varint(run);
}

/** Reads a column of `count` whole numbers, into `values` where that is given. Throws ChunkDamaged. */
export function readIntegers(
  from: ByteReader,
  count: number,
  values: Float64Array = new Float64Array(count),
): Float64Array {
  if (count === 0) return values;
  const head = from.byte();
  const order = head & 3;
  const coder = (head >>> 2) & 3;
  const given = order === LINE ? 0 : order;
  if (given > count || coder > VARINTS || head > 0x3f) {
    throw new ChunkDamaged("a column is of no known kind");
  }
  const scale = (head & SCALED) === 0 ? 1 : from.varint();
  const first = from.varint() * ((head & NEGATIVE) === 0 ? 1 : -1);
  const step = order >= 2 ? unzigzag(from.varint()) : 0;
  if (coder === RICE) readRice(from, values, given);
  else if (coder === RUNS) readRuns(from, values, given);
  else for (let index = given; index < count; index++) values[index] = from.varint();
  restore(values, order, scale, first, step);
  return values;
}

function readRice(from: ByteReader, values: Float64Array, order: number): void {
  const rice = from.byte();
  if (rice > MAX_RICE) throw new ChunkDamaged("a column is of no known kind");
  const bits = new BitReader(from);
  bits.riceCodes(values, order, rice, ESCAPE, WHOLE_BITS);
  bits.finish();
}

function readRuns(from: ByteReader, values: Float64Array, order: number): void {
  values.fill(0, order);
  let index = order;
  for (;;) {
    index += from.varint();
    if (index >= values.length) break;
    values[index++] = from.varint();
  }
  if (index > values.length) throw new ChunkDamaged("a run is longer than its column");
}

/** Turns residuals back into values, in place. */
function restore(values: Float64Array, order: number, scale: number, first: number, firstStep: number): void {
  const count = values.length;
  if (order === 0) {
    for (let index = 0; index < count; index++) values[index] = first + (values[index] ?? 0) * scale;
    return;
  }
  if (order === LINE) {
    for (let index = 0; index < count; index++)
      values[index] = first + (index * firstStep + (values[index] ?? 0)) * scale;
    return;
  }
  let value = first;
  values[0] = first;
  if (order === 1) {
    for (let index = 1; index < count; index++) {
      value += unzigzag(values[index] ?? 0) * scale;
      values[index] = value;
    }
    return;
  }
  let step = firstStep;
  value += step * scale;
  values[1] = value;
  for (let index = 2; index < count; index++) {
    step += unzigzag(values[index] ?? 0);
    value += step * scale;
    values[index] = value;
  }
}
