/** The glance takes its numbers from the newest readings, and says nothing where there are none. */
import { describe, expect, it } from "vitest";
import type { Attributes, Reading } from "../../protocol/reading.ts";
import { glanceOf } from "./glance.ts";
import type { Latest } from "./hub.ts";

/** A hub that holds just these readings. */
function hubOf(readings: readonly Reading[]): Parameters<typeof glanceOf>[0] {
  const has = (reading: Reading, match: Attributes): boolean =>
    Object.entries(match).every(([key, value]) => reading.attributes[key] === value);
  return {
    latest: (metric, match = {}): readonly Latest[] =>
      readings
        .filter((reading) => reading.metric === metric && has(reading, match))
        .map((reading) => ({ reading, time: 0, crab: "guardian", intervalMs: 2000 })),
  };
}

const at = (metric: string, value: number, attributes: Attributes = {}): Reading => ({ metric, attributes, value });

describe("glanceOf", () => {
  it("knows nothing but the cores before the first reading", () => {
    const glance = glanceOf(hubOf([]), 4);
    expect(glance.cpu).toEqual({ busy: null, load1: null, cores: 4 });
    expect(glance.memory.used).toBeNull();
    expect(glance.memory.swapTotal).toBeNull();
    expect(glance.network).toEqual({ receive: null, transmit: null });
  });

  it("shows the fullest file system, with its own sizes", () => {
    const on = (mount: string): Attributes => ({ "system.filesystem.mountpoint": mount });
    const glance = glanceOf(
      hubOf([
        at("system.filesystem.utilization", 0.4, on("/")),
        at("system.filesystem.utilization", 0.9, on("/data")),
        at("system.filesystem.usage", 40, { ...on("/"), "system.filesystem.state": "used" }),
        at("system.filesystem.usage", 90, { ...on("/data"), "system.filesystem.state": "used" }),
        at("system.filesystem.usage", 10, { ...on("/data"), "system.filesystem.state": "free" }),
        at("system.filesystem.limit", 100, on("/data")),
      ]),
      1,
    );
    expect(glance.disk).toEqual({ mount: "/data", used: 90, size: 100 });
  });

  it("sums the network over interfaces, each direction for itself, and counts nothing twice", () => {
    const over = (name: string, direction: string): Attributes => ({
      "network.interface.name": name,
      "network.io.direction": direction,
    });
    const glance = glanceOf(
      hubOf([
        at("gorgon.network.io.rate", 10, over("eth0", "receive")),
        at("gorgon.network.io.rate", 5, over("eth1", "receive")),
        at("gorgon.network.io.rate", 1, over("eth0", "transmit")),
        at("gorgon.network.io.rate", 5, { ...over("br0", "receive"), "gorgon.network.stacked": "true" }),
      ]),
      1,
    );
    expect(glance.network).toEqual({ receive: 15, transmit: 1 });
  });

  it("names what limits the memory", () => {
    const limit = at("system.memory.limit", 1024, { "gorgon.limit.source": "cgroup /docker/ab" });
    expect(glanceOf(hubOf([limit]), 1).memory).toMatchObject({ limit: 1024, limitedBy: "cgroup /docker/ab" });
  });
});
