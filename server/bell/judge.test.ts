import { describe, expect, test } from "vitest";
import type { Rule } from "../../protocol/bell.ts";
import type { Attributes, MetricInfo, SensorFailure, Snapshot } from "../../protocol/reading.ts";
import type { Crab } from "../crabs/crab.ts";
import { CrabGuardian } from "../crabs/guardian.ts";
import { ManualClock } from "../host/manual-clock.ts";
import type { Latest } from "../octopus/hub.ts";
import { judge, observe, type HubView } from "./judge.ts";
import { levelOf } from "./thresholds.ts";

const NOW = Date.UTC(2026, 0, 1);
const EVERY = 2000;

const CPU: MetricInfo = { name: "gorgon.cpu.busy", unit: "1", kind: "gauge", description: "" };
const DISK: MetricInfo = { name: "system.filesystem.utilization", unit: "1", kind: "gauge", description: "" };

function rule(over: Partial<Rule> = {}): Rule {
  return {
    id: "cpu",
    title: "CPU",
    metric: CPU.name,
    match: {},
    direction: "above",
    warn: 0.7,
    crit: 0.9,
    origin: "built in",
    ...over,
  };
}

/** A hub as the judge sees it, with exactly these values. */
function view(
  values: readonly { metric: string; value: number; attributes?: Attributes; ageMs?: number; inNewest?: boolean }[],
  options: { metrics?: readonly MetricInfo[]; failure?: SensorFailure; polls?: readonly number[] } = {},
): HubView {
  const { metrics = [CPU, DISK], failure = null, polls = [NOW - 60_000, NOW] } = options;
  const latest: Latest[] = values.map((one) => ({
    reading: { metric: one.metric, attributes: one.attributes ?? {}, value: one.value },
    time: NOW - (one.ageMs ?? 0),
    crab: "guardian",
    intervalMs: EVERY,
  }));
  const crab: Crab = new CrabGuardian({ name: "guardian", node: "here", sensors: [], clock: new ManualClock(NOW) });
  const buffer = polls.map((time): Snapshot => ({
    id: String(time),
    time,
    node: "here",
    crab: "guardian",
    readings: [],
    failures: [],
    durationMs: 1,
    tags: [],
  }));
  Object.defineProperty(crab, "getBuffer", { value: () => buffer });
  Object.defineProperty(crab, "metrics", {
    value: new Map(metrics.map((info) => [info.name, { info, sensor: "test", intervalMs: EVERY }])),
  });
  return {
    latest: (metric, match = {}) =>
      latest.filter(
        ({ reading }) =>
          reading.metric === metric && Object.entries(match).every(([key, value]) => reading.attributes[key] === value),
      ),
    source: (metric) => {
      const info = metrics.find((one) => one.name === metric);
      return info === undefined ? null : { info, crab: "guardian", sensor: "test", intervalMs: EVERY, failure };
    },
    list: () => (metrics.length === 0 ? [] : [crab]),
  };
}

function one(rules: Rule, hub: HubView, now = NOW, startedAt = NOW - 60_000) {
  const [found] = judge([rules], hub, now, startedAt);
  if (found === undefined) throw new Error("one rule gives one judgement");
  return found;
}

describe("a threshold", () => {
  test.each([
    [0.6999, "OK"],
    [0.7, "WARN"],
    [0.8999, "WARN"],
    [0.9, "CRIT"],
    [1, "CRIT"],
    [0, "OK"],
  ])("of 70/90 %% makes of %d %s: it is inclusive", (value, level) => {
    expect(one(rule(), view([{ metric: CPU.name, value }])).level).toBe(level);
  });

  test.each([
    [0.2, "OK"],
    [0.1, "WARN"],
    [0.05, "CRIT"],
  ])("of a rule for low values makes of %d %s", (value, level) => {
    expect(levelOf({ direction: "below", warn: 0.1, crit: 0.05 }, value)).toBe(level);
  });

  test("that is not there is never crossed", () => {
    expect(levelOf({ direction: "above", warn: null, crit: 0.9 }, 0.8)).toBe("OK");
    expect(levelOf({ direction: "above", warn: 0.5, crit: null }, 1)).toBe("WARN");
  });

  test("that is crossed is named beside the value", () => {
    expect(one(rule(), view([{ metric: CPU.name, value: 0.912 }])).reason).toBe("91.2 % is at or over 90 %");
    const low = rule({ direction: "below", warn: 0.1, crit: 0.05 });
    expect(one(low, view([{ metric: CPU.name, value: 0.08 }])).reason).toBe("8.0 % is at or under 10 %");
    expect(one(rule(), view([{ metric: CPU.name, value: 0.1 }])).reason).toBe("");
  });
});

describe("of several series", () => {
  const disk = rule({ id: "disk", metric: DISK.name, warn: 0.85, crit: 0.95 });
  const at = (mount: string): Attributes => ({ "system.filesystem.mountpoint": mount });

  test("the worst counts and is named", () => {
    const hub = view([
      { metric: DISK.name, value: 0.4, attributes: at("/") },
      { metric: DISK.name, value: 0.96, attributes: at("/data") },
      { metric: DISK.name, value: 0.9, attributes: at("/home") },
    ]);
    expect(one(disk, hub)).toMatchObject({ level: "CRIT", value: 0.96, attributes: at("/data") });
  });

  test("only those that match the rule are looked at", () => {
    const hub = view([
      { metric: DISK.name, value: 0.4, attributes: at("/") },
      { metric: DISK.name, value: 0.96, attributes: at("/data") },
    ]);
    expect(one(rule({ metric: DISK.name, match: at("/") }), hub)).toMatchObject({ level: "OK", value: 0.4 });
    const none = one(rule({ metric: DISK.name, match: at("/gone") }), hub);
    expect(none.level).toBe("UNKNOWN");
    expect(none.reason).toContain("none of the 2 series");
    expect(none.reason).toContain("/gone");
  });

  test("one that went away (unmounted) does not hold the others back", () => {
    const hub = view([
      { metric: DISK.name, value: 0.99, attributes: at("/usb"), ageMs: 10 * EVERY },
      { metric: DISK.name, value: 0.4, attributes: at("/") },
    ]);
    expect(one(disk, hub)).toMatchObject({ level: "OK", attributes: at("/") });
  });
});

describe("a value that is not there", () => {
  test("is UNKNOWN, never OK and never 0", () => {
    const found = one(rule(), view([]));
    expect(found).toMatchObject({ level: "UNKNOWN", value: null, readAt: null });
    expect(found.reason).not.toBe("");
  });

  test("counts for three of its intervals, and then is no news", () => {
    const hub = view([{ metric: CPU.name, value: 0.2 }]);
    expect(one(rule(), hub, NOW + 3 * EVERY).level).toBe("OK");
    const stale = one(rule(), hub, NOW + 3 * EVERY + 1);
    expect(stale).toMatchObject({ level: "UNKNOWN", value: null, readAt: NOW });
    expect(stale.reason).toBe("no news for 6 s, expected every 2 s");
    expect(one(rule(), hub, NOW + 12_000).reason).toContain("no news for 12 s");
  });

  test("asks to be judged again when it will be stale", () => {
    const seen = observe(rule(), view([{ metric: CPU.name, value: 0.2 }]), NOW, NOW, (_, { reading }) => reading.value);
    expect(seen.againAt).toBe(NOW + 3 * EVERY + 1);
  });

  test("is still good when the wall clock was set back", () => {
    expect(one(rule(), view([{ metric: CPU.name, value: 0.2 }]), NOW - 3_600_000).level).toBe("OK");
  });

  test("that is NaN or infinite never becomes a verdict", () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      expect(one(rule(), view([{ metric: CPU.name, value }]))).toMatchObject({ level: "UNKNOWN", value: null });
      expect(levelOf(rule(), value)).toBe("UNKNOWN");
    }
  });

  test("says why its sensor fails, even while the last good value is young", () => {
    const failure = { sensor: "test", reason: "/proc/stat: permission denied", consecutive: 1, retryAt: NOW };
    const hub = view([{ metric: CPU.name, value: 0.2, ageMs: EVERY }], { failure });
    expect(one(rule(), hub)).toMatchObject({ level: "UNKNOWN", value: null, reason: "/proc/stat: permission denied" });
  });

  test("of a sensor that failed in part is UNKNOWN unless what it gave is bad already", () => {
    const failure = { sensor: "test", reason: "/data: input/output error", consecutive: 1, retryAt: NOW };
    expect(one(rule(), view([{ metric: CPU.name, value: 0.2 }], { failure }))).toMatchObject({
      level: "UNKNOWN",
      reason: failure.reason,
    });
    expect(one(rule(), view([{ metric: CPU.name, value: 0.95 }], { failure })).level).toBe("CRIT");
  });

  test("of a metric that does not exist lists near names", () => {
    const found = one(rule({ metric: "gorgon.cpu.bussy" }), view([]));
    expect(found.level).toBe("UNKNOWN");
    expect(found.reason).toBe("no crab gives gorgon.cpu.bussy; near names: gorgon.cpu.busy");
  });

  test("without any crab says so", () => {
    expect(one(rule(), view([], { metrics: [] })).reason).toContain("no crab is registered");
  });

  test("before the first poll is starting, and after three intervals without one is not", () => {
    const hub = view([], { polls: [] });
    expect(one(rule(), hub, NOW, NOW - 100).reason).toBe("starting: the first reading is on its way");
    expect(one(rule(), hub, NOW, NOW - 14_000).reason).toBe("no reading has come in 14 s");
  });

  test("of a rate waits for the second reading, and after that there is none here", () => {
    expect(one(rule(), view([], { polls: [NOW] })).reason).toBe("starting: waiting for the second reading");
    expect(one(rule(), view([], { polls: [NOW - 60_000, NOW] })).reason).toContain("nothing to read here");
  });
});
