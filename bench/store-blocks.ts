/** How long the store holds up the event loop at the most series it takes, while the chunks of all of them end at once. */
import path from "node:path";
import type { Clock } from "../server/host/host.ts";
import { systemClock } from "../server/host/node.ts";
import { ChunkStore } from "../server/octopus/store/chunk-store.ts";
import { percentile } from "./regression.ts";
import { INTERVAL_MS } from "./store-samples.ts";

const SERIES = 2000;
/** Chunks of a series at 2 s end every 20 minutes: three times in this. */
const SPAN_MS = 70 * 60_000;
/** Moments between two flushes: 6 s; the store's own interval is 5 s. */
const FLUSH_EVERY = 3;
/** The first moments make all of the series, which happens once in a worker's life and while the code is cold. */
const WARM_UP = 60;
const ROUNDS = 3;

/** What was found. */
export interface Blocks {
  /** The longest time in which nothing else could run, milliseconds. */
  readonly longestBlockMs: number;
  /** The 99th percentile of the longest time in each moment, milliseconds. */
  readonly p99BlockMs: number;
}

/** A clock that goes as the system's does, and can be moved on besides. */
class HurriedClock implements Clock {
  #ahead = 0;
  readonly #base: number;

  constructor(base: number) {
    this.#base = base - performance.now();
  }

  hurry(ms: number): void {
    this.#ahead += ms;
  }

  now(): number {
    return this.#base + this.monotonic();
  }

  monotonic(): number {
    return this.#ahead + performance.now();
  }

  // The bench flushes by itself.
  schedule(): { dispose(): void } {
    return { dispose: () => undefined };
  }
}

/** The best of some rounds: what else the machine does holds a process up as well. */
export async function measureBlocks(folder: string): Promise<Blocks> {
  const rounds: Blocks[] = [];
  for (let round = 0; round < ROUNDS; round++)
    rounds.push(await measureRound(path.join(folder, `blocks-${String(round)}`)));
  return {
    longestBlockMs: Math.min(...rounds.map((round) => round.longestBlockMs)),
    p99BlockMs: Math.min(...rounds.map((round) => round.p99BlockMs)),
  };
}

/** Feeds 2,000 series as a worker does, two seconds at a time, as fast as it goes. */
async function measureRound(folder: string): Promise<Blocks> {
  const clock = new HurriedClock(Math.floor(systemClock.now() / 3_600_000) * 3_600_000);
  const store = new ChunkStore({ path: path.join(folder, "history.db"), clock });
  const metric = "bench.blocks";
  const metrics = new Map([[metric, { name: metric, unit: "1", kind: "gauge", description: "made up" } as const]]);
  const series = Array.from({ length: SERIES }, (_, index) => ({ index: String(index) }));
  const worst: number[] = [];
  let last = performance.now();
  let longest = 0;
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  let looking = true;
  const keepLooking = () => {
    look();
    if (looking) setImmediate(keepLooking);
  };
  keepLooking();
  for (let moment = 0; moment * INTERVAL_MS < SPAN_MS; moment++) {
    clock.hurry(INTERVAL_MS);
    const readings = series.map((attributes, index) => {
      return { metric, attributes, value: Math.round(1000 * Math.sin(moment / 40 + index)) / 1000 };
    });
    // Making up the readings is not the store's.
    last = performance.now();
    longest = 0;
    store.append(Math.round(clock.now()), readings, metrics);
    if (moment % FLUSH_EVERY === 0) await store.flush();
    await new Promise((resolve) => setImmediate(resolve));
    look();
    if (moment >= WARM_UP) worst.push(longest);
  }
  looking = false;
  await store.close();
  return { longestBlockMs: Math.max(...worst), p99BlockMs: percentile(worst, 0.99) };
}
