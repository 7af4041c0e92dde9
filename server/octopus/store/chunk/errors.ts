/** What can be wrong with samples before they are encoded, and with bytes before they are decoded. */

/** A value that is no number a chart could show: NaN or an infinity. */
export class NotFinite extends Error {
  override readonly name = "NotFinite";
  constructor(value: number) {
    super(`A sample cannot be ${String(value)}: sensors report a failure instead of a value that is not finite.`);
  }
}

/** Times that are not whole milliseconds in rising order, or too many samples for one chunk. */
export class NotAChunk extends Error {
  override readonly name = "NotAChunk";
}

/** Bytes that are no chunk, or not any more. Nothing of them is used. */
export class ChunkDamaged extends Error {
  override readonly name = "ChunkDamaged";
  constructor(what: string) {
    super(`The chunk is damaged: ${what}.`);
  }
}
