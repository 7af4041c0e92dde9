/** The time line of every kind of rule, with a clock that stands still. */
import { afterEach, describe, expect, test } from "vitest";
import type { Rule } from "../../../protocol/bell.ts";
import { alertMachine, METRIC, rule } from "./testing.ts";

const MINUTE = 60_000;
const machines: ReturnType<typeof alertMachine>[] = [];

afterEach(async () => {
  await Promise.all(machines.splice(0).map((machine) => machine.close()));
});

function machineWith(over: Partial<Rule> = {}, metrics?: readonly string[]) {
  const machine = alertMachine({ rules: [rule(over)], ...(metrics === undefined ? {} : { metrics }) });
  machines.push(machine);
  const { bell, alert, alerts } = machine;
  return {
    ...machine,
    level: () => bell.state().verdicts[0]?.level,
    now: () => {
      const { status, level } = alert();
      return `${status} ${level}`;
    },
    open: () => alerts().filter(({ status }) => status !== "resolved").length,
  };
}

describe("an alert", () => {
  test("fires at once where the rule has no for, and ends when the value is back", async () => {
    const { hold, now, level, alerts, steps } = machineWith();
    await hold(0.75, 2000);
    expect(now()).toBe("firing WARN");
    expect(level()).toBe("WARN");
    await hold(0.5, 2000);
    expect(level()).toBe("OK");
    expect(alerts()).toMatchObject([{ status: "resolved", level: "WARN" }]);
    expect(steps().map(({ change }) => change)).toEqual(["pending", "firing", "resolved"]);
  });

  test("is pending, and its verdict OK, until its threshold has been crossed for long enough", async () => {
    const { hold, now, level, alert, clock } = machineWith({ forMs: MINUTE });
    const crossed = clock.now();
    await hold(0.95, 58_000);
    expect(now()).toBe("pending CRIT");
    expect(level()).toBe("OK");
    await hold(0.95, 4000);
    expect(now()).toBe("firing CRIT");
    expect(level()).toBe("CRIT");
    expect(alert()).toMatchObject({ pendingSince: crossed, firingSince: crossed + MINUTE });
  });

  test("fires when its time has come although no value does, as long as the last one counts", async () => {
    const { hold, clock, now } = machineWith({ forMs: 5000 });
    await hold(0.95, 2);
    expect(now()).toBe("pending CRIT");
    clock.advance(5000);
    expect(now()).toBe("firing CRIT");
  });

  test("that never fired leaves nothing behind, and a break begins its for anew", async () => {
    const { hold, now, open, alerts, steps } = machineWith({ forMs: MINUTE });
    await hold(0.95, 50_000);
    await hold(0.5, 2000);
    expect(open()).toBe(0);
    expect(alerts()).toEqual([]);
    expect(steps()).toEqual([]);
    await hold(0.95, 50_000);
    expect(now()).toBe("pending CRIT");
  });

  test("waits for each level by itself", async () => {
    const { hold, now } = machineWith({ forMs: MINUTE });
    await hold(0.8, 62_000);
    expect(now()).toBe("firing WARN");
    await hold(0.95, 50_000);
    expect(now()).toBe("firing WARN");
    await hold(0.95, 12_000);
    expect(now()).toBe("firing CRIT");
  });

  test("grows worse and better under one name, with a step for each", async () => {
    const { hold, alert, steps } = machineWith();
    await hold(0.8, 2000);
    const { id } = alert();
    await hold(0.95, 2000);
    await hold(0.8, 2000);
    expect(alert().id).toBe(id);
    expect(steps().map(({ change, level, value }) => [change, level, value])).toEqual([
      ["pending", "WARN", 0.8],
      ["firing", "WARN", 0.8],
      ["worse", "CRIT", 0.95],
      ["better", "WARN", 0.8],
    ]);
    expect(steps()[2]?.cause).toBe("95.0 % is at or over 90 %");
  });

  test("of each series is one of its own, and the verdict is the worst of them", async () => {
    const { sensor, hub, bell, alerts } = machineWith();
    const at = (mount: string, value: number) => ({
      metric: METRIC,
      attributes: { "system.filesystem.mountpoint": mount },
      value,
    });
    sensor.next = [at("/", 0.5), at("/var", 0.8), at("/home", 0.95)];
    await hub.collectOnce();
    expect(alerts().map(({ level, labels }) => [level, labels["system.filesystem.mountpoint"]])).toEqual([
      ["CRIT", "/home"],
      ["WARN", "/var"],
    ]);
    expect(new Set(alerts().map(({ fingerprint }) => fingerprint)).size).toBe(2);
    expect(bell.state().verdicts[0]).toMatchObject({ level: "CRIT", value: 0.95 });
    sensor.next = [at("/", 0.5), at("/var", 0.8)];
    await hub.collectOnce();
    machines.at(-1)?.clock.advance(6001);
    sensor.next = [at("/", 0.5), at("/var", 0.8)];
    await hub.collectOnce();
    expect(alerts().find(({ level }) => level === "CRIT")).toMatchObject({ status: "resolved" });
    expect(bell.state().verdicts[0]).toMatchObject({ level: "WARN" });
  });
});

describe("clear values", () => {
  test("hold a level until the value is beyond them", async () => {
    const { hold, now, open } = machineWith({ warnClear: 0.6, critClear: 0.85 });
    await hold(0.92, 2000);
    await hold(0.86, 2000);
    expect(now()).toBe("firing CRIT");
    await hold(0.85, 2000);
    expect(now()).toBe("firing WARN");
    await hold(0.61, 2000);
    expect(now()).toBe("firing WARN");
    await hold(0.6, 2000);
    expect(open()).toBe(0);
    await hold(0.65, 2000);
    expect(open()).toBe(0);
  });

  test("of a rule for low values lie above", async () => {
    const { hold, now, open } = machineWith({
      direction: "below",
      warn: 0.2,
      crit: 0.1,
      critClear: 0.15,
      warnClear: 0.3,
    });
    await hold(0.1, 2000);
    await hold(0.14, 2000);
    expect(now()).toBe("firing CRIT");
    await hold(0.25, 2000);
    expect(now()).toBe("firing WARN");
    await hold(0.3, 2000);
    expect(open()).toBe(0);
  });
});

describe("keepFiringFor", () => {
  test("bridges a short recovery: one alert, not two", async () => {
    const { hold, alert, now, open, level } = machineWith({ keepFiringForMs: MINUTE });
    await hold(0.95, 2000);
    const { id } = alert();
    await hold(0.2, 40_000);
    expect(now()).toBe("firing CRIT");
    expect(level()).toBe("CRIT");
    await hold(0.95, 2000);
    expect(alert().id).toBe(id);
    await hold(0.2, 64_000);
    expect(open()).toBe(0);
  });
});

describe("a value that is missing", () => {
  test("leaves a firing alert open as UNKNOWN; what comes next decides", async () => {
    const { hold, alert, now, level, open } = machineWith();
    await hold(0.95, 2000);
    const { id } = alert();
    await hold(null, 10_000);
    expect(now()).toBe("firing UNKNOWN");
    expect(level()).toBe("UNKNOWN");
    await hold(0.95, 2000);
    expect(alert()).toMatchObject({ id, level: "CRIT" });
    await hold(null, 10_000);
    await hold(0.1, 2000);
    expect(open()).toBe(0);
  });

  test("for an hour ends the alert, and a pending one at once", async () => {
    const { hold, open, now } = machineWith({ forMs: MINUTE });
    await hold(0.95, 10_000);
    await hold(null, 10_000);
    expect(open()).toBe(0);
    await hold(0.95, 70_000);
    expect(now()).toBe("firing CRIT");
    await hold(null, 59 * MINUTE);
    expect(now()).toBe("firing UNKNOWN");
    await hold(null, 2 * MINUTE);
    expect(open()).toBe(0);
  });

  test("makes no alert by itself", async () => {
    const { hold, alerts, level } = machineWith();
    await hold(null, 30_000);
    expect(level()).toBe("UNKNOWN");
    expect(alerts()).toEqual([]);
  });

  test("keeps what was said where the rule says keep", async () => {
    const { hold, now, level } = machineWith({ missing: "keep" });
    await hold(0.2, 2000);
    await hold(null, MINUTE);
    expect(level()).toBe("OK");
    await hold(0.95, 2000);
    await hold(null, MINUTE);
    expect(now()).toBe("firing CRIT");
    expect(level()).toBe("CRIT");
  });

  test("is well where the rule says ok", async () => {
    const { hold, open, level } = machineWith({ missing: "ok" });
    await hold(0.95, 2000);
    await hold(null, MINUTE);
    expect(open()).toBe(0);
    expect(level()).toBe("OK");
  });

  test("is well where the rule says ok also before the first reading, which may be half a minute away", () => {
    expect(machineWith({ missing: "ok" }).bell.state().level).toBe("OK");
    expect(machineWith().bell.state().headline).toBe("Starting: nothing is known yet");
  });

  test("is what is the matter where the rule says crit, after its for", async () => {
    const { hold, now, open, level, alert } = machineWith({ missing: "crit", forMs: 20_000 });
    await hold(0.2, 4000);
    await hold(null, 20_000);
    expect(now()).toBe("pending CRIT");
    await hold(null, 10_000);
    expect(now()).toBe("firing CRIT");
    expect(level()).toBe("CRIT");
    expect(alert().message).toBe("Load is missing");
    await hold(0.2, 2000);
    expect(open()).toBe(0);
  });
});

describe("a trend", () => {
  const trend = { target: 1, overMs: 60 * MINUTE };
  const filling: Partial<Rule> = { direction: "below", warn: 240 * MINUTE, crit: 60 * MINUTE, trend };

  /** A share that grows by this much an hour, from a start. */
  async function fill(machine: ReturnType<typeof machineWith>, from: number, perHour: number, minutes: number) {
    for (let minute = 0; minute < minutes; minute += 1) {
      machine.sensor.next = [{ metric: METRIC, attributes: {}, value: from + (perHour * minute) / 60 }];
      await machine.hub.collectOnce();
      machine.clock.advance(MINUTE);
    }
    await machine.hub.collectOnce();
  }

  test("says nothing while the samples are too few, then how long there is left", async () => {
    const machine = machineWith({ ...filling, missing: "ok" });
    await fill(machine, 0.5, 0.1, 20);
    expect(machine.alerts()).toEqual([]);
    expect(machine.level()).toBe("OK");
    await fill(machine, 0.5 + 20 / 600, 0.1, 200);
    expect(machine.now()).toBe("firing WARN");
    // 0.1 an hour, and 0.133 left.
    expect(machine.alert()).toMatchObject({ unit: "ms", message: "Load will be at 100 % in 1 h" });
    expect((machine.alert().value ?? 0) / MINUTE).toBeCloseTo(80, -1);
  });

  test("grows worse as the time runs out, and ends when it turns", async () => {
    const machine = machineWith(filling);
    await fill(machine, 0.5, 0.2, 70);
    expect(machine.now()).toBe("firing WARN");
    await fill(machine, 0.5 + 70 / 300, 0.2, 50);
    expect(machine.now()).toBe("firing CRIT");
    await fill(machine, 0.5, 0, 70);
    expect(machine.open()).toBe(0);
    expect(machine.level()).toBe("OK");
  });

  test("that points away, or is one burst among many calm samples, is no alert", async () => {
    const machine = machineWith(filling);
    await fill(machine, 0.9, -0.1, 70);
    expect(machine.alerts()).toEqual([]);
    await fill(machine, 0.3, 0, 70);
    await fill(machine, 0.3, 1.2, 15);
    expect(machine.alerts()).toEqual([]);
  });
});

describe("a growth", () => {
  test("counts what a counter grew by of late, across a reset, and ends when that is long ago", async () => {
    const machine = machineWith({ warn: null, crit: 1, growthMs: 10 * MINUTE });
    await machine.hold(7, MINUTE);
    expect(machine.alerts()).toEqual([]);
    await machine.hold(8, 2000);
    expect(machine.now()).toBe("firing CRIT");
    expect(machine.alert().value).toBe(1);
    await machine.hold(2, 2000);
    expect(machine.alert().value).toBe(3);
    await machine.hold(2, 11 * MINUTE);
    expect(machine.open()).toBe(0);
  });
});

describe("a rule that goes away", () => {
  test("takes its alert with it; one of a workspace is waited for", async () => {
    const { hold, bell, open, alerts } = machineWith();
    await hold(0.95, 2000);
    bell.setRules([]);
    expect(open()).toBe(0);
    expect(alerts()).toMatchObject([{ status: "resolved" }]);

    const guest = machineWith({ origin: "workspace demo" });
    await guest.hold(0.95, 2000);
    const gone = guest.clock.now();
    guest.bell.setRules([]);
    expect(guest.open()).toBe(1);
    await guest.hold(0.95, 70_000);
    // It ended when its rule went, not when nobody waited for that any more.
    expect(guest.alerts()).toMatchObject([{ status: "resolved", resolvedAt: gone }]);
  });
});

describe("a machine that slept", () => {
  test("does not count its sleep as time in which a threshold was crossed", async () => {
    const { hold, clock, now } = machineWith({ forMs: 10 * MINUTE });
    await hold(0.95, MINUTE);
    clock.jump(8 * 60 * MINUTE);
    await hold(0.95, MINUTE);
    expect(now()).toBe("pending CRIT");
  });
});

describe("what comes from outside", () => {
  test("is text of bounded length on one line, whatever it says", async () => {
    const label = `<img src=x onerror=alert(1)>\u001b[31m\u202e\n**bold**${"x".repeat(100_000)}`;
    const machine = machineWith({
      labels: { team: label },
      message: `{title} {who} {${label}} {value} of {threshold}`,
    });
    await machine.hold(0.95, 2000, { who: label });
    const alert = machine.alert();
    for (const text of [alert.message, ...Object.keys(alert.labels), ...Object.values(alert.labels)]) {
      expect(text.length).toBeLessThanOrEqual(2000);
      expect(text).not.toMatch(/\p{Cc}|\p{Cf}/u);
    }
    expect(alert.labels["who"]).toContain("<img src=x onerror=alert(1)>");
    expect(JSON.stringify(alert).length).toBeLessThan(10_000);
  });

  test("fills a message's places in one pass", async () => {
    const machine = machineWith({ message: "{title} on {node}: {value} of {threshold} ({who}, {nobody})" });
    await machine.hold(0.95, 2000, { who: "{value}" });
    expect(machine.alert().message).toBe("Load on here: 95.0 % of 90 % ({value}, {nobody})");
  });
});
