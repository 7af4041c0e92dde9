import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { nodeHost } from "../host/node.ts";
import { HEADLESS_INTERVAL_MS } from "./defaults.ts";
import { keysOf } from "./keys.ts";
import { loadConfig } from "./load.ts";
import { RULE_KEYS, TREND_KEYS } from "./rule-keys.ts";

const readme = readFileSync(path.join(import.meta.dirname, "README.md"), "utf8");
const home = mkdtempSync(path.join(os.tmpdir(), "gorgon-readme-"));

afterAll(() => rmSync(home, { recursive: true, force: true }));

describe("the configuration's README", () => {
  test("has a row for every key, with its names, default and meaning", () => {
    const rows = readme
      .split("\n")
      .filter((line) => /^\| `.*\| `GORGON_/.test(line))
      .map((line) => line.split("|").map((cell) => cell.trim()));
    const wanted = keysOf(HEADLESS_INTERVAL_MS).map(({ key, variable, setting, format, fallback, meaning }) => [
      "",
      `\`${key}\``,
      `\`${variable}\``,
      `\`${setting}\``,
      format(fallback),
      meaning,
      "",
    ]);
    expect(rows).toEqual(wanted);
  });

  test("has a row for every key of a rule and of a trend, with what happens without it", () => {
    const rows = readme.split("\n").map((line) => line.replaceAll(/ +/g, " "));
    for (const { key, without, meaning } of [...RULE_KEYS, ...TREND_KEYS]) {
      expect(rows).toContain(`| \`${key}\` | ${without} | ${meaning} |`);
    }
  });

  test.each([0, 1])("shows files that are taken without a word: number %i", async (index) => {
    const sample = [...readme.matchAll(/```yaml\n([^]*?)```/g)][index]?.[1] ?? "";
    mkdirSync(path.join(home, ".config", "gorgon"), { recursive: true });
    writeFileSync(path.join(home, ".config", "gorgon", "gorgon.yaml"), sample);
    const host = { ...nodeHost(), platform: "linux" as const, env: { HOME: home } };
    const { config, problems } = await loadConfig({ host, defaultIntervalMs: 5000, previous: null });
    expect(problems).toEqual([]);
    expect(config.rules).toHaveLength([1, 3][index] ?? 0);
  });
});
