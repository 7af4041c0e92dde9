/**
 * Finds the two small whole numbers whose quotient a double is. Shares of ticks, hits of requests and bytes a
 * millisecond are such quotients; as doubles all their 52 bits look random.
 */

/**
 * Together longer than this many bits, a double does not tell the two numbers from others. They may be long: the larger
 * one is often the same in a whole column, as the size of a disk is.
 */
export const MAX_PRODUCT = 2 ** 51;
const MAX_TERMS = 32;

/** A denominator this far from the usual one, as a share of it, is close enough to be worth expanding to. */
const NEAR = 0.05;

/** One quotient: value === numerator / denominator, bit for bit. */
export interface Quotient {
  numerator: number;
  denominator: number;
}

/**
 * Sets `into` to the quotient of the smallest numbers, by continued fractions; false when there is none whose numbers
 * multiplied are at most `most`. -0 is none.
 */
export function findQuotient(value: number, into: Quotient, most = MAX_PRODUCT): boolean {
  if (value === 0) {
    into.numerator = 0;
    into.denominator = 1;
    return !Object.is(value, -0);
  }
  const size = Math.abs(value);
  if (size >= most || size < 1 / most) return false;
  let rest = size;
  let top = 1;
  let bottom = 0;
  let topBefore = 0;
  let bottomBefore = 1;
  for (let term = 0; term < MAX_TERMS; term++) {
    const whole = Math.floor(rest);
    const nextTop = whole * top + topBefore;
    const nextBottom = whole * bottom + bottomBefore;
    if (nextTop * nextBottom > most) return false;
    if (nextTop / nextBottom === size) {
      into.numerator = value < 0 ? -nextTop : nextTop;
      into.denominator = nextBottom;
      return true;
    }
    if (rest === whole) return false;
    rest = 1 / (rest - whole);
    topBefore = top;
    bottomBefore = bottom;
    top = nextTop;
    bottom = nextBottom;
  }
  return false;
}

/**
 * Expands a quotient so that its denominator comes near `usual`: the shares of one interval all have its number of
 * ticks below the line until they are reduced, and neighbouring intervals have nearly as many.
 */
export function expand(quotient: Quotient, usual: number): void {
  const times = Math.round(usual / quotient.denominator);
  if (times < 2) return;
  const denominator = times * quotient.denominator;
  if (Math.abs(denominator - usual) > usual * NEAR) return;
  if (Math.abs(quotient.numerator) * times * denominator > MAX_PRODUCT) return;
  quotient.numerator *= times;
  quotient.denominator = denominator;
}
