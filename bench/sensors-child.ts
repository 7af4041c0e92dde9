/**
 * The measured process of the sensors bench. For each line `{"times", "paceMs"}` on its standard input it takes that
 * many full host samples in a rhythm of its own, as a worker does, and then says what the readings took.
 */
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeHost } from "../server/host/node.ts";
import { hostSensors } from "../server/rhopalia/index.ts";

/** What is asked of it. */
export interface SampleRequest {
  readonly times: number;
  /** Milliseconds between the beginnings of two samples; 0: one after the other. */
  readonly paceMs: number;
}

/** What it answers. */
export interface SampleReport {
  readonly readings: number;
  /** CPU milliseconds of one sample, within the reading alone. */
  readonly cpuMs: number;
}

const sensors = hostSensors(nodeHost());
const { signal } = new AbortController();

async function sample(): Promise<number> {
  let readings = 0;
  for (const sensor of sensors) {
    const answer = sensor.read(signal);
    readings += ("then" in answer ? await answer : answer).length;
  }
  return readings;
}

async function samples({ times, paceMs }: SampleRequest): Promise<SampleReport> {
  let readings = 0;
  let usedUs = 0;
  const began = performance.now();
  for (let time = 0; time < times; time++) {
    if (paceMs > 0) await sleep(Math.max(0, began + time * paceMs - performance.now()));
    const before = process.cpuUsage();
    readings = await sample();
    const after = process.cpuUsage();
    usedUs += after.user - before.user + (after.system - before.system);
  }
  return { readings, cpuMs: usedUs / 1000 / times };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await samples(JSON.parse(line) as SampleRequest)));
}
for (const sensor of sensors) sensor.dispose();
