/** A column of finite doubles, bit for bit, by the cheapest of several exact schemes. */
import type { ByteReader, ByteWriter } from "./bytes.ts";
import { exponentOf, MAX_EXPONENT, powerOfTen, scaled } from "./decimal.ts";
import { ChunkDamaged } from "./errors.ts";
import {
  canBePlanned,
  MAX_DIFFERENCE,
  planIntegers,
  readIntegers,
  writeIntegers,
  type Form,
  type IntegerPlan,
} from "./integers.ts";
import { expand, findQuotient, type Quotient } from "./ratio.ts";
import { readPlanes, readXor, writePlanes, writeXor } from "./xor.ts";

const CONSTANT = 0;
const DECIMAL = 1;
const RATIO = 2;
const XOR = 3;
const PLANES = 4;

/** Values that do not fit a scheme are written beside it, up to this share of a column. */
const MAX_PATCHED_SHARE = 1 / 8;
/** A decimal column shorter than this is not worth being tried as anything else. */
const CHEAP_BITS = 14;
/** Digits behind the point from which on a column may rather be quotients. */
const SUSPICIOUS_EXPONENT = 4;
/** What a double without structure takes. */
const RANDOM_BITS = 58;

/** Values that are none of a scheme's, by place. In the scheme's own columns they repeat their neighbour. */
interface Patches {
  readonly places: number[];
  readonly values: number[];
}

interface Decimal {
  readonly exponent: number;
  readonly whole: IntegerPlan;
  readonly patches: Patches;
}

interface Ratio {
  readonly numerators: IntegerPlan;
  readonly denominators: IntegerPlan;
  readonly patches: Patches;
}

/** How a column will be written. */
export type ValuePlan =
  | { readonly scheme: "constant"; readonly value: number; readonly count: number }
  | { readonly scheme: "decimal"; readonly decimal: Decimal }
  | { readonly scheme: "ratio"; readonly ratio: Ratio }
  | { readonly scheme: "xor"; readonly values: Float64Array };

function isConstant(values: Float64Array): boolean {
  const first = values[0] ?? 0;
  for (const value of values) if (!Object.is(value, first)) return false;
  return true;
}

/** Looks at a column and decides. Every value must be finite. */
export function planValues(values: Float64Array): ValuePlan {
  if (isConstant(values)) return { scheme: "constant", value: values[0] ?? 0, count: values.length };
  const decimal = asDecimal(values);
  const decimalBits = decimal === null ? Infinity : decimal.whole.bits + patchBits(decimal.patches);
  if (decimal !== null && (decimalBits <= CHEAP_BITS * values.length || decimal.exponent < SUSPICIOUS_EXPONENT)) {
    return { scheme: "decimal", decimal };
  }
  const random = RANDOM_BITS * values.length;
  const ratio = asRatio(values);
  const ratioBits =
    ratio === null ? Infinity : ratio.numerators.bits + ratio.denominators.bits + patchBits(ratio.patches);
  if (ratio !== null && ratioBits < Math.min(decimalBits, random)) return { scheme: "ratio", ratio };
  return decimal !== null && decimalBits < random ? { scheme: "decimal", decimal } : { scheme: "xor", values };
}

/** Bits that exceptions take: their place and the whole double. */
function patchBits(patches: Patches): number {
  return patches.places.length * 72;
}

function asDecimal(values: Float64Array): Decimal | null {
  const most = values.length * MAX_PATCHED_SHARE;
  let exponent = 0;
  let odd = 0;
  for (const value of values) {
    if (!Number.isNaN(scaled(value, exponent))) continue;
    const needed = exponentOf(value, exponent + 1);
    if (needed >= 0) exponent = needed;
    else if (++odd > most) return null;
  }
  const whole = new Float64Array(values.length);
  const patches: Patches = { places: [], values: [] };
  let first = NaN;
  let before = 0;
  for (let place = 0; place < values.length; place++) {
    const value = values[place] ?? 0;
    const one = scaled(value, exponent);
    if (Number.isNaN(one) || Math.abs(one - first) > MAX_DIFFERENCE) patch(patches, place, value);
    else {
      if (Number.isNaN(first)) {
        first = one;
        // The places before it, if any, are patched; they repeat it.
        whole.fill(one, 0, place);
      }
      before = one;
    }
    whole[place] = before;
  }
  return patches.places.length > most || Number.isNaN(first) ? null : { exponent, whole: planIntegers(whole), patches };
}

function asRatio(values: Float64Array): Ratio | null {
  const most = values.length * MAX_PATCHED_SHARE;
  const numerators = new Float64Array(values.length);
  const denominators = new Float64Array(values.length);
  const patches: Patches = { places: [], values: [] };
  const one: Quotient = { numerator: 0, denominator: 1 };
  let usual = 1;
  for (let place = 0; place < values.length; place++) {
    const value = values[place] ?? 0;
    if (findQuotient(value, one)) {
      numerators[place] = one.numerator;
      denominators[place] = one.denominator;
      if (one.denominator > usual) usual = one.denominator;
    } else {
      patch(patches, place, value);
      if (patches.places.length > most) return null;
      numerators[place] = 0;
      denominators[place] = 0;
    }
  }
  // The largest reduced denominator of a column is one that could not be reduced: take it as the usual one.
  let before: Quotient = { numerator: 0, denominator: usual };
  for (let place = 0; place < values.length; place++) {
    const denominator = denominators[place] ?? 0;
    if (denominator === 0) {
      numerators[place] = before.numerator;
      denominators[place] = before.denominator;
      continue;
    }
    const expanded: Quotient = { numerator: numerators[place] ?? 0, denominator };
    if (expanded.numerator === 0) expanded.denominator = before.denominator;
    else expand(expanded, usual);
    numerators[place] = expanded.numerator;
    denominators[place] = expanded.denominator;
    before = expanded;
  }
  if (!canBePlanned(numerators) || !canBePlanned(denominators)) return null;
  return { numerators: planIntegers(numerators), denominators: planIntegers(denominators), patches };
}

function patch(patches: Patches, place: number, value: number): void {
  patches.places.push(place);
  patches.values.push(value);
}

/** Appends a column as planned. Its length is not written. */
export function writeValues(plan: ValuePlan, out: ByteWriter, form: Form): void {
  switch (plan.scheme) {
    case "constant":
      out.byte(CONSTANT);
      out.double(plan.value);
      return;
    case "decimal":
      out.byte(DECIMAL);
      out.byte(plan.decimal.exponent);
      writePatches(plan.decimal.patches, out);
      writeIntegers(plan.decimal.whole, out, form);
      return;
    case "ratio":
      out.byte(RATIO);
      writePatches(plan.ratio.patches, out);
      writeIntegers(plan.ratio.denominators, out, form);
      writeIntegers(plan.ratio.numerators, out, form);
      return;
    case "xor":
      out.byte(form === "bits" ? XOR : PLANES);
      if (form === "bits") writeXor(plan.values, out);
      else writePlanes(plan.values, out);
      return;
  }
}

function writePatches({ places, values }: Patches, out: ByteWriter): void {
  out.varint(places.length);
  let before = -1;
  places.forEach((place, index) => {
    out.varint(place - before - 1);
    out.double(values[index] ?? 0);
    before = place;
  });
}

function readPatches(from: ByteReader, count: number): Patches {
  const patches: Patches = { places: [], values: [] };
  const length = from.varint();
  if (length > count) throw new ChunkDamaged("it has more exceptions than values");
  let place = -1;
  for (let index = 0; index < length; index++) {
    place += from.varint() + 1;
    if (place >= count) throw new ChunkDamaged("an exception is out of its column");
    patch(patches, place, from.double());
  }
  return patches;
}

/** Reads a column of `count` finite doubles, into `into` where that is given. Throws ChunkDamaged. */
export function readValues(
  from: ByteReader,
  count: number,
  into: Float64Array = new Float64Array(count),
): Float64Array {
  const scheme = from.byte();
  switch (scheme) {
    case CONSTANT:
      return checked(into.fill(from.double()));
    case DECIMAL: {
      const exponent = from.byte();
      if (exponent > MAX_EXPONENT) throw new ChunkDamaged("its exponent is too large");
      const patches = readPatches(from, count);
      const values = readIntegers(from, count, into);
      const power = powerOfTen(exponent);
      if (exponent > 0) for (let index = 0; index < count; index++) values[index] = (values[index] ?? 0) / power;
      return patched(values, patches);
    }
    case RATIO: {
      const patches = readPatches(from, count);
      const denominators = readIntegers(from, count);
      const values = readIntegers(from, count, into);
      for (let index = 0; index < count; index++) values[index] = (values[index] ?? 0) / (denominators[index] ?? 1);
      return patched(values, patches);
    }
    case XOR:
      return checked(readXor(from, into));
    case PLANES:
      return checked(readPlanes(from, into));
    default:
      throw new ChunkDamaged("its values are of no known kind");
  }
}

function checked(values: Float64Array): Float64Array {
  for (const value of values) if (!Number.isFinite(value)) throw new ChunkDamaged("a value is not finite");
  return values;
}

function patched(values: Float64Array, { places, values: exact }: Patches): Float64Array {
  places.forEach((place, index) => {
    values[place] = exact[index] ?? 0;
  });
  return checked(values);
}
