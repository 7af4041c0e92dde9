/** What is not told, or told together: groups, inhibition, silences, acknowledgements. They are shown all the same. */
import { afterEach, describe, expect, test } from "vitest";
import type { NewSilence } from "../../../protocol/alert.ts";
import type { Rule } from "../../../protocol/bell.ts";
import { inhibited, INHIBITIONS } from "./inhibition.ts";
import { fits } from "./silences.ts";
import { alertMachine, METRIC, rule } from "./testing.ts";

const HOUR = 3_600_000;
const machines: ReturnType<typeof alertMachine>[] = [];

afterEach(async () => {
  await Promise.all(machines.splice(0).map((machine) => machine.close()));
});

function machineWith(rules: readonly Rule[] = [rule()]) {
  const machine = alertMachine({ rules });
  machines.push(machine);
  const { bell, clock } = machine;
  const silence = (over: Partial<NewSilence> = {}) => {
    const now = clock.now();
    const wish = { matchers: { rule: "load" }, startsAt: now, endsAt: now + HOUR, author: "ann", comment: "a build" };
    const added = bell.act({ silence: { ...wish, ...over } });
    if (added === null) throw new Error("no silence");
    return added;
  };
  const acknowledge = (undo = false) => {
    bell.act({ acknowledge: { alert: machine.alert().id, by: "ann", note: "on it", undo } });
  };
  return { ...machine, silence, acknowledge, told: () => machine.alert().notifications };
}

describe("a CRIT", () => {
  test("is told once its group has waited ten seconds; a WARN is only shown", async () => {
    const { hold, told } = machineWith();
    await hold(0.8, 60_000);
    expect(told()).toBe(0);
    await hold(0.95, 8000);
    expect(told()).toBe(0);
    await hold(0.95, 4000);
    expect(told()).toBe(1);
    await hold(0.95, 3 * HOUR);
    expect(told()).toBe(1);
  });

  test("that is over before its group is ripe is not told", async () => {
    const { hold, alerts } = machineWith();
    await hold(0.95, 6000);
    await hold(0.2, 60_000);
    expect(alerts()).toMatchObject([{ status: "resolved", notifications: 0 }]);
  });

  test("is told together with others of its cause", async () => {
    const labels = { cause: "memory" };
    const machine = machineWith([rule({ labels }), rule({ id: "other", labels }), rule({ id: "third" })]);
    await machine.hold(0.95, 8000);
    expect(machine.alerts().map(({ notifications }) => notifications)).toEqual([0, 0, 0]);
    await machine.hold(0.95, 4000);
    expect(machine.alerts().map(({ group, notifications }) => [group, notifications])).toEqual(
      expect.arrayContaining([
        ["here memory", 1],
        ["here memory", 1],
        ["here third", 1],
      ]),
    );
  });

  test("of a cause that was just told waits five minutes from then", async () => {
    const labels = { cause: "memory" };
    const machine = machineWith([rule({ labels }), rule({ id: "late", labels, warn: null, crit: 0.99 })]);
    await machine.hold(0.95, 12_000);
    await machine.hold(0.995, 280_000);
    const late = () => machine.alerts().find((one) => one.rule === "late")?.notifications;
    expect(late()).toBe(0);
    await machine.hold(0.995, 30_000);
    expect(late()).toBe(1);
  });
});

describe("a silence", () => {
  test("keeps an alert quiet while it lasts; what still stands at its end is told", async () => {
    const { hold, silence, alert, told, bell } = machineWith();
    const { id } = silence({ endsAt: 0 + Date.UTC(2026, 0, 1) + 60_000 });
    await hold(0.95, 30_000);
    expect(alert().silencedBy).toBe(id);
    expect(bell.state()).toMatchObject({ level: "CRIT", silences: [{ author: "ann", comment: "a build" }] });
    expect(told()).toBe(0);
    await hold(0.95, 60_000);
    expect(alert().silencedBy).toBeNull();
    expect(told()).toBe(1);
    expect(bell.state().silences).toEqual([]);
  });

  test("that is ended lets go at once, and every step is in the history", async () => {
    const { hold, silence, bell, told, steps } = machineWith();
    const { id } = silence();
    await hold(0.95, 30_000);
    bell.act({ endSilence: id });
    await hold(0.95, 30_000);
    expect(told()).toBe(1);
    expect(steps().map(({ change, cause }) => `${change} ${cause}`)).toEqual([
      "pending 95.0 % is at or over 90 %",
      "firing 95.0 % is at or over 90 %",
      "silenced ann: a build",
      "unsilenced ",
    ]);
    expect(() => bell.act({ endSilence: id })).toThrow("over already");
  });

  test("fits by the rule's id or any label, exactly or by its beginning", () => {
    const alert = { rule: "disk", labels: { mount: "/home/ann", rule: "not this" } };
    expect(fits({ rule: "disk" }, alert)).toBe(true);
    expect(fits({ rule: "not this" }, alert)).toBe(false);
    expect(fits({ rule: "*" }, alert)).toBe(true);
    expect(fits({ rule: "disk", mount: "/home/*" }, alert)).toBe(true);
    expect(fits({ mount: "/home" }, alert)).toBe(false);
    expect(fits({ team: "*" }, alert)).toBe(false);
    expect(fits({ constructor: "*" }, alert)).toBe(false);
    expect(fits({}, alert)).toBe(false);
  });

  test.each<[string, Partial<NewSilence>]>([
    ["needs a matcher", { matchers: {} }],
    ["must end after it begins", { endsAt: 5 }],
    ["must end after it begins", { endsAt: Number.NaN }],
    ["a year at most", { endsAt: Date.UTC(2030, 0, 1) }],
  ])("is refused when it %s", (words, over) => {
    const { silence } = machineWith();
    expect(() => silence(over)).toThrow(words);
  });

  test("of 100 kB is text of bounded length", () => {
    const { silence } = machineWith();
    const long = "\u0007".repeat(100_000);
    const made = silence({ comment: long, author: long, matchers: { [long]: long } });
    expect(JSON.stringify(made).length).toBeLessThan(20_000);
    expect(JSON.stringify(made)).not.toContain("\\u0007");
  });
});

describe("an acknowledgement", () => {
  test("keeps an alert quiet until it grows worse", async () => {
    const { hold, acknowledge, alert, told, steps } = machineWith();
    await hold(0.8, 2000);
    acknowledge();
    expect(alert().acknowledged).toMatchObject({ by: "ann", note: "on it" });
    await hold(0.95, 20_000);
    expect(alert().acknowledged).toBeNull();
    expect(told()).toBe(1);
    expect(steps().map(({ change }) => change)).toEqual([
      "pending",
      "firing",
      "acknowledged",
      "worse",
      "unacknowledged",
    ]);
  });

  test("before it is told is instead of being told; it can be taken back", async () => {
    const { hold, acknowledge, alert, told } = machineWith();
    await hold(0.95, 2000);
    acknowledge();
    await hold(0.95, 60_000);
    expect(told()).toBe(0);
    acknowledge(true);
    expect(alert().acknowledged).toBeNull();
  });

  test("of what is not open is refused in words", () => {
    const { bell } = machineWith();
    const act = () => bell.act({ acknowledge: { alert: "none", by: "ann", note: "", undo: false } });
    expect(act).toThrow("not open any more");
  });
});

describe("inhibition", () => {
  const mount = (value: string) => ({ "system.filesystem.mountpoint": value });

  test("keeps quiet what follows from another alert on the same thing, and shows it", async () => {
    const rules = [rule({ id: "disk" }), rule({ id: "disk-trend", warn: 0.5, crit: 0.6 })];
    const machine = machineWith(rules);
    const give = (root: number, home: number) => {
      machine.sensor.next = [
        { metric: METRIC, attributes: mount("/"), value: root },
        { metric: METRIC, attributes: mount("/home"), value: home },
      ];
      return machine.hub.collectOnce();
    };
    await give(0.95, 0.65);
    const trends = () => machine.alerts().filter((one) => one.rule === "disk-trend");
    const of = (where: string) => trends().find(({ labels }) => labels["system.filesystem.mountpoint"] === where);
    const source = machine.alerts().find((one) => one.rule === "disk");
    expect(of("/")).toMatchObject({ level: "CRIT", inhibitedBy: source?.id });
    expect(of("/home")?.inhibitedBy).toBeNull();
    for (let turn = 0; turn < 8; turn += 1) {
      machine.clock.advance(2000);
      await give(0.95, 0.65);
    }
    expect([of("/")?.notifications, of("/home")?.notifications]).toEqual([0, 1]);
    machine.clock.advance(2000);
    await give(0.65, 0.65);
    expect(of("/")?.inhibitedBy).toBeNull();
  });

  test("works for what later sensors give: a host that is down silences its containers", async () => {
    const machine = machineWith([rule({ id: "up" }), rule({ id: "container" })]);
    await machine.hold(0.95, 2000, { host: "a" });
    const table = [
      { source: { rule: "up" }, levels: ["CRIT"], target: { rule: "container" }, equal: ["host"] },
    ] as const;
    const found = inhibited(machine.alerts(), table);
    const id = (name: string) => machine.alerts().find((one) => one.rule === name)?.id ?? "";
    expect([...found]).toEqual([[id("container"), id("up")]]);
  });

  test("never goes in circles in the table that is built in", () => {
    const reaches = (from: string, to: string, seen: readonly string[] = []): boolean =>
      INHIBITIONS.filter(({ source }) => source["rule"] === from).some(({ target }) => {
        const next = target["rule"] ?? "";
        return next === to || (!seen.includes(next) && reaches(next, to, [...seen, next]));
      });
    for (const { source } of INHIBITIONS) expect(reaches(source["rule"] ?? "", source["rule"] ?? "")).toBe(false);
  });
});
