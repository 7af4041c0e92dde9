/**
 * A process to be killed: appends known samples as fast as a busy worker would, and says in lines of JSON what it
 * appended, what it was told is durable, and who it is to the file. `node writer.ts <json of WriterTask>`
 */
import { systemClock } from "../../server/host/node.ts";
import { ChunkStore } from "../../server/octopus/store/chunk-store.ts";
import { METRICS, random, readingsAt } from "./known.ts";

/** What the process is to do. */
export interface WriterTask {
  readonly path: string;
  /** Sample `index` is of the time `base + index`. */
  readonly base: number;
  readonly from: number;
  readonly seed: number;
  readonly flushIntervalMs: number;
  /** Also flush at random moments and say so. */
  readonly acknowledge: boolean;
}

/** One line of its output; `at` is its own monotonic clock. */
export interface WriterLine {
  readonly at: number;
  readonly mode: string;
  /** Every index below this was appended. */
  readonly appended: number;
  /** Every index below this is durable, because a flush that began after it has resolved. */
  readonly durable: number;
}

const BATCH = 10;
const PAUSE_MS = 10;

async function write(task: WriterTask): Promise<never> {
  const next = random(task.seed);
  const { path, flushIntervalMs } = task;
  const store = new ChunkStore({ path, clock: systemClock, flushIntervalMs });
  let appended = task.from;
  let durable = task.from;
  const say = () => {
    const line: WriterLine = { at: performance.now(), mode: store.health().mode, appended, durable };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  say();
  for (;;) {
    for (let index = 0; index < BATCH; index++, appended++) {
      store.append(task.base + appended, readingsAt(appended), METRICS);
    }
    if (task.acknowledge && next() < 0.1) {
      const reached = appended;
      await store.flush();
      if (store.health().mode === "writing") durable = reached;
    }
    say();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

await write(JSON.parse(process.argv[2] ?? "{}") as WriterTask);
