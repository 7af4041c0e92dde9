import os from "node:os";
import { expect, test } from "vitest";
import { fixtureHost } from "../../host/fixture.ts";
import { nodeHost } from "../../host/node.ts";
import { probe } from "../probe.ts";
import { Malformed } from "../rhopalium.ts";
import { uptimeSensor } from "./index.ts";

test("the first figure of /proc/uptime is the uptime", async () => {
  const host = fixtureHost({ files: { "/proc/uptime": "350735.47 1234567.89\n" } });
  expect((await probe(uptimeSensor(host))).value("system.uptime")).toBe(350735.47);
  host.write("/proc/uptime", "soon\n");
  await expect(probe(uptimeSensor(host))).rejects.toThrow(Malformed);
});

test("elsewhere the system says it, and a negative one is refused", async () => {
  const mac = fixtureHost({ platform: "darwin" });
  expect((await probe(uptimeSensor(mac, () => 77))).value("system.uptime")).toBe(77);
  await expect(probe(uptimeSensor(mac, () => -1))).rejects.toThrow(Malformed);
});

test("on this machine it agrees with Node's", async () => {
  const found = (await probe(uptimeSensor(nodeHost()))).value("system.uptime") ?? NaN;
  expect(Math.abs(found - os.uptime())).toBeLessThan(2);
});
