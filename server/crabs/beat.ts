/** One beat for all crabs of a process: they poll at common multiples of time, and wake it once instead of each for itself. */
import type { Clock } from "../host/host.ts";

/** No crab on a beat begins later than this after its moment: within what the fastest crab, at 500 ms, allows. */
const WINDOW_MS = 20;

/** When polls begin that are due at a moment. */
export interface Beat {
  /** Moments are counted from here, in the clock's monotonic milliseconds. */
  readonly origin: number;
  /** How much later than the moment a poll begins; the same for all who ask for the same moment. */
  jitterMs(moment: number, widestMs: number): number;
}

/** A beat that begins now. Its jitter is random by process, so that many machines do not poll in step. */
export function commonBeat(clock: Clock, random: () => number = Math.random): Beat {
  const origin = clock.monotonic();
  const seed = Math.floor(random() * 2 ** 32);
  return {
    origin,
    jitterMs: (moment, widestMs) => share(seed, Math.round(moment - origin)) * Math.min(WINDOW_MS, widestMs),
  };
}

/** A beat of one crab's own: every moment has a jitter of its own, over the whole of the window asked for. */
export function ownBeat(origin: number): Beat {
  return { origin, jitterMs: (_moment, widestMs) => Math.random() * widestMs };
}

/** 0 to 1, evenly spread and always the same for the same numbers: the finalizer of MurmurHash3 (public domain). */
function share(seed: number, key: number): number {
  let hash = (seed ^ key) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
