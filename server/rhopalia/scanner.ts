/** Reads numbers and words out of the bytes of a /proc file without making strings of them. */
import { Malformed } from "./rhopalium.ts";

const SPACE = 0x20;
const TAB = 0x09;
const NEWLINE = 0x0a;
const DOT = 0x2e;
const ZERO = 0x30;

/** Counters of the kernel have at most 64 bits; anything longer is damage, not a number. */
const LARGEST = 2 ** 64;

/** A cursor over bytes. One is kept for each source and reset at each reading. */
export class Scanner {
  readonly #source: string;
  bytes: Buffer = Buffer.alloc(0);
  at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  reset(bytes: Buffer): void {
    this.bytes = bytes;
    this.at = 0;
  }

  get ended(): boolean {
    return this.at >= this.bytes.length;
  }

  /** Skips blanks; true when the line or the file ends here. */
  lineEnded(): boolean {
    const { bytes } = this;
    let at = this.at;
    while (at < bytes.length && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
    this.at = at;
    return at >= bytes.length || bytes[at] === NEWLINE;
  }

  /** Goes to the beginning of the next line; false when there is none. */
  nextLine(): boolean {
    const { bytes } = this;
    let at = this.at;
    while (at < bytes.length && bytes[at] !== NEWLINE) at++;
    this.at = at + 1;
    return this.at < bytes.length;
  }

  /** Skips a word (up to a blank or the line's end) and the blanks before it. */
  skipWord(): void {
    this.lineEnded();
    const { bytes } = this;
    let at = this.at;
    while (at < bytes.length && bytes[at] !== SPACE && bytes[at] !== TAB && bytes[at] !== NEWLINE) at++;
    this.at = at;
  }

  /** Goes behind the next of a byte in this line. Throws Malformed when there is none. */
  skipPast(byte: number): void {
    const { bytes } = this;
    let at = this.at;
    while (at < bytes.length && bytes[at] !== byte && bytes[at] !== NEWLINE) at++;
    if (bytes[at] !== byte) throw this.malformed(`a '${String.fromCharCode(byte)}' is missing`);
    this.at = at + 1;
  }

  /** Whether these bytes stand here. Does not move. */
  startsWith(word: Uint8Array): boolean {
    const { bytes, at } = this;
    for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word[index]) return false;
    return true;
  }

  /** An unsigned whole number, after any blanks. Throws Malformed when there is none. */
  whole(): number {
    this.lineEnded();
    const { bytes } = this;
    let at = this.at;
    let value = 0;
    for (; at < bytes.length; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === this.at) throw this.malformed("a number is missing");
    if (value > LARGEST) throw this.malformed("a number has more than 64 bits");
    this.at = at;
    return value;
  }

  /** An unsigned number with an optional fraction, after any blanks, divided by `unit`. Throws Malformed when there is none. */
  decimal(unit = 1): number {
    const whole = this.whole();
    const { bytes } = this;
    if (bytes[this.at] !== DOT) return whole / unit;
    let at = this.at + 1;
    let fraction = 0;
    let scale = 1;
    for (; at < bytes.length; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      // Digits beyond a double's precision only shift the place.
      if (scale >= 1e15) continue;
      fraction = fraction * 10 + digit;
      scale *= 10;
    }
    this.at = at;
    // One division of whole numbers rounds once: the result is the double that is nearest to what stands there.
    const digits = whole * scale + fraction;
    return Number.isSafeInteger(digits) ? digits / (scale * unit) : (whole + fraction / scale) / unit;
  }

  /** The error for what was found here. */
  malformed(found: string): Malformed {
    const line = this.bytes.subarray(0, this.at).filter((byte) => byte === NEWLINE).length + 1;
    return new Malformed(this.#source, `${found} in line ${line}`);
  }
}
