import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Host } from "../host/host.ts";
import { nodeHost } from "../host/node.ts";
import type { LoadedConfig } from "./config.ts";
import { type ConfigInputs, configFiles, loadConfig, userFile } from "./load.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-config-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function host(env: Record<string, string> = {}): Host {
  return { ...nodeHost(), platform: "linux", env: { HOME: folder, XDG_CONFIG_HOME: folder, ...env } };
}

function write(text: string | Uint8Array, file = path.join(folder, "gorgon", "gorgon.yaml")): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** Reads with defaults; each test changes one thing. */
function load(over: Partial<ConfigInputs> = {}): Promise<LoadedConfig> {
  return loadConfig({ host: host(), defaultIntervalMs: 5000, previous: null, ...over });
}

function workspace(text: string, name = "demo") {
  const place = path.join(folder, name);
  write(text, path.join(place, "gorgon.yaml"));
  return { name, path: place };
}

const from = (loaded: LoadedConfig, key: string) => loaded.provenance.find((one) => one.key === key);

describe("without any configuration", () => {
  test("the documented thresholds are in force and nothing is wrong", async () => {
    const { config, problems, provenance } = await load();
    expect(config).toEqual({
      intervalMs: 5000,
      rate: { adaptive: true },
      bell: {
        cpu: { warn: 0.7, crit: 0.9, forMs: 1_200_000 },
        memory: { warn: 0.8, crit: 0.95, forMs: 10_000 },
        disk: { warn: 0.85, crit: 0.95, forMs: 60_000 },
      },
      rules: [],
      watches: [],
      sql: [],
      history: { enabled: true, retentionMs: 7 * 86_400_000 },
    });
    expect(problems).toEqual([]);
    expect(provenance.every((one) => one.origin === "default")).toBe(true);
  });

  test("VS Code polls at its own interval", async () => {
    expect((await load({ defaultIntervalMs: 2000 })).config.intervalMs).toBe(2000);
  });
});

describe("of several layers", () => {
  test("flag beats environment beats setting beats user file beats default, and each value says where it is from", async () => {
    const file = write("interval: 40s\nbell: {cpu: {warn: 10, crit: 20}, disk: {warn: 50}}\nhistory: {days: 3}\n");
    const loaded = await load({
      host: host({ GORGON_INTERVAL: "20", GORGON_CPU_WARN: "12%" }),
      flags: { interval: "10" },
      settings: { interval: 30, cpu: { warn: 11 }, memory: { warn: 60 } },
    });
    expect(loaded.problems).toEqual([]);
    expect(loaded.config.intervalMs).toBe(10_000);
    expect(loaded.config.bell).toMatchObject({
      cpu: { warn: 0.12, crit: 0.2 },
      memory: { warn: 0.6, crit: 0.95 },
      disk: { warn: 0.5, crit: 0.95 },
    });
    expect(from(loaded, "interval")).toEqual({ key: "interval", value: "10 s", origin: "flag", where: "--interval" });
    expect(from(loaded, "bell.cpu.warn")).toMatchObject({ origin: "environment", where: "GORGON_CPU_WARN" });
    expect(from(loaded, "bell.memory.warn")).toMatchObject({ origin: "setting", where: "gorgon.memory.warn" });
    expect(from(loaded, "history.days")).toMatchObject({ origin: "user file", where: file, value: "3 days" });
    expect(from(loaded, "history.enabled")).toMatchObject({ origin: "default", where: "" });
  });

  test("a variable that is empty counts as not set", async () => {
    expect((await load({ host: host({ GORGON_INTERVAL: " " }) })).problems).toEqual([]);
  });

  test.each([
    ["500ms", 500],
    ["2s", 2000],
    ["1m", 60_000],
    ["1h", 3_600_000],
    ["0.5", 500],
    ["1.5 s", 1500],
  ])("an interval may be written %s", async (text, intervalMs) => {
    expect((await load({ host: host({ GORGON_INTERVAL: text }) })).config.intervalMs).toBe(intervalMs);
  });
});

describe("a value that is wrong", () => {
  test.each<[unknown]>([
    [0],
    [-1],
    [0.4],
    [3601],
    ["0"],
    ["soon"],
    [true],
    [Number.NaN],
    [Infinity],
    ["2 weeks"],
    [{}],
  ])("such as the interval %s is named, with what is allowed, and is not used", async (interval) => {
    const { config, problems } = await load({ settings: { interval } });
    expect(config.intervalMs).toBe(5000);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ source: "setting", key: "interval" });
    expect(problems[0]?.message).toContain("from 0.5 s to 1 h");
    expect(problems[0]?.message).toContain("5 s stays in force");
  });

  test("leaves the last good one in force, and says whose that was", async () => {
    write("interval: 7s\n");
    const first = await load();
    write("interval: -3\n");
    const second = await load({ previous: first });
    expect(second.config.intervalMs).toBe(7000);
    expect(second.problems[0]).toMatchObject({ key: "interval", value: "-3" });
    expect(second.problems[0]?.message).toContain("7 s stays in force");
    expect(from(second, "interval")?.origin).toBe("user file");
  });

  test("gives way to a weaker layer at the start", async () => {
    write("interval: 9s\n");
    expect((await load({ settings: { interval: 0 } })).config.intervalMs).toBe(9000);
  });

  test("is told also where a stronger layer hides it", async () => {
    write("interval: never\n");
    const { config, problems } = await load({ settings: { interval: 3 } });
    expect(config.intervalMs).toBe(3000);
    expect(problems[0]?.message).toContain("3 s stays in force");
  });

  test.each<[unknown]>([["high"], [0], [101], [-5], [null], [[80]]])(
    "such as the threshold %s is not used",
    async (warn) => {
      const { config, problems } = await load({ settings: { cpu: { warn } } });
      expect(config.bell.cpu.warn).toBe(0.7);
      expect(problems).toHaveLength(warn === null ? 0 : 1);
    },
  );

  test("such as a ratio for a percentage is told how it is meant", async () => {
    const { problems } = await load({ settings: { cpu: { warn: 0.7 } } });
    expect(problems[0]?.message).toContain("a percentage from 1 to 100 (for 0.7 of the whole write 70)");
  });

  test("such as an object for a section, or the other way round, is named", async () => {
    write("bell: 5\nhistory: [1]\n");
    const { problems } = await load({ settings: { cpu: 5, memory: { warn: { deep: 1 } } } });
    expect(problems.map((one) => one.key)).toEqual(["bell.cpu", "bell", "history", "bell.memory.warn"]);
  });

  test("is shortened and cannot bring control characters along", async () => {
    const { problems } = await load({ settings: { interval: `\u001b[2J${"x".repeat(500)}` } });
    expect(problems[0]?.value).toMatch(/^\uFFFD\[2Jx+\.\.\.$/);
    expect(problems[0]?.value.length).toBeLessThan(80);
  });
});

describe("warn over crit", () => {
  test("is refused with both values, and the last good pair stays", async () => {
    const { config, problems } = await load({ settings: { cpu: { warn: 95, crit: 60 } } });
    expect(config.bell.cpu).toMatchObject({ warn: 0.7, crit: 0.9 });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ source: "setting", key: "bell.cpu.warn", value: "95" });
    expect(problems[0]?.message).toBe("warn (95 %) must not be over crit (60 %). 70 % and 90 % stay in force.");

    const previous = await load({ settings: { cpu: { warn: 30, crit: 40 } } });
    const next = await load({ settings: { cpu: { warn: 95, crit: 60 } }, previous });
    expect(next.config.bell.cpu).toMatchObject({ warn: 0.3, crit: 0.4 });
  });

  test("that only came about with a default refuses what was set", async () => {
    const { config, problems } = await load({ settings: { cpu: { warn: 95 } } });
    expect(config.bell.cpu).toMatchObject({ warn: 0.7, crit: 0.9 });
    expect(problems[0]).toMatchObject({ key: "bell.cpu.warn", value: "95" });
  });

  test("across layers refuses the weaker one's word", async () => {
    write("bell: {cpu: {warn: 85}}\n");
    const { config, problems } = await load({ settings: { cpu: { crit: 80 } } });
    expect(config.bell.cpu).toMatchObject({ warn: 0.7, crit: 0.8 });
    expect(problems[0]).toMatchObject({ key: "bell.cpu.warn", value: "85" });
  });

  test("is not the same as warn at crit, which is allowed", async () => {
    const { config, problems } = await load({ settings: { cpu: { warn: 80, crit: 80 } } });
    expect(config.bell.cpu).toMatchObject({ warn: 0.8, crit: 0.8 });
    expect(problems).toEqual([]);
  });
});

describe("a key that nobody knows", () => {
  test("is named with the nearest known one", async () => {
    write("intervall: 2s\nbell:\n  cpu: {wanr: 5}\n  gpu: {}\nhistory: {day: 1}\n");
    const { problems, config } = await load();
    expect(problems.map((one) => one.key)).toEqual(["intervall", "bell.cpu.wanr", "bell.gpu", "history.day"]);
    expect(problems[0]?.message).toContain("Did you mean interval?");
    expect(problems[1]?.message).toContain("Did you mean warn?");
    expect(config.intervalMs).toBe(5000);
  });

  test("may be called __proto__ or constructor without touching any object", async () => {
    write("__proto__: {polluted: yes}\nconstructor: {prototype: {polluted: yes}}\nbell: {__proto__: {warn: 1}}\n");
    const { problems } = await load({ settings: JSON.parse('{"cpu":{"__proto__":{"warn":1}}}') as object });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(problems.map((one) => one.key)).toEqual([
      "bell.cpu.__proto__",
      "__proto__",
      "constructor",
      "bell.__proto__",
    ]);
  });
});

describe("a file that cannot be used", () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ["is no YAML", "bell:\n  cpu: [1, 2\n", /^Line 3:1: /],
    ["is not UTF-8", Uint8Array.from([0x69, 0x3a, 0x20, 0xff, 0xfe]), /not valid UTF-8/],
    ["is far too large", "#".repeat(1024 * 1024 + 1), /larger than 1 MiB/],
  ])("because it %s is named, and what was in force stays", async (_, text, message) => {
    write("interval: 7s\nrules: [{id: swap, metric: system.paging.utilization, warn: 50%}]\n");
    const first = await load();
    const file = write(text);
    const second = await load({ previous: first });
    expect(second.problems).toHaveLength(1);
    expect(second.problems[0]?.source).toBe(file);
    expect(second.problems[0]?.message).toMatch(message);
    expect(second.config).toEqual(first.config);
    expect(from(second, "interval")?.origin).toBe("user file");
  });

  test("because it is a folder is named", async () => {
    mkdirSync(path.join(folder, "gorgon", "gorgon.yaml"), { recursive: true });
    const { problems, config } = await load();
    expect(problems).toHaveLength(1);
    expect(config.intervalMs).toBe(5000);
  });

  test("is not one that is empty or holds only comments, nor one with a byte order mark", async () => {
    for (const text of ["", "# nothing\n", "\uFEFFinterval: 3s\n", "interval:\nbell:\n"]) {
      write(text);
      expect((await load()).problems).toEqual([]);
    }
  });
});

describe("watches", () => {
  test("come from the user's file and from workspaces, each labelled with where it is from", async () => {
    write("watches: [{id: backups, path: /var/backups}, {id: db, process: postgres}, {id: bad, path: here}]\n");
    const demo = workspace("watches: [{id: model, path: 'out/*.ckpt'}, {id: db, pid: 5}]\n");
    const loaded = await load({ workspaceFolders: [demo] });
    expect(loaded.config.watches.map((one) => [one.id, one.origin, one.workspace])).toEqual([
      ["backups", "user file", ""],
      ["db", "user file", ""],
      ["model", `workspace ${demo.name}`, demo.name],
    ]);
    expect(loaded.problems.map((one) => one.key)).toEqual(["watches.bad.path", "watches.db.id"]);
    expect(from(loaded, "watches.db")).toMatchObject({ value: "process postgres", origin: "user file" });
    expect(from(loaded, "watches.model")?.origin).toBe("workspace file");
    // A file that breaks keeps what it said before.
    write("watches: [\n");
    const broken = await load({ workspaceFolders: [demo], previous: loaded });
    expect(broken.config.watches).toEqual(loaded.config.watches);
  });
});

describe("a workspace's file", () => {
  test("adds rules under its folder's name", async () => {
    const demo = workspace(
      "rules:\n  - {id: swap, title: Swap, metric: system.paging.utilization, match: {system.paging.state: used}, warn: 50%, crit: 0.8}\n",
    );
    const { config, problems, provenance } = await load({ workspaceFolders: [demo] });
    expect(problems).toEqual([]);
    expect(config.rules).toEqual([
      {
        id: "swap",
        title: "Swap",
        metric: "system.paging.utilization",
        match: { "system.paging.state": "used" },
        direction: "above",
        warn: 0.5,
        crit: 0.8,
        origin: "workspace demo",
      },
    ]);
    expect(provenance.at(-1)).toMatchObject({ key: "rules.swap", origin: "workspace file" });
  });

  test("cannot set what holds for the whole host, and says where that belongs", async () => {
    const demo = workspace("interval: 1s\nbell: {cpu: {warn: 1}}\nhistory: {enabled: false}\n");
    const { config, problems } = await load({ workspaceFolders: [demo] });
    expect(config).toEqual((await load()).config);
    expect(problems.map((one) => one.key)).toEqual(["interval", "bell", "history"]);
    expect(problems[0]?.message).toContain("It belongs in VS Code's user settings or in");
    expect(problems[0]?.message).toContain(userFile(host()));
  });

  test("is looked at beside the user's own, whether they are there or not", () => {
    expect(configFiles({ host: host(), workspaceFolders: [{ name: "a", path: "/w/a" }] })).toEqual([
      path.join(folder, "gorgon", "gorgon.yaml"),
      "/w/a/gorgon.yaml",
    ]);
  });

  test("cannot take the id of a rule that is there", async () => {
    write("rules: [{id: swap, metric: a.b, warn: 1}]\n");
    const demo = workspace("rules: [{id: swap, metric: c.d, warn: 1}, {id: cpu, metric: c.d, warn: 1}]\n");
    const { config, problems } = await load({ workspaceFolders: [demo] });
    expect(config.rules.map((one) => one.origin)).toEqual(["user file"]);
    expect(problems.map((one) => one.key)).toEqual(["rules.swap.id", "rules.cpu.id"]);
    expect(problems[0]?.message).toContain("used already (user file)");
    expect(problems[1]?.message).toContain("set bell.cpu instead");
  });
});

describe("a rule", () => {
  const one = async (rule: string) => {
    write(`rules:\n  - {id: x, metric: system.disk.io, ${rule}}\n`);
    const { config, problems } = await load();
    return { rule: config.rules[0], problems };
  };

  test.each([
    ["warn: 10GiB", 10 * 2 ** 30],
    ["warn: 5 MiB/s", 5 * 2 ** 20],
    ["warn: 50MB", 50e6],
    ["warn: 80%", 0.8],
    ["warn: 42", 42],
    ["warn: 1e3", 1000],
  ])("may say %s", async (text, warn) => {
    const { rule, problems } = await one(text);
    expect(problems).toEqual([]);
    expect(rule?.warn).toBe(warn);
    expect(rule?.crit).toBeNull();
  });

  test.each([
    ["warn: lots", "rules.x.warn"],
    ["warn: .nan", "rules.x.warn"],
    ["warn: 10 parsec", "rules.x.warn"],
    ["warn: 5, crit: 4", "rules.x.warn"],
    ["direction: below, warn: 4, crit: 5", "rules.x.warn"],
    ["direction: sideways, warn: 4", "rules.x.direction"],
    ["match: [1], warn: 4", "rules.x.match"],
    ["match: {a: {b: c}}, warn: 4", "rules.x.match"],
    ["title: '', warn: 4", "rules.x.title"],
    ["wran: 4, crit: 5", "rules.x.wran"],
    ["title: none", "rules.x"],
  ])("that says %s is refused at %s and left out", async (text, key) => {
    const { rule, problems } = await one(text);
    expect(rule).toBeUndefined();
    expect(problems.map((found) => found.key)).toEqual([key]);
    expect(problems[0]?.message).toContain("The rule is left out.");
  });

  test("on a ratio is told that 80 is not one", async () => {
    write("rules: [{id: x, metric: system.paging.utilization, warn: 80}]\n");
    expect((await load()).problems[0]?.message).toContain("a percentage like 80%, or a ratio from 0 to 1");
  });

  test.each(["rules: 5", "rules: [5]", "rules: [{metric: a.b, warn: 1}]", "rules: [{id: A b, metric: a.b, warn: 1}]"])(
    "list such as %s is refused",
    async (text) => {
      write(`${text}\n`);
      const { config, problems } = await load();
      expect(config.rules).toEqual([]);
      expect(problems).toHaveLength(1);
    },
  );

  test("that became wrong stays as it was, and the others change", async () => {
    write("rules: [{id: a, metric: m.a, warn: 1}, {id: b, metric: m.b, warn: 1}]\n");
    const previous = await load();
    write("rules: [{id: a, metric: m.a, warn: what}, {id: b, metric: m.b, warn: 2}]\n");
    const { config, problems } = await load({ previous });
    expect(config.rules.map((rule) => [rule.id, rule.warn])).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
    expect(problems[0]?.message).toContain("The rule stays as it was.");
  });

  test("may match an attribute called __proto__", async () => {
    const { rule } = await one("match: {__proto__: x}, warn: 1");
    expect(Object.entries(rule?.match ?? {})).toEqual([["__proto__", "x"]]);
  });

  test("number 101 of a file is one too many", async () => {
    write(
      `rules:\n${Array.from({ length: 101 }, (_, n) => `  - {id: r${String(n)}, metric: a.b, warn: 1}\n`).join("")}`,
    );
    const { config, problems } = await load();
    expect(config.rules).toHaveLength(100);
    expect(problems[0]).toMatchObject({ key: "rules", value: "101" });
  });
});

describe("queries whose latency is measured", () => {
  const text = "sql:\n  - { id: orders, connection: ORDERS_URL, query: SELECT 1 }\n";

  test("come from the user's file, with their origin, and stay while it is broken", async () => {
    write(text);
    const loaded = await load();
    expect(loaded.problems).toEqual([]);
    expect(loaded.config.sql.map((one) => one.id)).toEqual(["orders"]);
    expect(from(loaded, "sql.orders")).toMatchObject({ value: "query through ORDERS_URL", origin: "user file" });
    write("sql: [");
    expect((await load({ previous: loaded })).config.sql).toEqual(loaded.config.sql);
    rmSync(path.join(folder, "gorgon", "gorgon.yaml"));
    expect((await load({ previous: loaded })).config.sql).toEqual([]);
  });

  test("do not come from a workspace, which could read any database of the user's", async () => {
    const { config, problems } = await load({ workspaceFolders: [workspace(text)] });
    expect(config.sql).toEqual([]);
    expect(problems[0]?.message).toContain("a workspace cannot set it");
  });
});
