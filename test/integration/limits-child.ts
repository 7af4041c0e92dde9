/** The measured process of the limits test: reads its own limits, burns CPU or takes memory, a word a line. */
import { createInterface } from "node:readline";
import { nodeHost } from "../../server/host/node.ts";
import { limitsSensor } from "../../server/rhopalia/limits/index.ts";

const MIB = 1024 * 1024;
/** CPU time, not wall-clock time: on a busy machine the scheduler may keep it from its quota. Several periods' worth. */
const BURN_MICROSECONDS = 100_000;

const sensor = limitsSensor(nodeHost());
const held: Buffer[] = [];

process.stdout.write("ready\n");
for await (const word of createInterface({ input: process.stdin })) {
  if (word === "read") process.stdout.write(`${JSON.stringify(await sensor.read(new AbortController().signal))}\n`);
  if (word === "burn") {
    const start = process.cpuUsage();
    for (let used = 0; used < BURN_MICROSECONDS;) {
      const { user, system } = process.cpuUsage(start);
      used = user + system;
    }
    process.stdout.write("burnt\n");
  }
  // Written to, so that the pages are really taken; the kernel ends this process on the way.
  if (word === "hog") for (;;) held.push(Buffer.alloc(8 * MIB, 1));
}
