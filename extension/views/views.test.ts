/** What the three views show of a state, and what stands in an empty one. */
import { describe, expect, test } from "vitest";
import { findSeries, getAlertHistory } from "../../protocol/messages/worker.ts";
import type { ProcessRow, SensorHealth } from "../../protocol/state.ts";
import { CONTEXTS, VIEWS } from "../contributions.ts";
import { alarmed, alertOf, silenceOf } from "../testing/alerts.ts";
import { stateOf } from "../testing/states.ts";
import { settle } from "../testing/timers.ts";
import { fakeWindow } from "../testing/window.ts";
import type { FakeRow } from "../testing/faces.ts";
import { Views } from "./views.ts";

const EVIL = "[x](command:evil) <b> $(flame) \u202e";

function setUp() {
  const window = fakeWindow();
  const { fake, worker, latest, timers } = window;
  const logged: string[] = [];
  const log = (text: string) => void logged.push(text);
  const views = new Views({ vs: fake.vs, worker, latest, timers, memory: fake.memento, log });
  const tree = (id: string) => {
    const found = fake.trees.find((one) => one.id === id);
    if (found === undefined) throw new Error(`${id} is not there`);
    return found;
  };
  const context = (key: string) => fake.contexts.get(key);
  return { ...window, views, logged, tree, context };
}

async function running() {
  const parts = setUp();
  await parts.worker.start();
  return parts;
}

const labelOf = ({ item: { label } }: FakeRow): string => (typeof label === "string" ? label : "");

/** Each row as `label: description`, its children under it. */
const lines = (rows: readonly FakeRow[], indent = ""): string[] =>
  rows.flatMap((row) => [
    `${indent}${labelOf(row)}: ${String(row.item.description)}`,
    ...lines(row.rows, `${indent}  `),
  ]);

const health = (sensor: string, more: Partial<SensorHealth> = {}): SensorHealth => ({
  ...{ crab: "guardian", sensor, ok: true, reason: "", intervalMs: 2000, lastMs: 0.42, failures: 0 },
  ...more,
});

const processRow = (pid: number, more: Partial<ProcessRow> = {}): ProcessRow => ({
  ...{ pid, name: "node", detail: "server.js", startedAt: 1_700_000_000_000 - pid, threads: 7 },
  ...{ cpu: 0.5, memoryBytes: 2 ** 30, gpuMemoryBytes: null, ioRate: 1024 },
  ...more,
});

describe("an empty view", () => {
  test("can say whether the worker starts, runs, has fallen silent or is down", async () => {
    const { world, worker, timers, say, context } = setUp();
    expect(context(CONTEXTS.worker)).toBe("starting");
    await worker.start();
    expect(context(CONTEXTS.worker)).toBe("starting");
    await say(stateOf());
    expect([context(CONTEXTS.worker), context(CONTEXTS.level)]).toEqual(["running", "OK"]);
    await timers.advance(60_000);
    expect([context(CONTEXTS.worker), context(CONTEXTS.level)]).toEqual(["silent", ""]);
    for (let crash = 0; crash < 5; crash += 1) {
      world.made.at(-1)?.end();
      await timers.advance(20_000);
    }
    expect(context(CONTEXTS.worker)).toBe("down");
  });

  test("is empty while nothing is known of now, whatever was known before", async () => {
    const { say, timers, tree } = await running();
    for (const id of Object.values(VIEWS)) tree(id).show(true);
    await say(alarmed([alertOf("a")]));
    expect(await tree(VIEWS.bell).drawn()).not.toEqual([]);
    await timers.advance(60_000);
    for (const id of Object.values(VIEWS)) expect(await tree(id).drawn()).toEqual([]);
    expect(tree(VIEWS.bell).view.badge).toBeUndefined();
  });
});

describe("the Bell view", () => {
  test("lists alerts by level with value and age, marks what is seen or silenced, and counts what rings", async () => {
    const { say, tree } = await running();
    const by = { by: "ada", at: 1, note: "" };
    const alerts = [
      alertOf("crit", { level: "CRIT", value: 0.971, firingSince: 1_700_000_000_000 - 5000 }),
      alertOf("seen", { acknowledged: by }),
      alertOf("quiet", { silencedBy: "s1" }),
      alertOf("lost", { level: "UNKNOWN", value: null }),
      alertOf("soon", { status: "pending", firingSince: null }),
      alertOf("over", { status: "resolved" }),
    ];
    await say(alarmed(alerts, { silences: [silenceOf("s1"), silenceOf("old", { endsAt: 1 })] }));
    const bell = tree(VIEWS.bell);
    expect(lines(await bell.drawn())).toEqual([
      "CRIT: 1",
      "  Disk /crit: 97.1 % · just now",
      "WARN: 2",
      "  Disk /seen: 91.2 % · for 14 min · acknowledged by ada",
      "  Disk /quiet: 91.2 % · for 14 min · silenced",
      "UNKNOWN: 1",
      "  Disk /lost: for 14 min",
      "Pending: 1",
      "  Disk /soon: 91.2 % · for 15 min",
      "Silences: 1",
      "  rule=disk: ends in 1 h · moving files",
    ]);
    expect(bell.view.badge).toEqual({ value: 3, tooltip: "3 alerts are firing" });
    const [group] = await bell.drawn();
    const item = group?.rows[0]?.item;
    expect(item).toMatchObject({
      contextValue: "alert firing unacknowledged audible",
      command: { command: "gorgon.showAlerts" },
      accessibilityInformation: { label: "CRIT, Disk /crit, 97.1 % · just now" },
    });
  });

  test("has no rows and no badge when nothing is wrong", async () => {
    const { say, tree } = await running();
    await say(stateOf());
    expect(await tree(VIEWS.bell).drawn()).toEqual([]);
    expect(tree(VIEWS.bell).view.badge).toBeUndefined();
  });

  test("tells on pointing at an alert its message, labels and steps, all of it as text", async () => {
    const { world, say, tree, asked } = await running();
    const alert = alertOf("a", { title: EVIL, message: EVIL, labels: { [EVIL]: EVIL } });
    const steps = [{ time: 1, change: "firing" as const, level: "WARN" as const, value: 0.9, cause: EVIL }];
    world.answer = (method) => (method === getAlertHistory.method ? { records: [{ alert, steps }] } : null);
    await say(alarmed([alert]));
    const { provider, drawn } = tree(VIEWS.bell);
    const [group] = await drawn();
    const [row] = group?.rows ?? [];
    if (row === undefined) throw new Error("no row");
    const token = {} as never;
    const item = await provider.resolveTreeItem?.(row.item, row.element, token);
    const { value, isTrusted } = item?.tooltip as { value: string; isTrusted?: unknown };
    expect(asked(getAlertHistory)).toHaveLength(1);
    expect(value).toMatch(/^- .*firing · WARN · 90\\\.0/m);
    expect(value).not.toContain("](command:evil)");
    expect(value).not.toMatch(/(^|[^\\])<b>/);
    expect(value).not.toContain("\u202e");
    expect(isTrusted).toBeUndefined();
    expect(labelOf(row)).not.toContain("\u202e");
  });

  test("shows the rest of an alert when its steps cannot be had", async () => {
    const { world, say, tree, logged } = await running();
    world.answer = () => Promise.reject(new Error("no such method"));
    await say(alarmed([alertOf("a")]));
    const { provider, drawn } = tree(VIEWS.bell);
    const row = (await drawn())[0]?.rows[0];
    if (row === undefined) throw new Error("no row");
    const item = await provider.resolveTreeItem?.(row.item, row.element, {} as never);
    expect((item?.tooltip as { value: string }).value).toContain("is at or over");
    expect(logged.join()).toContain("no such method");
  });
});

describe("the Sensors view", () => {
  const sensors = [
    health("cpu"),
    health("disk"),
    health("network", { ok: false, reason: "permission denied", failures: 14 }),
    health("battery", { crab: "sleeper", reason: "nothing to read here" }),
    health("thermal", { crab: "sleeper", off: true, reason: "switched off in settings" }),
  ];

  test("groups sensors by crab with live values, what each costs, and why one fails", async () => {
    const { say, tree } = await running();
    await say(stateOf(undefined, { sensors }));
    expect(lines(await tree(VIEWS.sensors).drawn())).toEqual([
      "guardian: 3, failing: 1",
      "  cpu: 12.3 %",
      "    Busy: 12.3 %",
      "    Load: 0.50 on 8 cores",
      "    Last read: 0.42 ms, every 2 s",
      "  disk: ",
      "    Last read: 0.42 ms, every 2 s",
      "  network: permission denied",
      "sleeper: 2",
      "  battery: nothing to read here",
      "  thermal: switched off",
    ]);
    const rows = (await tree(VIEWS.sensors).drawn()).flatMap((one) => one.rows);
    const contexts = Object.fromEntries(rows.map((row) => [labelOf(row), row.item.contextValue]));
    expect(contexts).toMatchObject({ cpu: "sensor on", network: "sensor on", thermal: "sensor off" });
  });

  test("asks for the values of a sensor that the state has none of, once it stands open, and no more often than needed", async () => {
    const { world, say, tree, asked, timers } = await running();
    const one = { metric: "gorgon.disk.busy", attributes: { "system.device": "sda" }, unit: "1", kind: "gauge" };
    const series = [
      { ...one, description: "", value: 0.25, time: 1 },
      { ...one, metric: "other.disk", description: "", value: 1, time: 1 },
    ];
    world.answer = (method) => (method === findSeries.method ? { series, total: 2 } : null);
    const view = tree(VIEWS.sensors);
    view.show(true);
    await say(stateOf(undefined, { sensors }));
    expect(asked(findSeries)).toEqual([]);
    view.expand("sensor guardian disk");
    await settle();
    expect(asked(findSeries)).toHaveLength(1);
    expect(lines(await view.drawn()).join("\n")).toContain("    gorgon.disk.busy sda: 25.0 %");
    await say(stateOf(undefined, { sensors, time: 1_700_000_002_000 }));
    expect(asked(findSeries)).toHaveLength(1);
    await timers.advance(6000);
    await say(stateOf(undefined, { sensors, time: 1_700_000_006_000 }));
    expect(asked(findSeries)).toHaveLength(2);
  });

  test("redraws one value when one value changed, and none below a row that is closed", async () => {
    const { say, tree } = await running();
    const view = tree(VIEWS.sensors);
    view.show(true);
    await say(stateOf(undefined, { sensors: [health("self")] }));
    const seen = view.redrawn.length;
    const cost = (rssBytes: number, time: number) => {
      const state = stateOf(undefined, { sensors: [health("self")], time });
      return { ...state, self: { ...state.self, rssBytes } };
    };
    await say(cost(72 * 1024 ** 2, 1_700_000_002_000));
    expect(view.redrawn.slice(seen)).toEqual([]);
    view.expand("sensor guardian self");
    await say(cost(73 * 1024 ** 2, 1_700_000_004_000));
    expect(view.redrawn.slice(seen)).toEqual([["sensor guardian self"], ["sensor guardian self value Memory"]]);
  });
});

describe("the Processes view", () => {
  const rows = [
    processRow(10, { cpu: 1.48, memoryBytes: 2 ** 20, ioRate: null }),
    processRow(11, { name: "python", detail: "", memoryBytes: 2 ** 31, ioRate: 5 * 2 ** 20 }),
    processRow(12, { cpu: null, startedAt: 0 }),
  ];
  const state = stateOf(undefined, { processes: { time: 1, intervalMs: 10_000, rows } });

  test("sorts by what the user chose, and keeps the choice", async () => {
    const { say, tree, views, context } = await running();
    const view = tree(VIEWS.processes);
    view.show(true);
    await say(state);
    const pids = async () => (await view.drawn()).map(({ element }) => element.split(" ")[1]);
    expect(await pids()).toEqual(["10", "11", "12"]);
    expect(lines(await view.drawn())[0]).toBe("node server.js: CPU 148.0 % · 1.00 MiB · IO –");
    expect([view.view.description, context(CONTEXTS.sort)]).toEqual(["by CPU", "cpu"]);
    await views.sortBy("memory");
    expect(await pids()).toEqual(["11", "12", "10"]);
    await views.sortBy("io");
    expect(await pids()).toEqual(["11", "12", "10"]);
    expect([view.view.description, context(CONTEXTS.sort), views.sort]).toEqual(["by disk traffic", "io", "io"]);
  });

  test("offers to end only what can be told from a later process of the same number", async () => {
    const { say, tree } = await running();
    await say(state);
    const contexts = (await tree(VIEWS.processes).drawn()).map(({ item }) => item.contextValue);
    expect(contexts).toEqual(["process known", "process known", "process"]);
  });

  test("says that its sensor is off rather than that nothing was seen yet", async () => {
    const { say, context } = await running();
    await say(stateOf());
    expect(context(CONTEXTS.processes)).toBe("on");
    await say(stateOf(undefined, { time: 1_700_000_002_000, sensors: [health("process", { off: true })] }));
    expect(context(CONTEXTS.processes)).toBe("off");
  });
});
