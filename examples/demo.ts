/** What the three demos have in common: five rounds, an interval from the command line, and one line a round. */
import { setTimeout as sleep } from "node:timers/promises";
import { formatRatio, hostSensors, nodeHost, type Reading, type Rhopalium } from "gorgon";

/** Rounds that each demo makes. */
export const ROUNDS = 5;

const DEFAULT_SECONDS = 2;

/** Milliseconds between two rounds: `node examples/crab.ts [seconds]`, 2 seconds by default. */
export function intervalFromArguments(): number {
  const [text] = process.argv.slice(2);
  const seconds = text === undefined ? DEFAULT_SECONDS : Number(text);
  if (seconds > 0 && Number.isFinite(seconds)) return seconds * 1000;
  console.error(`The interval cannot be '${String(text)}': give seconds, more than 0, e.g. 0.5.`);
  process.exit(2);
}

/** The two sensors that the demos show: CPU and memory of this machine. */
export function demoSensors(): Rhopalium[] {
  return hostSensors(nodeHost()).filter((sensor) => sensor.name === "cpu" || sensor.name === "memory");
}

/** One round in words: `CPU 12.5 %   memory 40.1 %`. */
export function describe(readings: readonly Reading[]): string {
  const cpu = readings.find((one) => one.metric === "gorgon.cpu.busy");
  const memory = readings.find(
    (one) => one.metric === "system.memory.utilization" && one.attributes["system.memory.state"] === "used",
  );
  return `CPU ${formatRatio(cpu?.value ?? null)}   memory ${formatRatio(memory?.value ?? null)}`;
}

/** Waits. */
export async function pause(milliseconds: number): Promise<void> {
  await sleep(milliseconds);
}
