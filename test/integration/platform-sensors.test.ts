/** The sensors on a real Mac or a real Windows machine, where there is one; elsewhere recorded outputs stand in. */
import { describe, expect, it } from "vitest";
import { CrabGuardian } from "../../server/crabs/guardian.ts";
import { nodeHost } from "../../server/host/node.ts";
import { hostSensors } from "../../server/rhopalia/index.ts";
import { here } from "../platforms.ts";

/** What every platform must give after two polls. */
const EXPECTED = [
  "gorgon.cpu.busy",
  "system.memory.utilization",
  "system.memory.limit",
  "system.filesystem.utilization",
];

async function twoPolls(): Promise<void> {
  const host = nodeHost();
  const crab = new CrabGuardian({
    name: "guardian",
    node: "test",
    sensors: hostSensors(host),
    clock: host.clock,
    deadlineMs: 20_000,
  });
  try {
    await crab.collectOnce();
    const snapshot = await crab.collectOnce();
    const given = new Set(snapshot.readings.map((reading) => reading.metric));
    for (const metric of EXPECTED) expect([...given], metric).toContain(metric);
    expect(snapshot.failures).toEqual([]);
  } finally {
    await crab.dispose();
  }
}

describe("the sensors of this machine", () => {
  it.skipIf(!here("linux"))("[linux] give what the bell needs", twoPolls);
  it.skipIf(!here("macos"))("[macos] give what the bell needs", twoPolls);
  it.skipIf(!here("windows"))("[windows] give what the bell needs", twoPolls);
});
