/** Somebody looks for a series by words. */
import { beforeEach, expect, test } from "vitest";
import type { MetricInfo, Reading } from "../../protocol/reading.ts";
import type { Crab } from "../crabs/crab.ts";
import { SeriesCatalogue } from "./series-catalogue.ts";
import { LatestIndex } from "./latest.ts";
import { MemoryStore } from "./store/memory.ts";

const NOW = Date.UTC(2026, 0, 5);
const clock = { now: () => NOW, monotonic: () => time } as never;
let time = 0;
let store = new MemoryStore({ clock });
let live = new LatestIndex();
let infos: MetricInfo[] = [];

const info = (name: string, more: Partial<MetricInfo> = {}): MetricInfo => ({
  ...{ name, unit: "1", kind: "gauge", description: "" },
  ...more,
});

/** One crab that gives these metrics. */
function crab(): Crab {
  const metrics = new Map(infos.map((one) => [one.name, { info: one, sensor: "s", intervalMs: 2000 }]));
  return { name: "guardian", metrics } as unknown as Crab;
}

function keep(...readings: Reading[]): void {
  store.append(NOW - 1000, readings, new Map(infos.map((one) => [one.name, one])));
}

function sense(...readings: Reading[]): void {
  const snapshot = { time: NOW, crab: "guardian", readings } as never;
  live.take(snapshot, crab().metrics, 2000);
}

const reading = (metric: string, value: number, attributes: Record<string, string> = {}): Reading => ({
  ...{ metric, attributes, value },
});

function catalogue(): SeriesCatalogue {
  return new SeriesCatalogue(
    { list: () => [crab()], latest: (metric, match = {}) => live.find(metric, match), store },
    clock,
  );
}

async function names(search: string, limit = 50): Promise<string[]> {
  const { series } = await catalogue().find({ search, limit });
  return series.map((one) => [one.metric, ...Object.values(one.attributes)].join(" "));
}

beforeEach(() => {
  time = 0;
  store = new MemoryStore({ clock });
  live = new LatestIndex();
  infos = [
    info("gorgon.cpu.busy", { description: "Share of all cores that was busy" }),
    info("system.cpu.utilization"),
    info("system.network.io", { unit: "By", kind: "counter" }),
    info("process.cpu.utilization", { transient: true }),
  ];
  sense(
    reading("gorgon.cpu.busy", 0.25),
    reading("system.cpu.utilization", 0.5, { "cpu.logical_number": "0" }),
    reading("system.network.io", 10, { "network.interface.name": "eth0", "network.io.direction": "receive" }),
    reading("process.cpu.utilization", 1, { "process.pid": "1" }),
  );
});

test("what is sensed now comes with its unit, kind and value; what history does not keep is left out", async () => {
  const { series, total } = await catalogue().find({ search: "", limit: 50 });
  expect(total).toBe(3);
  expect(series).toContainEqual({
    metric: "system.network.io",
    attributes: { "network.interface.name": "eth0", "network.io.direction": "receive" },
    unit: "By",
    kind: "counter",
    description: "",
    value: 10,
    time: NOW,
  });
  expect(await names("process")).toEqual([]);
});

test("every word counts, wherever it stands and however it is written", async () => {
  expect(await names("CPU")).toEqual(["gorgon.cpu.busy", "system.cpu.utilization 0"]);
  expect(await names("eth0 receive")).toEqual(["system.network.io eth0 receive"]);
  expect(await names("direction=receive")).toEqual(["system.network.io eth0 receive"]);
  expect(await names("share cores")).toEqual(["gorgon.cpu.busy"]);
  expect(await names("cpu gpu")).toEqual([]);
});

test("the metric itself comes before a part of a name, and that before an attribute", async () => {
  infos.push(info("cpu"), info("a.metric"));
  sense(reading("cpu", 1), reading("a.metric", 1, { of: "cpu" }));
  expect(await names("cpu")).toEqual(["cpu", "gorgon.cpu.busy", "system.cpu.utilization 0", "a.metric cpu"]);
});

test("what only history has is found after what is sensed, without a value", async () => {
  infos.push(info("gorgon.cpu.old", { unit: "W" }));
  keep(reading("gorgon.cpu.old", 3), reading("gorgon.cpu.busy", 0.2));
  infos.pop();
  const { series, total } = await catalogue().find({ search: "gorgon.cpu", limit: 50 });
  expect(total).toBe(2);
  expect(series[0]).toMatchObject({ metric: "gorgon.cpu.busy", value: 0.25 });
  expect(series[1]).toMatchObject({ metric: "gorgon.cpu.old", unit: "W", value: null, time: null });
});

test("names may hold anything", async () => {
  const odd = ["<img src=x onerror=1>", "a\u0000b\u0001c", "(.*)+$[", "\u202Egnp", "x".repeat(100_000), "__proto__"];
  sense(...odd.map((name) => reading("gorgon.cpu.busy", 1, { [name]: name })));
  for (const name of odd) {
    const { series } = await catalogue().find({ search: name.slice(0, 300).split(" ")[0] ?? "", limit: 10 });
    expect(series.map((one) => Object.values(one.attributes)[0])).toContain(name);
  }
  for (const search of ["((((", "\\", "%_", "a ".repeat(150)]) await catalogue().find({ search, limit: 1 });
});

test("of 2,000 series the best are given, with how many there are", async () => {
  const many = Array.from({ length: 2000 }, (_, index) =>
    reading("system.cpu.utilization", index, { core: `c${String(index)}` }),
  );
  sense(...many);
  keep(...many);
  const { series, total } = await catalogue().find({ search: "system.cpu core", limit: 50 });
  expect(total).toBe(2000);
  expect(series).toHaveLength(50);
  expect((await catalogue().find({ search: "c1999", limit: 50 })).series).toHaveLength(1);
});

test("while somebody types, history is listed once in a while and not for each letter", async () => {
  let listed = 0;
  const counting = Object.assign(Object.create(store) as MemoryStore, {
    series: () => {
      listed += 1;
      return store.series();
    },
  });
  const one = new SeriesCatalogue({ list: () => [crab()], latest: () => [], store: counting }, clock);
  for (const search of ["c", "cp", "cpu"]) await one.find({ search, limit: 5 });
  expect(listed).toBe(1);
  time = 60_000;
  await one.find({ search: "cpu", limit: 5 });
  expect(listed).toBe(2);
});
