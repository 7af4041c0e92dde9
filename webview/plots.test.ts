import { describe, expect, it } from "vitest";
import { levelFor, ruleFor } from "./plot-rules.ts";
import { drawnLines, emptyReason, plotsOf, sparkPoints, tableOf, trendsOf } from "./plots.ts";
import { sampleHistory, sampleSnapshot, sampleState } from "./preview/sample.ts";
import { labelHeights } from "./charts/lettering.ts";

const NOW = Date.UTC(2024, 2, 5, 14, 20);

function plots(options: Partial<Parameters<typeof sampleSnapshot>[0]> = {}) {
  const all = { now: NOW, ...options };
  const [load, network, disk] = plotsOf(sampleHistory(all), sampleState(all), all.range ?? 15, "Collecting.");
  if (load === undefined || network === undefined || disk === undefined) throw new Error("there are three charts");
  return { load, network, disk };
}

describe("trends without a chart", () => {
  it("follow the worst pressure on a scale on which a little can be seen", () => {
    const all = { now: NOW, story: "crit" as const };
    const trends = trendsOf(sampleHistory(all), sampleState(all), 15);
    const found = sparkPoints("pressure", trends);
    expect(found?.points.at(-1)?.y).toBeGreaterThan(0.08);
    expect(found?.plot.axis.max).toBeLessThanOrEqual(0.5);
    expect(trendsOf({ ...sampleHistory(all), pressure: [] }, sampleState(all), 15)).toEqual([]);
  });
});

describe("charts", () => {
  it("mark what happened on the chart of the load, where it lies within, and tell it", () => {
    const { load, network } = plots({ story: "crit" });
    expect(load.marks.map(({ label, alert }) => [label, alert])).toEqual([
      ["Epoch 1 of 10 ended", false],
      ["Epoch 2 of 10 ended", false],
      ["Memory is running out", true],
    ]);
    expect(load.description).toContain("Marked: Epoch 1 of 10 ended");
    expect(network.marks).toEqual([]);
    const history = sampleHistory({ now: NOW });
    const early = { id: 1, time: history.from - 5000, end: null, kind: "alert", text: "x", source: "" };
    const [none] = plotsOf({ ...history, annotations: [early] }, sampleState({ now: NOW }), 15, "");
    expect(none?.marks).toEqual([]);
  });

  it("lay the thresholds of the worse series over the whole width and hint at the other's", () => {
    const { load } = plots({ story: "crit" });
    const main = load.thresholds.filter((one) => one.main).map((one) => `${one.of} ${one.level} ${String(one.value)}`);
    expect(main).toEqual(["Memory WARN 0.8", "Memory CRIT 0.95"]);
    expect(load.thresholds.filter((one) => !one.main).map((one) => one.of)).toEqual(["CPU", "CPU"]);
  });

  it("draw the shown GPU beside CPU and memory, and list the others in the table", () => {
    expect(plots().load.title).toBe("CPU and memory");
    const { load } = plots({ gpus: 3 });
    expect(load.title).toBe("CPU, memory and GPU");
    expect(drawnLines(load).map((line) => line.title)).toEqual(["CPU", "Memory", "GPU 2"]);
    expect(tableOf(load).map((row) => row.title)).toEqual(["CPU", "Memory", "GPU 2", "GPU 0", "GPU 1"]);
    expect(sparkPoints("gpu", [load])?.points.length).toBeGreaterThan(50);
    expect(sparkPoints("gpu", [plots().load])).toBeNull();
  });

  it("say where what is drawn is kept in steps only", () => {
    const history = sampleHistory({ now: NOW });
    const memory = history.memory.map((frame) => ({ ...frame, resolution: 600_000 }));
    const [load, , disk] = plotsOf({ ...history, memory }, sampleState({ now: NOW }), 15, "");
    expect(load?.subtitle).toBe("15 min · kept in steps of 10 min");
    expect(disk?.subtitle).not.toContain("steps");
  });

  it("leave loopback out and add interfaces up by direction", () => {
    const { network } = plots();
    expect(network.subtitle).toBe("15 min · 1 interface");
    expect(network.lines.map((line) => line.title)).toEqual(["Receive", "Transmit"]);
    const busiest = Math.max(...drawnLines(network).flatMap((line) => line.points.map((point) => point.high || 0)));
    expect(network.axis.max).toBeGreaterThanOrEqual(busiest);
  });

  it("mark summed extremes in the table as bounds", () => {
    const history = sampleHistory({ now: NOW, range: 60 });
    const second = history.network
      .filter((frame) => frame.attributes["network.interface.name"] === "eth0")
      .map((frame) => ({ ...frame, attributes: { ...frame.attributes, "network.interface.name": "eth1" } }));
    const twice = { ...history, network: [...history.network, ...second] };
    const network = plotsOf(twice, sampleState({ now: NOW }), 60, "")[1];
    if (network === undefined) throw new Error("there is a network chart");
    expect(tableOf(network)[0]?.max).toMatch(/^<= /);
    expect(tableOf(network)[0]?.latest).not.toMatch(/^<= /);
  });

  it("show the fullest file systems first and no thicket, with all of them in the table", () => {
    const history = sampleHistory({ now: NOW });
    const [first] = history.disk;
    if (first === undefined) throw new Error("a sample has a disk");
    const many = ["/a", "/b", "/c", "/d"].map((mount, index) => ({
      ...first,
      attributes: { "system.filesystem.mountpoint": mount },
      values: first.values.map(() => (index + 1) / 10),
    }));
    const disk = plotsOf({ ...history, disk: many }, null, 15, "")[2];
    if (disk === undefined) throw new Error("there is a disk chart");
    expect(drawnLines(disk).map((line) => line.title)).toEqual(["/d", "/c", "/b"]);
    expect(tableOf(disk)).toHaveLength(4);
    expect(disk.subtitle).toBe("15 min · the 3 fullest of 4");
  });

  it("describe themselves in a sentence", () => {
    expect(plots({ story: "crit" }).load.description).toMatch(
      /^CPU and memory over 15 min: CPU [\d.]+ % now, between [\d.]+ % and [\d.]+ % and Memory [\d.]+ % now/,
    );
  });

  it("say why they are empty", () => {
    const empty = plotsOf(null, null, 15, "Collecting; first points in 2 s.");
    expect(empty.map((plot) => plot.empty)).toEqual(Array(3).fill("Collecting; first points in 2 s."));
    const snapshot = sampleSnapshot({ now: NOW });
    expect(emptyReason(snapshot, 15, "live")).toBe("Collecting; first points in 2 s.");
    expect(emptyReason(snapshot, 60, "live")).toBe("Loading 1 h.");
    expect(emptyReason({ ...snapshot, history: null }, 15, "live")).toBe("Loading the history.");
  });

  it("keep a gap in the tile's trend", () => {
    const { load, network, disk } = plots();
    for (const ink of ["cpu", "memory", "disk", "network"] as const) {
      const found = sparkPoints(ink, [load, network, disk]);
      expect(found?.points.filter((point) => Number.isNaN(point.y))).toHaveLength(1);
    }
  });
});

describe("labels at line ends", () => {
  it("stand at their lines, and are pushed apart where they would touch", () => {
    expect(labelHeights([10, 100], 0, 200, 16)).toEqual([10, 100]);
    expect(labelHeights([52, 50], 0, 200, 16)).toEqual([66, 50]);
  });

  it("stay inside", () => {
    expect(labelHeights([199, 200], 0, 200, 16)).toEqual([184, 200]);
  });
});

it("a rule on other series of a metric than those that are drawn has no say in them", () => {
  const full = { "gorgon.pressure.resource": "memory", "gorgon.pressure.kind": "full" };
  const rule = {
    ...{ id: "memory-pressure", title: "Memory pressure", metric: "gorgon.pressure.ratio", match: full },
    ...{ direction: "above" as const, warn: 0.1, crit: 0.4, origin: "built in" },
  };
  const facts = {
    level: "WARN" as const,
    value: 0.2,
    unit: "1" as const,
    attributes: full,
    readAt: 0,
    since: 0,
    reason: "",
  };
  expect(levelFor("pressure", [{ rule, ...facts }])).toBeNull();
  expect(ruleFor("pressure", [{ rule, ...facts }])).toBeNull();
  const some = { ...rule, match: { "gorgon.pressure.kind": "some" } };
  expect(levelFor("pressure", [{ rule: some, ...facts }])).toBe("WARN");
});
