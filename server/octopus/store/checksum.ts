/** A checksum over one sample and its series' name: a flipped bit on disk must not become a number on a chart. */

const scratch = new Float64Array(2);
const words = new Int32Array(scratch.buffer);

/** 32-bit FNV-1a over the UTF-16 units of a text. */
export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash | 0;
}

/**
 * 32 bits over the exact bits of time and value, beginning with the hash of the series' name, so that a sample that
 * turns up under another series fails too. Multiply and fold, by the golden ratio's constant, a word at a time.
 */
export function sampleChecksum(series: number, time: number, value: number): number {
  scratch[0] = time;
  scratch[1] = value;
  let hash = series;
  for (let index = 0; index < 4; index++) {
    hash = Math.imul(hash ^ (words[index] ?? 0), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash | 0;
}
