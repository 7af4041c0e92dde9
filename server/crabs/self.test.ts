/** Gorgon measures itself: the work it does must show. */
import { afterEach, describe, expect, it } from "vitest";
import { ManualClock } from "../host/manual-clock.ts";
import { SelfMeter } from "./self.ts";

const meters: SelfMeter[] = [];
afterEach(() => meters.splice(0).forEach((meter) => meter.dispose()));

function meter(clock: ManualClock): SelfMeter {
  const made = new SelfMeter(clock);
  meters.push(made);
  return made;
}

/** Keeps this thread busy until it has used that much CPU. */
function burn(milliseconds: number): void {
  const began = process.cpuUsage();
  for (;;) {
    const used = process.cpuUsage(began);
    if ((used.user + used.system) / 1000 >= milliseconds) return;
  }
}

describe("SelfMeter", () => {
  it("does not know its CPU share before time has passed", () => {
    const one = meter(new ManualClock());
    expect(one.cost().cpuRatio).toBeNull();
    expect(one.read().map((reading) => reading.metric)).toEqual(["gorgon.self.memory.rss"]);
  });

  it("gives CPU as a share of one core over the time that passed", () => {
    const clock = new ManualClock();
    const one = meter(clock);
    burn(30);
    clock.advance(100);
    one.read();
    // At least the 30 ms burned here in the 100 ms that the clock says; other threads of the process may add to it.
    expect(one.cost().cpuRatio).toBeGreaterThanOrEqual(0.3);
  });

  it("gives its memory and its process", () => {
    const cost = meter(new ManualClock()).cost();
    expect(cost.rssBytes).toBeGreaterThan(10 * 1024 * 1024);
    expect(cost.pid).toBe(process.pid);
  });
});
