/**
 * Finds the two small whole numbers whose quotient a double is. Shares of ticks, hits of requests and bytes a
 * millisecond are such quotients; as doubles all their 52 bits look random.
 */

/** Together no longer than this many bits, or the quotient is no shorter than the double. */
const MAX_PRODUCT = 2 ** 44;
const MAX_TERMS = 24;

/** A denominator this far from the usual one, as a share of it, is close enough to be worth expanding to. */
const NEAR = 0.05;

/** One quotient: value === numerator / denominator, bit for bit. */
export interface Quotient {
  numerator: number;
  denominator: number;
}

/**
 * Sets `into` to the quotient of the smallest numbers, by continued fractions; false when there is none that is
 * shorter than the double. -0 is none.
 */
export function findQuotient(value: number, into: Quotient): boolean {
  if (value === 0) {
    into.numerator = 0;
    into.denominator = 1;
    return !Object.is(value, -0);
  }
  const size = Math.abs(value);
  if (size >= MAX_PRODUCT || size < 1 / MAX_PRODUCT) return false;
  let rest = size;
  let top = 1;
  let bottom = 0;
  let topBefore = 0;
  let bottomBefore = 1;
  for (let term = 0; term < MAX_TERMS; term++) {
    const whole = Math.floor(rest);
    const nextTop = whole * top + topBefore;
    const nextBottom = whole * bottom + bottomBefore;
    if (nextTop * nextBottom > MAX_PRODUCT) return false;
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
