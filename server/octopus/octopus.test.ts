/** The hub: who is registered, what is kept, and what one that fails does to the others. */
import { describe, expect, it } from "vitest";
import type { Attributes, Snapshot } from "../../protocol/reading.ts";
import { CrabGuardian, type CrabOptions } from "../crabs/guardian.ts";
import { leveledLog } from "../host/log.ts";
import { ManualClock } from "../host/manual-clock.ts";
import type { Rhopalium } from "../rhopalia/rhopalium.ts";
import { Octopus, type OctopusOptions } from "./octopus.ts";
import { MemoryStore } from "./store/memory.ts";
import { ask, sample } from "./store/contract.ts";
import type { SeriesStore } from "./store/store.ts";

const START = Date.UTC(2026, 0, 1);
const CPU = "system.cpu.utilization";

function fixed(values: () => readonly [Attributes, number][]): Rhopalium & { disposed: boolean } {
  return {
    name: "cpu",
    disposed: false,
    metrics: [{ name: CPU, unit: "1", kind: "gauge", description: "for tests" }],
    read: () => values().map(([attributes, value]) => sample(value, attributes)),
    dispose() {
      this.disposed = true;
    },
  };
}

function setUp(more: Partial<OctopusOptions> = {}) {
  const clock = new ManualClock(START);
  const messages: string[] = [];
  const log = leveledLog(
    (level, message) => messages.push(`${level}: ${message}`),
    () => "info",
  );
  const hub = new Octopus({ node: "here", clock, log, ...more });
  const crab = (name: string, sensor: Rhopalium = fixed(() => [[{}, 0.5]]), options: Partial<CrabOptions> = {}) =>
    new CrabGuardian({ name, node: "here", clock, sensors: [sensor], intervalMs: 2000, jitter: 0, ...options });
  return { clock, hub, crab, messages };
}

const values = (snapshots: readonly Snapshot[]) => snapshots.flatMap((one) => one.readings.map((it) => it.value));

describe("registering", () => {
  it("lists crabs in their order and tells the bus", async () => {
    const { hub, crab } = setUp();
    const events: string[] = [];
    hub.on("registered", (event) => events.push(`+${event.crab}`));
    hub.on("unregistered", (event) => events.push(`-${event.crab}`));
    hub.register(crab("a"));
    hub.register(crab("b"));
    expect(hub.list().map((one) => one.name)).toEqual(["a", "b"]);
    expect(await hub.unregister("a")).toBe(true);
    expect(await hub.unregister("a")).toBe(false);
    expect(events).toEqual(["+a", "+b", "-a"]);
  });

  it("replaces a crab of the same name, disposes the old one and warns", async () => {
    const { hub, crab, messages } = setUp();
    const old = fixed(() => [[{}, 1]]);
    hub.register(crab("a", old));
    hub.register(
      crab(
        "a",
        fixed(() => [[{}, 2]]),
      ),
    );
    expect(values(await hub.collectOnce())).toEqual([2]);
    await expect.poll(() => old.disposed).toBe(true);
    expect(messages).toEqual([expect.stringContaining("warning: A crab named 'a' was registered already")]);
  });

  it("does nothing to a crab that is registered twice", async () => {
    const { hub, crab, messages } = setUp();
    const one = crab("a");
    hub.register(one);
    hub.register(one);
    expect(await hub.collectOnce()).toHaveLength(1);
    expect(hub.getBuffer()).toHaveLength(1);
    expect(messages).toEqual([]);
  });

  it("answers a question for an unknown crab with those it knows", async () => {
    const { hub, crab } = setUp();
    expect(() => hub.get("x")).toThrow("Crab 'x' is not registered. No crab is.");
    hub.register(crab("cpu"));
    hub.register(crab("disk"));
    expect(() => hub.get("x")).toThrow("Crab 'x' is not registered. Registered: cpu, disk.");
    await expect(hub.collectOnce("x")).rejects.toThrow("Registered: cpu, disk.");
    expect(() => hub.getBuffer({ crab: "x" })).toThrow("Registered: cpu, disk.");
  });

  it("still gives the snapshots of a crab that was there", async () => {
    const { hub, crab } = setUp();
    hub.register(crab("a"));
    await hub.collectOnce();
    await hub.unregister("a");
    expect(hub.getBuffer({ crab: "a" })).toHaveLength(1);
    expect(hub.latest(CPU)).toEqual([]);
    expect(hub.source(CPU)).toBeNull();
  });

  it("starts a crab that comes when the hub has started already", async () => {
    const { hub, crab, clock } = setUp();
    hub.start();
    hub.register(crab("late"));
    await clock.advanceAsync(4000);
    expect(hub.getBuffer()).toHaveLength(3);
    await hub.close();
  });
});

describe("polling", () => {
  it("takes all crabs, or the one that is named", async () => {
    const { hub, crab } = setUp();
    hub.register(
      crab(
        "a",
        fixed(() => [[{}, 1]]),
      ),
    );
    hub.register(
      crab(
        "b",
        fixed(() => [[{}, 2]]),
      ),
    );
    expect(values(await hub.collectOnce())).toEqual([1, 2]);
    expect(values(await hub.collectOnce("b"))).toEqual([2]);
  });

  it("leaves a crab that fails out, logs it, and takes the others", async () => {
    const { hub, crab, messages } = setUp();
    const dead = crab("dead");
    hub.register(dead);
    hub.register(crab("alive"));
    await dead.dispose();
    expect((await hub.collectOnce()).map((one) => one.crab)).toEqual(["alive"]);
    expect(messages.join()).toContain("error: Crab 'dead' could not be polled");
  });

  it("keeps each snapshot once, with the crab's own tags and the hub's", async () => {
    const { hub, crab } = setUp({ tags: ["ci"] });
    hub.register(crab("a", undefined, { tags: ["gpu", "ci"] }));
    const seen: Snapshot[] = [];
    hub.on("snapshot", (snapshot) => seen.push(snapshot));
    const [one] = await hub.collectOnce();
    hub.setTags(["release"]);
    const [two] = await hub.collectOnce();
    expect([one?.tags, two?.tags]).toEqual([
      ["gpu", "ci"],
      ["gpu", "ci", "release"],
    ]);
    expect(seen).toEqual([one, two]);
    expect(hub.getBuffer({ tags: ["release", "gpu"] })).toEqual([two]);
    expect(hub.getBuffer({ tags: ["gpu"] })).toEqual([one, two]);
  });

  it("keeps the newest snapshots, and finds those of a window of time", async () => {
    const { hub, crab, clock } = setUp({ bufferSize: 3 });
    let poll = 0;
    hub.register(
      crab(
        "a",
        fixed(() => [[{}, (poll += 1)]]),
      ),
    );
    hub.start();
    await clock.advanceAsync(8000);
    expect(values(hub.getBuffer())).toEqual([3, 4, 5]);
    expect(values(hub.getBuffer({ from: START + 6000, to: START + 8000 }))).toEqual([4]);
    expect(values(hub.getBuffer({ from: START + 6000 }))).toEqual([4, 5]);
    await hub.close();
  });

  it("goes on when a listener or the store fails", async () => {
    const broken: SeriesStore = Object.assign(new MemoryStore({ clock: new ManualClock() }), {
      append: () => {
        throw new Error("no more ink");
      },
      close: () => Promise.reject(new Error("stuck")),
    });
    const { hub, crab, messages } = setUp({ store: broken });
    hub.register(crab("a"));
    hub.on("snapshot", () => {
      throw new Error("no room");
    });
    const seen: Snapshot[] = [];
    hub.on("snapshot", (snapshot) => seen.push(snapshot));
    await hub.collectOnce();
    await hub.close();
    expect(seen).toHaveLength(1);
    const all = messages.join("\n");
    for (const reason of ["no more ink", "no room", "stuck"]) expect(all).toContain(reason);
  });
});

describe("the newest values", () => {
  it("are found by metric and attributes, with what is needed to judge their age", async () => {
    const { hub, crab } = setUp();
    const two = fixed(() => [
      [{ core: "0" }, 0.1],
      [{ core: "1" }, 0.9],
    ]);
    hub.register(crab("a", two, { sensorIntervalsMs: { cpu: 10_000 } }));
    await hub.collectOnce();
    expect(hub.latest(CPU)).toHaveLength(2);
    expect(hub.latest(CPU, { core: "1" })).toEqual([
      { reading: sample(0.9, { core: "1" }), time: START, crab: "a", intervalMs: 10_000 },
    ]);
    expect(hub.latest("no.such.metric")).toEqual([]);
  });

  it("of a series that vanished stay for ten intervals and are then forgotten", async () => {
    const { hub, crab, clock } = setUp();
    let there = true;
    const disk = fixed(() =>
      there
        ? [
            [{ disk: "sdb" }, 1],
            [{ disk: "sda" }, 2],
          ]
        : [[{ disk: "sda" }, 2]],
    );
    hub.register(crab("a", disk));
    hub.start();
    await clock.advanceAsync(2000);
    there = false;
    await clock.advanceAsync(20_000);
    expect(hub.latest(CPU)).toHaveLength(2);
    await clock.advanceAsync(2000);
    expect(hub.latest(CPU).map((one) => one.reading.attributes)).toEqual([{ disk: "sda" }]);
    await hub.close();
  });

  it("stamped in the future are forgotten when the clock is set back", async () => {
    const { hub, crab, clock } = setUp();
    let there = true;
    hub.register(
      crab(
        "a",
        fixed(() => (there ? [[{}, 1]] : [])),
      ),
    );
    await hub.collectOnce();
    there = false;
    clock.jump(-3_600_000);
    await hub.collectOnce();
    expect(hub.latest(CPU)).toEqual([]);
  });

  it("that fail are explained by their source", async () => {
    const { hub, crab } = setUp();
    let broken = false;
    const sensor = fixed(() => {
      if (broken) throw new Error("EACCES");
      return [[{}, 1]];
    });
    hub.register(crab("a", sensor));
    await hub.collectOnce();
    expect(hub.source(CPU)).toMatchObject({ crab: "a", sensor: "cpu", intervalMs: 2000, failure: null });
    broken = true;
    await hub.collectOnce();
    expect(hub.source(CPU)?.failure).toMatchObject({ reason: "EACCES", consecutive: 1 });
  });
});

describe("history", () => {
  it("is asked through the hub", async () => {
    const { hub, crab, clock } = setUp();
    hub.register(crab("a"));
    hub.start();
    await clock.advanceAsync(4000);
    const [frame] = await hub.query(ask());
    expect(frame?.times).toEqual([START, START + 2000, START + 4000]);
    await hub.close();
  });

  it("goes to another store without losing what is read meanwhile, however often it changes", async () => {
    const { hub, crab } = setUp();
    const clock = new ManualClock(START);
    hub.register(crab("a"));
    let finish = (): void => undefined;
    const slow = new MemoryStore({ clock });
    slow.close = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    await hub.replaceStore(() => slow);
    const next = new MemoryStore({ clock });
    const last = new MemoryStore({ clock });
    const done = Promise.all([hub.replaceStore(() => next), hub.replaceStore(() => last)]);
    await hub.collectOnce();
    finish();
    await done;
    expect(hub.store).toBe(last);
    expect((await next.query(ask()))[0]?.values).toEqual([0.5]);
  });

  it("is in memory, with the reason, when the new store cannot be opened", async () => {
    const { hub } = setUp();
    await hub.replaceStore(() => {
      throw new Error("no such disk");
    });
    expect(hub.store.health().reason).toContain("no such disk");
  });

  it("has the last poll that ran while the hub was closed", async () => {
    const store = new MemoryStore({ clock: new ManualClock(START) });
    const { hub, crab } = setUp({ store });
    let answer = (): void => undefined;
    const slow = fixed(() => []);
    slow.read = () =>
      new Promise((resolve) => {
        answer = () => resolve([sample(7)]);
      });
    hub.register(crab("a", slow));
    hub.start();
    const closing = hub.close();
    answer();
    await closing;
    await hub.close();
    expect((await store.query(ask()))[0]?.values).toEqual([7]);
    expect(() => hub.start()).toThrow("has been closed");
  });
});
