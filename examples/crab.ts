/** A crab alone: two sensors, five polls, a buffer of ten. `node examples/crab.ts [seconds]` */
import { CrabGuardian, systemClock } from "gorgon";
import { demoSensors, describe, intervalFromArguments, pause, ROUNDS } from "./demo.ts";

const intervalMs = intervalFromArguments();
const crab = new CrabGuardian({
  name: "local",
  node: "demo",
  sensors: demoSensors(),
  clock: systemClock,
  intervalMs,
  bufferSize: 10,
});

// A rate needs two readings: the first poll only sets the baseline.
await crab.collectOnce();
for (let round = 1; round <= ROUNDS; round++) {
  await pause(intervalMs);
  const snapshot = await crab.collectOnce();
  console.log(`[${String(round)}] ${describe(snapshot.readings)}`);
}
// One more than the rounds: the baseline is a snapshot too.
console.log(`Crab buffered records: ${String(crab.getBuffer().length)}`);
await crab.dispose();
