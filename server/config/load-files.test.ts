/** Files: those that cannot be used, and what a workspace may say. */
import { mkdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { configFiles, userFile } from "./load.ts";
import { configHome, originOf } from "./testing.ts";

const home = configHome();

describe("a file that cannot be used", () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ["is no YAML", "bell:\n  cpu: [1, 2\n", /^Line 3:1: /],
    ["is not UTF-8", Uint8Array.from([0x69, 0x3a, 0x20, 0xff, 0xfe]), /not valid UTF-8/],
    ["is far too large", "#".repeat(1024 * 1024 + 1), /larger than 1 MiB/],
  ])("because it %s is named, and what was in force stays", async (_, text, message) => {
    home.write("interval: 7s\nrules: [{id: swap, metric: system.paging.utilization, warn: 50%}]\n");
    const first = await home.load();
    const file = home.write(text);
    const second = await home.load({ previous: first });
    expect(second.problems).toHaveLength(1);
    expect(second.problems[0]?.source).toBe(file);
    expect(second.problems[0]?.message).toMatch(message);
    expect(second.config).toEqual(first.config);
    expect(originOf(second, "interval")?.origin).toBe("user file");
  });

  test("because it is a folder is named", async () => {
    mkdirSync(home.file, { recursive: true });
    const { problems, config } = await home.load();
    expect(problems).toHaveLength(1);
    expect(config.intervalMs).toBe(5000);
  });

  test("is not one that is empty or holds only comments, nor one with a byte order mark", async () => {
    for (const text of ["", "# nothing\n", "\uFEFFinterval: 3s\n", "interval:\nbell:\n"]) {
      home.write(text);
      expect((await home.load()).problems).toEqual([]);
    }
  });
});

describe("a workspace's file", () => {
  test("adds rules under its folder's name", async () => {
    const demo = home.workspace(
      "rules:\n  - {id: swap, title: Swap, metric: system.paging.utilization, match: {system.paging.state: used}, warn: 50%, crit: 0.8}\n",
    );
    const { config, problems, provenance } = await home.load({ workspaceFolders: [demo] });
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
    const demo = home.workspace("interval: 1s\nbell: {cpu: {warn: 1}}\nhistory: {enabled: false}\n");
    const { config, problems } = await home.load({ workspaceFolders: [demo] });
    expect(config).toEqual((await home.load()).config);
    expect(problems.map((one) => one.key)).toEqual(["interval", "bell", "history"]);
    expect(problems[0]?.message).toContain("It belongs in VS Code's user settings or in");
    expect(problems[0]?.message).toContain(userFile(home.host()));
  });

  test("is looked at beside the user's own, whether they are there or not", () => {
    expect(configFiles({ host: home.host(), workspaceFolders: [{ name: "a", path: "/w/a" }] })).toEqual([
      home.file,
      "/w/a/gorgon.yaml",
    ]);
  });

  test("cannot take the id of a rule that is there", async () => {
    home.write("rules: [{id: swap, metric: a.b, warn: 1}]\n");
    const demo = home.workspace("rules: [{id: swap, metric: c.d, warn: 1}, {id: cpu, metric: c.d, warn: 1}]\n");
    const { config, problems } = await home.load({ workspaceFolders: [demo] });
    expect(config.rules.map((one) => one.origin)).toEqual(["user file"]);
    expect(problems.map((one) => one.key)).toEqual(["rules.swap.id", "rules.cpu.id"]);
    expect(problems[0]?.message).toContain("used already (user file)");
    expect(problems[1]?.message).toContain("set bell.cpu instead");
  });
});
