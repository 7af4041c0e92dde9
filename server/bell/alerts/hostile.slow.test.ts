/** What people, labels, clocks and files may do to alerts, and what stays true all the same. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NewSilence } from "../../../protocol/alert.ts";
import type { Log } from "../../host/log.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { silentLog } from "../../host/log.ts";
import { ChunkStore } from "../../octopus/store/chunk-store.ts";
import { parseAddSilenceParams } from "../../wire/alerts.ts";
import type { Observation } from "../judge.ts";
import { AlertBook } from "./book.ts";
import { alertMachine, rule } from "./testing.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const machines: ReturnType<typeof alertMachine>[] = [];

afterEach(async () => {
  await Promise.all(machines.splice(0).map((machine) => machine.close()));
});

function machineWith(options: Parameters<typeof alertMachine>[0] = {}) {
  const machine = alertMachine(options);
  machines.push(machine);
  return machine;
}

function wish(over: Partial<NewSilence>, now: number): NewSilence {
  return { matchers: { rule: "load" }, startsAt: now, endsAt: now + HOUR, author: "ann", comment: "", ...over };
}

describe("a silence", () => {
  const labels = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${String(index)}`, "*"]));

  test("with 10,000 matchers is refused by whoever hears of it, and by the bell", () => {
    const { bell, clock } = machineWith();
    const silence = wish({ matchers: labels(10_000) }, clock.now());
    const parsed = parseAddSilenceParams({ silence });
    expect(parsed.ok ? "" : parsed.reason).toContain("at most 100 labels");
    expect(() => bell.act({ silence })).toThrow("at most 16 matchers");
    expect(bell.state().silences).toEqual([]);
  });

  test("without a matcher is refused, and says how every alert is meant", () => {
    const { bell, clock } = machineWith();
    expect(() => bell.act({ silence: wish({ matchers: {} }, clock.now()) })).toThrow("for every alert say rule: *");
  });

  test("on * as a label's name, or with an empty one, covers nothing that has no such label", async () => {
    const { bell, clock, hold, alert } = machineWith();
    await hold(0.95, 2000);
    bell.act({ silence: wish({ matchers: { "*": "*" } }, clock.now()) });
    bell.act({ silence: wish({ matchers: { "": "" } }, clock.now()) });
    bell.act({ silence: wish({ matchers: JSON.parse('{"__proto__":"*"}') as Record<string, string> }, clock.now()) });
    expect(alert().silencedBy).toBeNull();
    bell.act({ silence: wish({ matchers: { rule: "*" } }, clock.now()) });
    expect(alert().silencedBy).not.toBeNull();
  });

  test("that begins before now begins now, and one of which there are 200 already is refused", () => {
    const { bell, clock } = machineWith();
    const silence = wish({ startsAt: -1e15 }, clock.now());
    expect(bell.act({ silence })?.startsAt).toBe(clock.now());
    for (let count = 1; count < 200; count += 1) bell.act({ silence });
    expect(() => bell.act({ silence })).toThrow("200 silences already");
  });
});

test("an alert that is over is not acknowledged, and stays as it was", async () => {
  const { bell, hold, alert, alerts } = machineWith();
  await hold(0.95, 2000);
  const { id } = alert();
  await hold(0.1, 2000);
  const act = () => bell.act({ acknowledge: { alert: id, by: "ann", note: "", undo: false } });
  expect(act).toThrow("not open any more");
  expect(alerts()).toMatchObject([{ id, status: "resolved", acknowledged: null }]);
});

describe("10,000 series of one rule over its threshold", () => {
  const shape = rule({ forMs: 4000 });
  const seen = (from: number, time: number): Observation => ({
    ...{ rule: shape, unit: "1", missing: null, readAt: time, againAt: null },
    samples: Array.from({ length: 10_000 }, (_, index) => ({
      ...{ attributes: { request: `id-${String(from + index)}` }, value: 0.95, time },
    })),
  });

  function book() {
    const said: string[] = [];
    const log: Log = { ...silentLog, warn: (words) => void said.push(words) };
    return { book: new AlertBook({ node: "here", log }), said };
  }

  test("are 200 alerts, which is said once, and none counts before its time", () => {
    const { book: kept, said } = book();
    for (let time = 0; time < 4000; time += 2000) expect(kept.judge([seen(0, time)], time)).toEqual([[]]);
    const [standings = []] = kept.judge([seen(0, 4000)], 4000);
    expect(standings).toHaveLength(200);
    expect(kept.alerts(4000)).toHaveLength(200);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain("9800 series over a threshold beyond the 200");
  });

  test("whose names are never twice the same fill neither memory nor the list", () => {
    const { book: kept, said } = book();
    const quick = { ...shape, forMs: 0 };
    for (let turn = 0; turn < 8; turn += 1) {
      const time = turn * 2000;
      kept.judge([{ ...seen(turn * 10_000, time), rule: quick }], time);
    }
    expect(kept.alerts(16_000).length).toBeLessThanOrEqual(400);
    expect(said).toHaveLength(1);
    expect(kept.history({ from: 0, to: Infinity, rule: "", limit: 1000 }).length).toBeLessThanOrEqual(400);
  });
});

test("a clock set back by hours while an alert is pending begins its wait anew, and it fires", async () => {
  const { clock, hold, alert } = machineWith({ rules: [rule({ forMs: 5 * MINUTE })] });
  await hold(0.95, 4 * MINUTE);
  const { id } = alert();
  clock.jump(-3 * HOUR);
  await hold(0.95, 2 * MINUTE);
  expect(alert()).toMatchObject({ id, status: "pending" });
  await hold(0.95, 4 * MINUTE);
  expect(alert()).toMatchObject({ id, status: "firing", level: "CRIT" });
  await hold(0.1, 2000);
  expect(() => alert()).toThrow("not one");
});

test("a clock set back by hours after one fired neither ends nor repeats it", async () => {
  const { clock, hold, alert } = machineWith();
  await hold(0.95, MINUTE);
  const before = alert();
  expect(before.notifications).toBe(1);
  clock.jump(-3 * HOUR);
  await hold(0.95, HOUR);
  expect(alert()).toMatchObject({ id: before.id, notifications: 1 });
});

describe("a store that is replaced while an alert fires", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "gorgon-replaced-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("has the alert under its name, and so does the one after that", async () => {
    const clock = new ManualClock();
    const store = (name: string) => new ChunkStore({ path: path.join(folder, name), clock });
    const { hub, hold, alert, bell, steps } = machineWith({ clock, store: () => store("first.db") });
    await hold(0.95, 20_000);
    const { id } = alert();
    const ended = bell.act({ silence: wish({}, clock.now()) });
    for (const name of ["second.db", "third.db"]) {
      await hub.replaceStore(() => store(name));
      await hold(0.95, MINUTE);
      expect(alert()).toMatchObject({ id, status: "firing", notifications: 1, silencedBy: ended?.id });
      const kept = hub.store.alerts?.load("life") ?? [];
      expect(kept).toHaveLength(1);
      expect(hub.store.alerts?.load("silence")).toHaveLength(1);
    }
    await hold(0.1, 2000);
    expect(steps().at(-1)?.change).toBe("resolved");
    expect(hub.store.alerts?.records({ from: 0, to: Infinity, rule: "", limit: 5 })).toHaveLength(1);
  });
});
