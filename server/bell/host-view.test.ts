/** What a Jupyter server is told of the machine, by the real hub, store, judge and book. */
import { afterEach, describe, expect, it } from "vitest";
import type { Rule } from "../../protocol/bell.ts";
import type { HistoryQuery } from "../../protocol/history.ts";
import type { HostView } from "../../protocol/messages/jupyter.ts";
import type { MetricInfo, Reading } from "../../protocol/reading.ts";
import { defaultConfig } from "../config/defaults.ts";
import { CrabGuardian } from "../crabs/guardian.ts";
import { silentLog } from "../host/log.ts";
import { ManualClock } from "../host/manual-clock.ts";
import { Octopus } from "../octopus/octopus.ts";
import { Bell } from "./bell.ts";
import { HostViews } from "./host-view.ts";
import { rulesOf } from "./rules.ts";

const GIB = 2 ** 30;
const METRICS: readonly MetricInfo[] = (
  [
    ["gorgon.cpu.busy", "1"],
    ["system.cpu.load_average.1m", "1"],
    ["system.memory.utilization", "1"],
    ["system.memory.usage", "By"],
    ["system.memory.limit", "By"],
    ["system.filesystem.utilization", "1"],
    ["system.filesystem.usage", "By"],
    ["system.filesystem.limit", "By"],
    ["hw.temperature", "Cel"],
    ["gorgon.oom.kills", "{event}"],
    ["jupyter.kernel.died", "{event}"],
    ["jupyter.kernel.count", "{process}"],
  ] as const
).map(([name, unit]) => ({ name, unit, kind: "gauge", description: "" }));

const on = (mount: string) => ({ "system.filesystem.mountpoint": mount });
const disk = (mount: string, share: number): readonly Reading[] => [
  { metric: "system.filesystem.utilization", attributes: on(mount), value: share },
  {
    metric: "system.filesystem.usage",
    attributes: { ...on(mount), "system.filesystem.state": "used" },
    value: share * 100 * GIB,
  },
  { metric: "system.filesystem.limit", attributes: on(mount), value: 100 * GIB },
];
const cpu = (busy: number): readonly Reading[] => [
  { metric: "gorgon.cpu.busy", attributes: {}, value: busy },
  { metric: "system.cpu.load_average.1m", attributes: {}, value: 1.5 },
];
const memory = (used: number, source = "host"): readonly Reading[] => [
  { metric: "system.memory.utilization", attributes: { "system.memory.state": "used" }, value: used },
  { metric: "system.memory.usage", attributes: { "system.memory.state": "used" }, value: used * 16 * GIB },
  { metric: "system.memory.limit", attributes: { "gorgon.limit.source": source }, value: 16 * GIB },
];
const died = (sentence: string): Reading => ({
  metric: "jupyter.kernel.died",
  attributes: { "jupyter.kernel.sentence": sentence },
  value: 1,
});

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A machine whose readings a test sets, polled every 2 s. */
function machine(own: readonly Rule[] = []) {
  const clock = new ManualClock(Date.UTC(2026, 0, 1, 12));
  const hub = new Octopus({ node: "here", clock });
  let next: readonly Reading[] = [];
  const sensor = { name: "all", metrics: METRICS, read: () => next, dispose: () => undefined };
  hub.register(
    new CrabGuardian({ name: "guardian", node: "here", sensors: [sensor], clock, intervalMs: 2000, jitter: 0 }),
  );
  const { config } = defaultConfig();
  const rules = rulesOf({ ...config, rules: own });
  const soon = rules.map((rule) => (own.includes(rule) ? rule : { ...rule, forMs: 0 }));
  const bell = new Bell({ hub, rules: soon, clock, log: silentLog });
  const asked: HistoryQuery[] = [];
  let broken = false;
  const views = new HostViews({
    hub: {
      latest: (metric, match) => hub.latest(metric, match),
      source: (metric) => hub.source(metric),
      query: (query) => {
        asked.push(query);
        return broken ? Promise.reject(new Error("it is being replaced")) : hub.query(query);
      },
    },
    clock,
    cores: () => 4,
  });
  open.push(async () => {
    bell.dispose();
    await hub.close();
  });
  return {
    clock,
    bell,
    asked,
    view: () => views.of(bell.state()),
    breakStore: () => (broken = true),
    /** Polls so often, every 2 s. */
    poll: async (readings: readonly Reading[], times = 1) => {
      next = readings;
      for (let time = 0; time < times; time++) {
        await hub.collectOnce();
        await clock.advanceAsync(2000);
      }
    },
  };
}

const levelOf = ({ levels }: HostView, id: string) => levels.find((one) => one.id === id);
const WELL = [...cpu(0.1), ...memory(0.5), ...disk("/", 0.4), ...disk("/home", 0.2)];

describe("the view of a machine that is well", () => {
  it("has a level for each thing, in the order of the bell's rules, with what there is of it", async () => {
    const { poll, view, bell } = machine();
    await poll(WELL);
    const { levels, ...whole } = await view();
    expect(whole).toEqual({
      ...{ time: bell.state().time, node: "here", by: "worker", level: "OK", headline: "All is well", alerts: [] },
    });
    expect(levels.map(({ id, title, level, value, unit, detail }) => [id, title, level, value, unit, detail])).toEqual([
      ["cpu", "CPU", "OK", 0.1, "1", "load 1.50, cores: 4"],
      ["memory", "Memory", "OK", 0.5, "1", "8.00 GiB of 16.0 GiB are in use"],
      ["disk /", "Disk /", "OK", 0.4, "1", "40.0 GiB of 100 GiB are in use"],
      ["disk /home", "Disk /home", "OK", 0.2, "1", "20.0 GiB of 100 GiB are in use"],
    ]);
  });

  it("says whose limit the memory's is, where it is not the machine's", async () => {
    const { poll, view } = machine();
    await poll([...WELL, ...memory(0.5, "cgroup")].filter((one) => one.attributes["gorgon.limit.source"] !== "host"));
    expect(levelOf(await view(), "memory")?.detail).toBe(
      "8.00 GiB of 16.0 GiB are in use; the limit is that of cgroup",
    );
  });
});

describe("the view of a machine in trouble", () => {
  it("says of each disk by itself how it is, under the same id, and the bell's headline", async () => {
    const { poll, view, bell } = machine();
    await poll(WELL);
    await poll([...cpu(0.1), ...memory(0.5), ...disk("/", 0.88), ...disk("/home", 0.97), ...disk("/srv", 0.1)], 2);
    const now = await view();
    expect(
      now.levels.filter(({ id }) => id.startsWith("disk /")).map(({ id, level, detail }) => [id, level, detail]),
    ).toEqual([
      ["disk /", "WARN", expect.stringMatching(/^88\.0 % is at or over/)],
      ["disk /home", "CRIT", expect.stringMatching(/^97\.0 % is at or over/)],
      ["disk /srv", "OK", "10.0 GiB of 100 GiB are in use"],
    ]);
    expect([now.level, now.headline]).toEqual([bell.state().level, bell.state().headline]);
    expect(now.alerts.map(({ title, level, endedAt }) => [title, level, endedAt])).toEqual([
      ["Disk", "CRIT", null],
      ["Disk", "WARN", null],
    ]);
    expect(now.alerts[0]?.message).toBe("Disk /home is nearly full: 97.0 %");
  });

  it("lists an alert that has ended with its end, and one that is silenced as such", async () => {
    const { poll, view, bell, clock } = machine();
    await poll([...WELL, ...cpu(0.99), ...memory(0.99)]);
    const silence = { startsAt: clock.now(), endsAt: clock.now() + 60_000, author: "me", comment: "" };
    bell.act({ silence: { ...silence, matchers: { rule: "memory" } } });
    await poll([...cpu(0.1), ...memory(0.99), ...disk("/", 0.4)], 2);
    const { alerts, level } = await view();
    expect(level).toBe("CRIT");
    expect(alerts.map(({ title, message }) => [title, message])).toEqual([
      ["Memory", "Silenced: Memory is running out: 99.0 %"],
      ["CPU", "CPU is busy: 99.0 %"],
    ]);
    expect(alerts.map(({ since, endedAt }) => endedAt !== null && endedAt > since)).toEqual([false, true]);
  });

  it("shows nothing that is only pending", async () => {
    const { poll, view, bell } = machine([
      {
        ...{ id: "hot", title: "Hot", metric: "hw.temperature", match: {}, direction: "above", warn: 50, crit: null },
        ...{ origin: "user", forMs: 60_000 },
      },
    ]);
    await poll([...WELL, { metric: "hw.temperature", attributes: {}, value: 80 }]);
    expect(bell.state().alerts.map(({ status }) => status)).toEqual(["pending"]);
    const now = await view();
    expect([now.level, now.alerts]).toEqual(["OK", []]);
  });

  it("says that nothing is known, and does not take silence for well", async () => {
    const { poll, view, clock, bell } = machine();
    await poll(WELL);
    await clock.advanceAsync(60_000);
    bell.judge();
    const now = await view();
    expect([now.level, levelOf(now, "cpu")?.level, levelOf(now, "cpu")?.value]).toEqual(["UNKNOWN", "UNKNOWN", null]);
    expect(levelOf(now, "cpu")?.detail).toContain("no news for");
    expect(levelOf(now, "disk")?.level).toBe("UNKNOWN");
  });
});

describe("notebook kernels in the view", () => {
  it("are left out, also where they are the only trouble: the Jupyter side has its own", async () => {
    const { poll, view, bell } = machine();
    await poll([...WELL, died("The kernel ended by itself.")]);
    expect(bell.state()).toMatchObject({ level: "CRIT", headline: "The kernel ended by itself" });
    const now = await view();
    expect([now.level, now.headline, now.alerts]).toEqual(["OK", "All is well", []]);
    expect(now.levels.map(({ id }) => id)).not.toContain("kernel-died");
  });

  it("do not hide what else is wrong, and what the user's own rule says of them stays", async () => {
    const { poll, view } = machine([
      {
        ...{ id: "many", title: "Kernels", metric: "jupyter.kernel.count", match: {}, direction: "above" },
        ...{ warn: 3, crit: null, origin: "user" },
      },
    ]);
    const count = { metric: "jupyter.kernel.count", attributes: {}, value: 5 };
    await poll([...WELL, ...cpu(0.99), died("The kernel ended by itself."), count]);
    const now = await view();
    expect(now.level).toBe("CRIT");
    expect(now.headline).toMatch(/^2 things need attention: CPU is busy: 99.0 %; Kernels is high/);
    expect(now.alerts.map(({ title }) => title)).toEqual(["CPU", "Kernels"]);
    expect(levelOf(now, "many")).toMatchObject({ title: "Kernels", level: "WARN", value: 5, unit: "{process}" });
  });
});

describe("the points of the view", () => {
  it("are those of the last five minutes, 150 at the most, each series its own", async () => {
    const { poll, view, clock } = machine();
    await poll(WELL, 200);
    await poll([...cpu(0.3), ...memory(0.5), ...disk("/", 0.45), ...disk("/home", 0.2)]);
    const now = await view();
    const busy = levelOf(now, "cpu")?.points ?? [];
    expect(busy.length).toBeGreaterThan(140);
    expect(busy.length).toBeLessThanOrEqual(150);
    expect(busy[0]?.[0]).toBeGreaterThanOrEqual(clock.now() - 300_000);
    expect(busy.map(([time]) => time)).toEqual(busy.map(([time]) => time).sort((a, b) => a - b));
    expect([busy.at(-2)?.[1], busy.at(-1)?.[1]]).toEqual([0.1, 0.3]);
    expect(levelOf(now, "disk /")?.points.at(-1)?.[1]).toBe(0.45);
    expect(levelOf(now, "disk /home")?.points.at(-1)?.[1]).toBe(0.2);
  });

  it("are asked of the store once for all who ask within a second, and once for all disks", async () => {
    const { poll, view, asked, clock } = machine();
    await poll(WELL);
    await Promise.all(Array.from({ length: 50 }, () => view()));
    expect(asked.map(({ metric }) => metric)).toEqual([
      "gorgon.cpu.busy",
      "system.memory.utilization",
      "system.filesystem.utilization",
    ]);
    await clock.advanceAsync(1000);
    await view();
    expect(asked).toHaveLength(6);
  });

  it("are missing while the store cannot tell, and the levels are there all the same", async () => {
    const { poll, view, breakStore } = machine();
    await poll(WELL);
    breakStore();
    const now = await view();
    expect(now.level).toBe("OK");
    expect(now.levels.map(({ points }) => points)).toEqual([[], [], [], []]);
  });

  it("are none where a growth is judged and not the value", async () => {
    const { poll, view } = machine();
    const kills = (value: number): Reading => ({ metric: "gorgon.oom.kills", attributes: {}, value });
    await poll([...WELL, kills(41)], 3);
    await poll([...WELL, kills(42)]);
    expect(levelOf(await view(), "oom")).toMatchObject({ level: "CRIT", value: 1, unit: "{event}", points: [] });
  });
});

describe("a hostile machine", () => {
  it("makes no answer that is longer than a line may be, and no text that a page could take for more than text", async () => {
    const own = Array.from({ length: 40 }, (_, index): Rule => ({
      ...{ id: `r${String(index)}`, title: "\u202e".repeat(5000), metric: "system.filesystem.utilization" },
      ...{ match: {}, direction: "above", warn: 0.1, crit: null, origin: "user", message: "語".repeat(5000) },
    }));
    const { poll, view } = machine(own);
    const many = Array.from({ length: 15 }, (_, index) => disk(`/\n${String(index)}${"語".repeat(500)}`, 0.95)).flat();
    await poll([...cpu(0.1), ...memory(0.5), ...many], 2);
    const now = await view();
    const text = JSON.stringify(now);
    expect(Buffer.byteLength(text)).toBeLessThan(2 ** 19);
    expect(text).not.toMatch(/\\n|\u202e/);
    expect(new Set(now.levels.map(({ id }) => id)).size).toBe(now.levels.length);
  });
});
