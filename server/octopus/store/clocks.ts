/** Finds chunks that have the same times, as the series of one poll have, so that these are written once. */
import { encodeTimes } from "./chunk/codec.ts";
import type { ChunkFile } from "./chunk-file.ts";

/** Shorter than this, times cost a chunk less in its own body than a row of their own does. */
const WORTH_SHARING = 40;
/** Times that are remembered: those of so many polls whose series are being sealed. */
const REMEMBERED = 32;

interface Known {
  readonly times: Float64Array;
  /** Null: too short to be worth a row. */
  readonly id: number | null;
}

function same(one: Float64Array, other: Float64Array): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false;
  return true;
}

/** The times that were written last, by their rows. */
export class Clocks {
  readonly #known: Known[] = [];

  /** The row of these times, written now if there is none; null when they belong into the chunk. Within a transaction. */
  of(file: ChunkFile, times: Float64Array): number | null {
    const found = this.#known.find((known) => same(known.times, times));
    if (found !== undefined) return found.id;
    const body = encodeTimes(times);
    const id = body.length < WORTH_SHARING ? null : file.putClock(times.at(-1) ?? 0, body);
    this.#known.push({ times: times.slice(), id });
    if (this.#known.length > REMEMBERED) this.#known.shift();
    return id;
  }

  /** After a transaction that failed: what was written in it is not there. */
  forget(): void {
    this.#known.length = 0;
  }
}
