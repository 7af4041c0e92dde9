/**
 * The chunk that still grows, kept encoded: a token a sample, written as the sample comes, 1 to 4 bytes for what
 * machines measure. The newest sample stands outside, so that another one of the same time can replace it.
 *
 *     token u8 = kind (2 bits) | time follows (1 bit) | small value (5 bits)   then the time, then the rest of the value
 */
import { ByteReader, ByteWriter, unzigzag, zigzag } from "./bytes.ts";
import type { Samples } from "./codec.ts";
import { exponentOf, MAX_EXPONENT, powerOfTen, scaled } from "./decimal.ts";
import { MAX_DIFFERENCE } from "./integers.ts";
import { expand, findQuotient, type Quotient } from "./ratio.ts";

const SAME = 0;
const WHOLE = 1;
const RATIO = 2;
/** Small value: the new exponent of a decimal number, or RAW. */
const OTHER = 3;
const RAW = 31;

const TIME_FOLLOWS = 4;
const SMALL_SHIFT = 3;
/** A small value of this says that it follows as a varint. */
const FOLLOWS = 31;

const FIRST_CAPACITY = 48;
/** After this many values that are no quotient in a row, only one in SELDOM is tried. */
const GIVE_UP = 8;
const SELDOM = 32;
/** A quotient longer than this is no shorter than the double's 8 bytes. */
const MAX_QUOTIENT = 2 ** 42;

const quotient: Quotient = { numerator: 0, denominator: 1 };

/** What decides how the next token reads; the same when writing and when reading. */
class State {
  time = 0;
  step = 0;
  value = 0;
  exponent = 0;
  whole = 0;
  denominator = 1;
}

/** Grows by one sample at a time. */
export class OpenChunk {
  #out = new ByteWriter(FIRST_CAPACITY);
  #state = new State();
  #encoded = 0;
  #usual = 1;
  #misses = 0;
  #first = NaN;
  #time = NaN;
  #value = NaN;
  /** Number of the append that brought its newest sample; see the journal. */
  sequence = -1;
  /** Number of the append that brought its first one. */
  since = -1;

  /** Samples held. */
  get count(): number {
    return this.#encoded + (Number.isNaN(this.#time) ? 0 : 1);
  }

  /** Time of its first sample; NaN when it has none. */
  get first(): number {
    return this.#first;
  }

  /** Time of its last sample; NaN when it has none. */
  get last(): number {
    return this.#time;
  }

  /** The last value; NaN when it has none. */
  get lastValue(): number {
    return this.#value;
  }

  /** Bytes of memory that its samples take. */
  get bytes(): number {
    return this.#out.bytes.length;
  }

  /** Adds a sample: whole milliseconds, a finite value. One of the same time is replaced, an earlier one sorted in. */
  add(time: number, value: number, sequence: number): void {
    this.sequence = sequence;
    if (time > this.#time) this.#encode(this.#time, this.#value);
    else if (time < this.#time) {
      this.#insert(time, value);
      return;
    } else if (Number.isNaN(this.#time)) {
      this.#first = time;
      this.since = sequence;
    }
    this.#time = time;
    this.#value = value;
  }

  /** All samples, decoded. */
  samples(): Samples {
    const count = this.count;
    const times = new Float64Array(count);
    const values = new Float64Array(count);
    this.#decode(times, values);
    if (count > 0) {
      times[count - 1] = this.#time;
      values[count - 1] = this.#value;
    }
    return { times, values };
  }

  /** Gives back the memory that it would need to grow. */
  freeze(): void {
    if (!Number.isNaN(this.#time)) this.#out.bytes = this.#out.bytes.slice(0, this.#out.length);
  }

  /** The wall clock was set back by less than this chunk is long: rare, so writing it anew is cheap enough. */
  #insert(time: number, value: number): void {
    const { times, values } = this.samples();
    const { since, sequence } = this;
    this.#out.clear();
    this.#state = new State();
    this.#encoded = 0;
    this.#usual = 1;
    this.#time = NaN;
    let placed = false;
    for (let index = 0; index < times.length; index++) {
      const at = times[index] ?? 0;
      if (!placed && at >= time) {
        this.add(time, value, sequence);
        placed = true;
        if (at === time) continue;
      }
      this.add(at, values[index] ?? 0, sequence);
    }
    this.since = since;
  }

  #encode(time: number, value: number): void {
    const state = this.#state;
    const out = this.#out;
    const step = time - state.time;
    const change = step - state.step;
    const timeFlag = change === 0 ? 0 : TIME_FOLLOWS;
    state.time = time;
    state.step = step;
    this.#encoded++;
    if (value === state.value && Object.is(value, state.value)) {
      out.byte(SAME | timeFlag);
      if (change !== 0) out.varint(zigzag(change));
      return;
    }
    state.value = value;
    const whole = scaled(value, state.exponent);
    const difference = whole - state.whole;
    if (difference < MAX_DIFFERENCE && difference > -MAX_DIFFERENCE) {
      state.whole = whole;
      this.#token(WHOLE, timeFlag, change, zigzag(difference));
      return;
    }
    const known = Number.isNaN(whole) ? exponentOf(value, state.exponent + 1) : state.exponent;
    // Many digits rather mean a quotient than a decimal number.
    if ((known < 0 || known > 4) && this.#tryQuotient(value)) {
      const other = quotient.denominator - state.denominator;
      state.denominator = quotient.denominator;
      this.#token(RATIO, timeFlag, change, zigzag(other));
      out.varint(zigzag(quotient.numerator));
    } else if (known >= 0) {
      const again = scaled(value, known);
      if (Math.abs(again) >= MAX_DIFFERENCE) this.#raw(timeFlag, change, value);
      else {
        state.exponent = known;
        state.whole = again;
        out.byte(OTHER | timeFlag | (known << SMALL_SHIFT));
        if (change !== 0) out.varint(zigzag(change));
        out.varint(zigzag(again));
      }
    } else this.#raw(timeFlag, change, value);
  }

  #raw(timeFlag: number, change: number, value: number): void {
    this.#out.byte(OTHER | timeFlag | (RAW << SMALL_SHIFT));
    if (change !== 0) this.#out.varint(zigzag(change));
    this.#out.double(value);
  }

  #token(kind: number, timeFlag: number, change: number, number: number): void {
    const out = this.#out;
    out.byte(kind | timeFlag | (Math.min(number, FOLLOWS) << SMALL_SHIFT));
    if (change !== 0) out.varint(zigzag(change));
    if (number >= FOLLOWS) out.varint(number);
  }

  #tryQuotient(value: number): boolean {
    if (this.#misses >= GIVE_UP && this.#encoded % SELDOM !== 0) return false;
    if (!findQuotient(value, quotient, MAX_QUOTIENT)) {
      this.#misses++;
      return false;
    }
    if (quotient.denominator > this.#usual) this.#usual = quotient.denominator;
    else expand(quotient, this.#usual);
    if (Math.abs(quotient.numerator) * quotient.denominator > MAX_QUOTIENT) return false;
    this.#misses = 0;
    return true;
  }

  #decode(times: Float64Array, values: Float64Array): void {
    const from = new ByteReader(this.#out.bytes, 0, this.#out.length);
    const state = new State();
    for (let index = 0; index < this.#encoded; index++) {
      const token = from.byte();
      const small = token >>> SMALL_SHIFT;
      if ((token & TIME_FOLLOWS) !== 0) state.step += unzigzag(from.varint());
      state.time += state.step;
      switch (token & 3) {
        case SAME:
          break;
        case WHOLE:
          state.whole += unzigzag(small === FOLLOWS ? from.varint() : small);
          state.value = state.whole / powerOfTen(state.exponent);
          break;
        case RATIO:
          state.denominator += unzigzag(small === FOLLOWS ? from.varint() : small);
          state.value = unzigzag(from.varint()) / state.denominator;
          break;
        default:
          if (small <= MAX_EXPONENT) {
            state.exponent = small;
            state.whole = unzigzag(from.varint());
            state.value = state.whole / powerOfTen(small);
          } else state.value = from.double();
      }
      times[index] = state.time;
      values[index] = state.value;
    }
  }
}
