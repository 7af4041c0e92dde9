import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BellState } from "../../protocol/bell.ts";
import { defaultConfig } from "../config/defaults.ts";
import { silentLog } from "../host/log.ts";
import { Bell } from "./bell.ts";
import { atOnce, rulesOf } from "./rules.ts";
import { scriptedMachine } from "./testing.ts";

const RULES = atOnce(rulesOf(defaultConfig().config)).filter(({ id }) => id === "cpu" || id === "memory");

let machine: ReturnType<typeof scriptedMachine>;
let bell: Bell;

beforeEach(() => {
  machine = scriptedMachine();
  bell = new Bell({ hub: machine.hub, rules: RULES, clock: machine.clock, log: silentLog });
});

afterEach(async () => {
  bell.dispose();
  await machine.hub.close();
});

const levels = (state: BellState) => state.verdicts.map((one) => one.level);

describe("the bell", () => {
  test("is UNKNOWN and starting before the first reading", () => {
    expect(bell.state()).toMatchObject({ level: "UNKNOWN", headline: "Starting: nothing is known yet", node: "here" });
  });

  test("judges every snapshot, and the worst rule is the whole", async () => {
    machine.give(0.95, 0.5);
    await machine.hub.collectOnce();
    expect(levels(bell.state())).toEqual(["CRIT", "OK"]);
    expect(bell.state()).toMatchObject({ level: "CRIT", headline: "CPU is busy: 95.0 %" });
    machine.give(0.1, 0.5);
    await machine.hub.collectOnce();
    expect(bell.state()).toMatchObject({ level: "OK", headline: "All is well" });
  });

  test("gives each state a name of its own", async () => {
    const ids = new Set<string>();
    bell.on((state) => ids.add(state.id));
    for (let round = 0; round < 3; round++) await machine.hub.collectOnce();
    expect(ids.size).toBe(3);
  });

  test("knows since when a level stands, for each rule and for the whole", async () => {
    const { clock } = machine;
    machine.give(0.95, 0.5);
    await machine.hub.collectOnce();
    const crossed = clock.now();
    await clock.advanceAsync(2000);
    machine.give(0.96, 0.85);
    await machine.hub.collectOnce();
    expect(bell.state().verdicts.map((one) => one.since)).toEqual([crossed, crossed + 2000]);
    expect(bell.state().since).toBe(crossed);
  });

  test("says UNKNOWN by itself when no snapshot comes any more, and goes on counting the silence", async () => {
    machine.give(0.1, 0.5);
    await machine.hub.collectOnce();
    const read = machine.clock.now();
    const heard: BellState[] = [];
    bell.on((state) => heard.push(state));
    machine.clock.advance(6000);
    expect(heard).toEqual([]);
    machine.clock.advance(1);
    expect(heard).toHaveLength(1);
    expect(bell.state()).toMatchObject({ level: "UNKNOWN", since: read + 6001 });
    expect(bell.state().headline).toBe("Nothing is known about CPU and memory: no news for 6 s, expected every 2 s");
    machine.clock.advance(6000);
    expect(bell.state().headline).toContain("no news for 12 s");
    await machine.hub.collectOnce();
    expect(bell.state().level).toBe("OK");
  });

  test("says UNKNOWN with the sensor's own words when it fails, and the other rule stands", async () => {
    machine.give(0.1, 0.5);
    await machine.hub.collectOnce();
    machine.memory.next = new Error("/proc/meminfo: permission denied");
    await machine.hub.collectOnce();
    expect(levels(bell.state())).toEqual(["OK", "UNKNOWN"]);
    expect(bell.state().headline).toBe("Nothing is known about memory: /proc/meminfo: permission denied");
    expect(bell.state().verdicts[1]?.value).toBeNull();
  });

  test("never takes NaN for a value", async () => {
    machine.give(Number.NaN, 0.5);
    await machine.hub.collectOnce();
    expect(bell.state().verdicts[0]).toMatchObject({ level: "UNKNOWN", value: null });
    expect(bell.state().verdicts[0]?.reason).not.toBe("");
  });

  test("puts new rules in force at once", async () => {
    machine.give(0.5, 0.5);
    await machine.hub.collectOnce();
    const heard: BellState[] = [];
    bell.on((state) => heard.push(state));
    bell.setRules(RULES.map((rule) => (rule.id === "cpu" ? { ...rule, warn: 0.4 } : rule)));
    expect(heard).toHaveLength(1);
    expect(bell.state().headline).toBe("CPU is busy: 50.0 %");
  });

  test("goes on when a listener throws, and stops when it is disposed", async () => {
    let heard = 0;
    bell.on(() => {
      throw new Error("listener");
    });
    const subscription = bell.on(() => heard++);
    await machine.hub.collectOnce();
    expect(heard).toBe(1);
    subscription.dispose();
    await machine.hub.collectOnce();
    expect(heard).toBe(1);
    bell.dispose();
    expect(machine.clock.pending).toBe(0);
  });

  test("without rules judges nothing and says so", () => {
    bell.setRules([]);
    expect(bell.state()).toMatchObject({ level: "UNKNOWN", headline: "Nothing is judged: there are no rules" });
  });

  test("says that nothing is read when its crab goes away", async () => {
    machine.give(0.1, 0.5);
    await machine.hub.collectOnce();
    await machine.hub.unregister("guardian");
    expect(bell.state().headline).toBe(
      "Nothing is known about CPU and memory: no crab is registered, so nothing is read",
    );
  });
});
