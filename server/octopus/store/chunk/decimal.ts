/** Finds the decimal exponent under which a double is a whole number: 0.25 is 25 with exponent 2. */

/** 12 digits behind the point are more than any source writes; what needs more is no decimal number. */
export const MAX_EXPONENT = 12;

/** 10^0 .. 10^12, all exact. */
const POWERS = Float64Array.from({ length: MAX_EXPONENT + 1 }, (_, exponent) => Number(`1e${String(exponent)}`));

/** 10^exponent for an exponent from 0 to MAX_EXPONENT. */
export function powerOfTen(exponent: number): number {
  return POWERS[exponent] ?? NaN;
}

/**
 * The whole number k with k / 10^exponent === value, bit for bit; NaN when there is none within 2^53. The division of
 * two exact numbers is correctly rounded, so that every decimal number of up to 15 digits has one. -0 has none.
 */
export function scaled(value: number, exponent: number): number {
  const power = POWERS[exponent] ?? NaN;
  const whole = Math.round(value * power);
  if (whole / power !== value || whole > Number.MAX_SAFE_INTEGER || whole < Number.MIN_SAFE_INTEGER) return NaN;
  // 0 === -0, but their bits differ.
  return whole === 0 ? (Object.is(value, -0) ? NaN : 0) : whole;
}

/** The smallest exponent from `from` on under which the value is whole; -1 when there is none. */
export function exponentOf(value: number, from: number): number {
  for (let exponent = from; exponent <= MAX_EXPONENT; exponent++) {
    if (!Number.isNaN(scaled(value, exponent))) return exponent;
  }
  return -1;
}
