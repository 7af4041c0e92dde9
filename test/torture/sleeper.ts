/**
 * A process to be killed, on a machine that is put to sleep again and again: appends a known gauge and a counter every
 * two seconds of a clock that hours pass on in between, and says in lines of JSON what it appended and what it was told
 * is durable. `node sleeper.ts <json of SleeperTask>`
 */
import type { Clock } from "../../server/host/host.ts";
import { systemClock } from "../../server/host/node.ts";
import { ChunkStore } from "../../server/octopus/store/chunk-store.ts";
import { COUNTER, GROWTH, INTERVAL_MS, KEEP_ALL, METRIC, METRICS, random, valueOf } from "./known.ts";

/** What the process is to do. */
export interface SleeperTask {
  readonly path: string;
  /** The first index, and the time by the wall clock at the start. */
  readonly from: number;
  readonly wall: number;
  readonly seed: number;
}

/** One line of its output. */
export interface SleeperLine {
  /** Time and index of every sample since the line before, said before they are appended. */
  readonly samples: readonly (readonly [time: number, index: number])[];
  /** Every index below this is durable. */
  readonly durable: number;
  /** The time from and to which the machine slept before these samples; null: it did not. */
  readonly slept: readonly [number, number] | null;
}

const BATCH = 20;
const PAUSE_MS = 3;
const HOUR = 3_600_000;
/** While asleep the two clocks part by up to this much. */
const DRIFT_MS = 5000;

/** Goes as the system's does; time can be let pass on each of its two clocks. */
class SleepyClock implements Clock {
  #wall: number;
  #monotonic = 0;

  constructor(wall: number) {
    this.#wall = wall - performance.now();
  }

  pass(wall: number, monotonic: number): void {
    this.#wall += wall;
    this.#monotonic += monotonic;
  }

  now(): number {
    return Math.round(this.#wall + performance.now());
  }

  monotonic(): number {
    return this.#monotonic + performance.now();
  }

  schedule(run: () => void, milliseconds: number, options?: { readonly unref?: boolean }): { dispose(): void } {
    return systemClock.schedule(run, milliseconds, options);
  }
}

async function write(task: SleeperTask): Promise<never> {
  const next = random(task.seed);
  const clock = new SleepyClock(task.wall);
  const store = new ChunkStore({ path: task.path, clock, flushIntervalMs: 50, tiers: KEEP_ALL });
  let index = task.from;
  let durable = task.from;
  for (;;) {
    let slept: SleeperLine["slept"] = null;
    if (next() < 0.03) {
      const before = clock.now();
      const gap = HOUR * (0.2 + 12 * next());
      // Some systems count the time asleep as monotonic time, some do not.
      clock.pass(gap + (next() - 0.5) * DRIFT_MS, next() < 0.5 ? gap : 0);
      slept = [before, clock.now()];
    }
    const samples: [number, number][] = [];
    for (let count = 0; count < BATCH; count++, index++) {
      clock.pass(INTERVAL_MS, INTERVAL_MS);
      const time = clock.now();
      samples.push([time, index]);
      store.append(
        time,
        [
          { metric: METRIC, attributes: {}, value: valueOf(0, index) },
          { metric: COUNTER, attributes: {}, value: index * GROWTH },
        ],
        METRICS,
      );
    }
    // Said before it can be durable: nothing is ever in the file that was not said.
    process.stdout.write(`${JSON.stringify({ samples, durable, slept } satisfies SleeperLine)}\n`);
    if (next() < 0.2) {
      const reached = index;
      await store.flush();
      if (store.health().mode === "writing") durable = reached;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

await write(JSON.parse(process.argv[2] ?? "{}") as SleeperTask);
