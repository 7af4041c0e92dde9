/** The watchdog: when it is out, what it does there, and when it comes home. */
import { describe, expect, it } from "vitest";
import type { Verdict } from "../../protocol/bell.ts";
import type { Level } from "../../protocol/level.ts";
import { ManualClock } from "../host/manual-clock.ts";
import type { Rhopalium } from "../rhopalia/rhopalium.ts";
import type { Crab } from "./crab.ts";
import { sleeper } from "./sleeper.ts";
import { CallOut, troubled, watchdog } from "./watchdog.ts";

function counting(): Rhopalium & { reads: number; disposed: boolean } {
  return {
    name: "worst",
    metrics: [],
    reads: 0,
    disposed: false,
    read() {
      this.reads += 1;
      return [];
    },
    dispose() {
      this.disposed = true;
    },
  };
}

/** A kennel as the hub is one: starts what is registered, disposes what is taken away. */
function kennel() {
  const crabs = new Map<string, Crab>();
  return {
    crabs,
    register: (crab: Crab) => {
      crabs.set(crab.name, crab);
      crab.start();
    },
    unregister: async (name: string) => {
      const crab = crabs.get(name);
      crabs.delete(name);
      await crab?.dispose();
      return crab !== undefined;
    },
  };
}

function setUp() {
  const clock = new ManualClock();
  const place = kennel();
  const sensors: ReturnType<typeof counting>[] = [];
  const make = () => {
    const sensor = counting();
    sensors.push(sensor);
    return watchdog({ node: "here", clock, sensors: [sensor], jitter: 0 });
  };
  return { clock, place, sensors, callOut: new CallOut({ kennel: place, make, clock }) };
}

describe("the watchdog", () => {
  it("costs nothing while all is well", async () => {
    const { clock, place, sensors } = setUp();
    await clock.advanceAsync(60_000);
    expect(place.crabs.size).toBe(0);
    expect(sensors).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it("looks twice a second while something is wrong, and for half a minute after it", async () => {
    const { clock, place, sensors, callOut } = setUp();
    for (let second = 0; second < 10; second += 2) {
      callOut.call();
      await clock.advanceAsync(2000);
    }
    expect(sensors).toHaveLength(1);
    expect(sensors[0]?.reads).toBe(21);
    await clock.advanceAsync(27_000);
    expect(callOut.out).toBe(true);
    await clock.advanceAsync(1000);
    expect(callOut.out).toBe(false);
    expect(place.crabs.size).toBe(0);
    expect(sensors[0]?.disposed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("goes out again at the next trouble, as a fresh one", async () => {
    const { clock, sensors, callOut } = setUp();
    callOut.call();
    await clock.advanceAsync(60_000);
    callOut.call();
    await clock.advanceAsync(1000);
    expect(sensors.map((one) => one.reads)).toEqual([60, 3]);
  });

  it("is not called any more once all is over", () => {
    const { place, callOut } = setUp();
    callOut.dispose();
    callOut.call();
    expect(place.crabs.size).toBe(0);
  });
});

describe("what calls it out", () => {
  const verdict = (id: string, level: Level) => ({ rule: { id }, level }) as Verdict;

  it.each<[string, Level, boolean]>([
    ["cpu", "WARN", true],
    ["memory", "CRIT", true],
    ["cpu", "OK", false],
    ["cpu", "UNKNOWN", false],
    ["disk", "CRIT", false],
  ])("%s at %s: %s", (id, level, out) => {
    expect(troubled({ verdicts: [verdict("memory", "OK"), verdict(id, level)] })).toBe(out);
  });
});

describe("the sleeper", () => {
  it("reads twice a minute and lets a sensor take ten seconds", async () => {
    const clock = new ManualClock();
    let signal: AbortSignal | undefined;
    const slow: Rhopalium = {
      name: "slow",
      metrics: [],
      read: (given) => {
        signal = given;
        return new Promise((resolve) => {
          clock.schedule(() => resolve([]), 9000);
        });
      },
      dispose: () => undefined,
    };
    const crab = sleeper({ node: "here", clock, sensors: [slow], jitter: 0 });
    crab.start();
    await clock.advanceAsync(69_000);
    expect(crab.stats()).toMatchObject({ polls: 3, overruns: 0 });
    expect(crab.stats().sensors[0]?.ok).toBe(true);
    expect(signal?.aborted).toBe(false);
    await crab.dispose();
  });
});
