/** A crab in an octopus: five polls through the hub, a ring of a hundred. `node examples/octopus.ts [seconds]` */
import { CrabGuardian, Octopus, systemClock } from "gorgon";
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
// A rate needs two readings: this poll sets the baseline, and the hub does not see it.
await crab.collectOnce();

const hub = new Octopus({ node: "demo", clock: systemClock, bufferSize: 100 });
hub.register(crab);
for (let round = 1; round <= ROUNDS; round++) {
  await pause(intervalMs);
  for (const snapshot of await hub.collectOnce()) {
    console.log(`[${String(round)}] ${snapshot.crab}: ${describe(snapshot.readings)}`);
  }
}
console.log(`Octopus buffered records: ${String(hub.getBuffer().length)}`);
await hub.close();
