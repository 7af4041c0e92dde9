/** The sensors on a real Mac or a real Windows machine, where there is one; elsewhere recorded outputs stand in. */
import { describe, expect, it } from "vitest";
import { CrabGuardian } from "../../server/crabs/guardian.ts";
import { nodeHost } from "../../server/host/node.ts";
import { hostSensors } from "../../server/rhopalia/index.ts";
import { here } from "../platforms.ts";

/** What every platform must give once rates are known. */
const EXPECTED = [
  "gorgon.cpu.busy",
  "system.memory.utilization",
  "system.memory.limit",
  "system.filesystem.utilization",
];

async function polls(): Promise<void> {
  const host = nodeHost();
  const crab = new CrabGuardian({
    name: "guardian",
    node: "test",
    sensors: hostSensors(host),
    clock: host.clock,
    deadlineMs: 20_000,
  });
  try {
    // Two polls closer together than the system's clock ticks give no share of CPU time: poll until there is one.
    await expect
      .poll(
        async () => {
          const { readings, failures } = await crab.collectOnce();
          expect(failures).toEqual([]);
          const given = new Set(readings.map((reading) => reading.metric));
          return EXPECTED.filter((metric) => !given.has(metric));
        },
        { interval: 100 },
      )
      .toEqual([]);
  } finally {
    await crab.dispose();
  }
}

describe("the sensors of this machine", () => {
  it.skipIf(!here("linux"))("[linux] give what the bell needs", polls);
  it.skipIf(!here("macos"))("[macos] give what the bell needs", polls);
  it.skipIf(!here("windows"))("[windows] give what the bell needs", polls);
});
