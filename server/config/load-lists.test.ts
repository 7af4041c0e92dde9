/** Rules, watches and queries from files. */
import { rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { configHome, originOf } from "./testing.ts";

const home = configHome();

describe("watches", () => {
  test("come from the user's file and from workspaces, each labelled with where it is from", async () => {
    home.write("watches: [{id: backups, path: /var/backups}, {id: db, process: postgres}, {id: bad, path: here}]\n");
    const demo = home.workspace("watches: [{id: model, path: 'out/*.ckpt'}, {id: db, pid: 5}]\n");
    const loaded = await home.load({ workspaceFolders: [demo] });
    expect(loaded.config.watches.map((one) => [one.id, one.origin, one.workspace])).toEqual([
      ["backups", "user file", ""],
      ["db", "user file", ""],
      ["model", `workspace ${demo.name}`, demo.name],
    ]);
    expect(loaded.problems.map((one) => one.key)).toEqual(["watches.bad.path", "watches.db.id"]);
    expect(originOf(loaded, "watches.db")).toMatchObject({ value: "process postgres", origin: "user file" });
    expect(originOf(loaded, "watches.model")?.origin).toBe("workspace file");
    // A file that breaks keeps what it said before.
    home.write("watches: [\n");
    const broken = await home.load({ workspaceFolders: [demo], previous: loaded });
    expect(broken.config.watches).toEqual(loaded.config.watches);
  });
});

describe("a rule", () => {
  const one = async (rule: string) => {
    home.write(`rules:\n  - {id: x, metric: system.disk.io, ${rule}}\n`);
    const { config, problems } = await home.load();
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
    home.write("rules: [{id: x, metric: system.paging.utilization, warn: 80}]\n");
    expect((await home.load()).problems[0]?.message).toContain("a percentage like 80%, or a ratio from 0 to 1");
  });

  test.each(["rules: 5", "rules: [5]", "rules: [{metric: a.b, warn: 1}]", "rules: [{id: A b, metric: a.b, warn: 1}]"])(
    "list such as %s is refused",
    async (text) => {
      home.write(`${text}\n`);
      const { config, problems } = await home.load();
      expect(config.rules).toEqual([]);
      expect(problems).toHaveLength(1);
    },
  );

  test("that became wrong stays as it was, and the others change", async () => {
    home.write("rules: [{id: a, metric: m.a, warn: 1}, {id: b, metric: m.b, warn: 1}]\n");
    const previous = await home.load();
    home.write("rules: [{id: a, metric: m.a, warn: what}, {id: b, metric: m.b, warn: 2}]\n");
    const { config, problems } = await home.load({ previous });
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
    home.write(
      `rules:\n${Array.from({ length: 101 }, (_, n) => `  - {id: r${String(n)}, metric: a.b, warn: 1}\n`).join("")}`,
    );
    const { config, problems } = await home.load();
    expect(config.rules).toHaveLength(100);
    expect(problems[0]).toMatchObject({ key: "rules", value: "101" });
  });
});

describe("queries whose latency is measured", () => {
  const text = "sql:\n  - { id: orders, connection: ORDERS_URL, query: SELECT 1 }\n";

  test("come from the user's file, with their origin, and stay while it is broken", async () => {
    home.write(text);
    const loaded = await home.load();
    expect(loaded.problems).toEqual([]);
    expect(loaded.config.sql.map((one) => one.id)).toEqual(["orders"]);
    expect(originOf(loaded, "sql.orders")).toMatchObject({ value: "query through ORDERS_URL", origin: "user file" });
    home.write("sql: [");
    expect((await home.load({ previous: loaded })).config.sql).toEqual(loaded.config.sql);
    rmSync(home.file);
    expect((await home.load({ previous: loaded })).config.sql).toEqual([]);
  });

  test("do not come from a workspace, which could read any database of the user's", async () => {
    const { config, problems } = await home.load({ workspaceFolders: [home.workspace(text)] });
    expect(config.sql).toEqual([]);
    expect(problems[0]?.message).toContain("a workspace cannot set it");
  });
});
