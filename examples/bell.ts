/** The bell in the terminal: five lines with levels for CPU and memory. `node examples/bell.ts [seconds]` */
import { CrabGuardian, Octopus, runPlainBell, systemClock } from "gorgon";
import { demoSensors, intervalFromArguments, ROUNDS } from "./demo.ts";

const intervalMs = intervalFromArguments();
const hub = new Octopus({ node: "demo", clock: systemClock, bufferSize: 100 });
hub.register(
  new CrabGuardian({
    name: "local",
    node: "demo",
    sensors: demoSensors(),
    clock: systemClock,
    intervalMs,
    bufferSize: 10,
  }),
);
await runPlainBell({
  hub,
  crab: "local",
  iterations: ROUNDS,
  intervalMs,
  write: (text) => process.stdout.write(text),
  clock: systemClock,
});
await hub.close();
