import { describe, expect, test } from "vitest";
import type { Rule } from "../../protocol/bell.ts";
import type { PlacedProblem } from "./problem.ts";
import { located } from "./problem.ts";
import type { KnownMetrics } from "./rule.ts";
import { readRules } from "./rules.ts";
import { parseYaml } from "./yaml.ts";

const PATH = "/home/me/gorgon.yaml";
const METRICS: KnownMetrics = {
  names: ["system.paging.utilization", "system.paging.usage", "gorgon.disk.io.rate", "system.filesystem.utilization"],
  attributes: (metric) => (metric === "gorgon.disk.io.rate" ? ["disk.io.direction", "system.device"] : []),
};

function read(
  yaml: string,
  previous: readonly Rule[] = [],
): { readonly rules: readonly Rule[]; readonly problems: readonly PlacedProblem[] } {
  const parsed = parseYaml(yaml);
  if (parsed.status !== "read") throw new Error(parsed.faults[0].reason);
  const file = { path: PATH, origin: "user file" };
  const { found: rules, problems } = readRules(parsed.root.get("rules"), file, new Map(), previous, METRICS);
  return { rules, problems: located(problems, PATH, parsed.locate) };
}

/** One rule on swap, with these keys more. */
function swap(more: string): ReturnType<typeof read> {
  return read(`rules:\n  - { id: swap, metric: system.paging.utilization, ${more} }\n`);
}

describe("a rule", () => {
  test("may say how it begins, how it ends and what it says", () => {
    const { rules, problems } = read(`rules:
  - id: swap
    title: Swap
    metric: system.paging.utilization
    match: { system.paging.state: used }
    warn: 50%
    crit: 80 %
    warnClear: 40%
    critClear: 0.7
    for: 5m
    keepFiringFor: 90
    missing: keep
    labels: { team: data, tier: 2 }
    message: "{title} of {node}: {value}, {system.paging.state}, {team}"
`);
    expect(problems).toEqual([]);
    expect(rules).toEqual([
      {
        id: "swap",
        title: "Swap",
        metric: "system.paging.utilization",
        match: { "system.paging.state": "used" },
        direction: "above",
        warn: 0.5,
        crit: 0.8,
        warnClear: 0.4,
        critClear: 0.7,
        forMs: 300_000,
        keepFiringForMs: 90_000,
        missing: "keep",
        labels: { team: "data", tier: "2" },
        message: "{title} of {node}: {value}, {system.paging.state}, {team}",
        origin: "user file",
      },
    ]);
  });

  test("may judge how much a counter grew of late, and not where that leads as well", () => {
    expect(swap("crit: 1, growth: 10m")).toMatchObject({ rules: [{ crit: 1, growthMs: 600_000 }], problems: [] });
    for (const growth of ["0", "-10m", "2d", "soon"]) {
      const { rules, problems } = swap(`crit: 1, growth: ${growth}`);
      expect(rules).toEqual([]);
      expect(problems).toMatchObject([{ key: "rules.swap.growth" }]);
      expect(problems[0]?.message).toContain("from 1m to 1d");
    }
    const both = swap("crit: 1h, growth: 10m, trend: { target: 100%, over: 6h }");
    expect(both.rules).toEqual([]);
    expect(both.problems[0]?.message).toContain("not both");
  });

  test("may judge where a value is heading: its thresholds are times, and sooner is worse", () => {
    const { rules, problems } = read(`rules:
  - id: disk-soon
    metric: system.filesystem.utilization
    trend: { target: 100 %, over: 6h }
    warn: 4h
    crit: 1h
    warnClear: 6h
`);
    expect(problems).toEqual([]);
    expect(rules).toMatchObject([
      {
        direction: "below",
        warn: 14_400_000,
        crit: 3_600_000,
        warnClear: 21_600_000,
        trend: { target: 1, overMs: 21_600_000 },
      },
    ]);
  });

  test.each([
    ["a negative time", "warn: 1%, for: -5m", "for", "-5m", /time like 30s.*from 0s to 7d/],
    ["a time without a unit that is none", "warn: 1%, for: soon", "for", "soon", /time like 30s/],
    ["a time over the longest", "warn: 1%, keepFiringFor: 8d", "keepFiringFor", "8d", /to 7d/],
    [
      "a clear value over its threshold",
      "warn: 50%, warnClear: 60%",
      "warnClear",
      "60%",
      /good side.*at or under warn \(50%\)/,
    ],
    [
      "one under it where low is bad",
      "direction: below, crit: 50%, critClear: 40%",
      "critClear",
      "40%",
      /at or over crit \(50%\)/,
    ],
    ["one without its threshold", "crit: 50%, warnClear: 40%", "warnClear", "40%", /needs warn/],
    ["a clear value that is none", "warn: 50%, warnClear: low", "warnClear", "low", /percentage/],
    ["a policy that is none", "warn: 1%, missing: okay", "missing", "okay", /unknown, keep, ok or crit/],
    ["labels that are no pairs", "warn: 1%, labels: [a]", "labels", "[a]", /labels with text values/],
    ["a label that is a list", "warn: 1%, labels: {a: b, team: [x]}", "labels", "[x]", /labels with text values/],
    ["a message that is no text", "warn: 1%, message: [x]", "message", "[x]", /text of at most 2000/],
    ["a message of 100 kB", `warn: 1%, message: ${"x".repeat(100_000)}`, "message", null, /text of at most 2000/],
    ["a trend without a target", "warn: 4h, trend: {over: 6h}", "trend.target", "trend", /needs target and over/],
    ["a trend over a moment", "warn: 4h, trend: {target: 1, over: 1s}", "trend.over", "1s", /from 1m to 30d/],
    [
      "a trend with a key too many",
      "warn: 4h, trend: {target: 1, over: 6h, ovr: 1}",
      "trend.ovr",
      "ovr",
      /not known.*over/,
    ],
    ["a trend with a threshold for values", "warn: 80%, trend: {target: 1, over: 6h}", "warn", "80%", /time like/],
    [
      "a trend that warns later than it alarms",
      "warn: 1h, crit: 4h, trend: {target: 1, over: 6h}",
      "warn",
      "1h",
      /sooner is worse/,
    ],
    [
      "a trend with a direction",
      "direction: above, warn: 1h, trend: {target: 1, over: 6h}",
      "direction",
      "above",
      /leave this out/,
    ],
    [
      "a key that nobody knows",
      "warn: 1%, keepFirinFor: 1m",
      "keepFirinFor",
      "keepFirinFor",
      /Did you mean keepFiringFor/,
    ],
  ])("is refused for %s, which is named with its place and what is allowed", (_, more, key, at, allowed) => {
    const { rules, problems } = swap(more);
    expect(rules).toEqual([]);
    expect(problems).toHaveLength(1);
    const [one] = problems;
    expect(one?.key).toBe(`rules.swap.${key}`);
    expect(one?.message).toMatch(allowed);
    expect(one?.message).toMatch(/The rule is left out\.$/);
    const { line, column, endColumn } = one?.range ?? { line: 0, column: 0, endColumn: 0 };
    const text = `  - { id: swap, metric: system.paging.utilization, ${more} }`.slice(column - 1, endColumn - 1);
    expect(line).toBe(2);
    if (at !== null) expect(text).toBe(at);
  });

  test("that is wrong gives way to what it was, and the others stand", () => {
    const good =
      "rules:\n  - {id: a, metric: system.paging.usage, warn: 1GiB}\n  - {id: b, metric: system.paging.usage, warn: 1GiB}\n";
    const before = read(good).rules;
    const { rules, problems } = read(
      good
        .replace("id: a, ", "id: a, for: -1s, ")
        .replace("b, metric: system.paging.usage, warn: 1GiB", "b, metric: system.paging.usage, warn: 2GiB"),
      before,
    );
    expect(rules.map(({ id, warn }) => [id, warn])).toEqual([
      ["a", 2 ** 30],
      ["b", 2 ** 31],
    ]);
    expect(problems[0]?.message).toMatch(/The rule stays as it was\.$/);
  });

  test("of a name that another has is refused, and it is the second that is pointed at", () => {
    const one = "{id: a, metric: system.paging.usage, warn: 1}";
    const { rules, problems } = read(`rules:\n  - ${one}\n  - ${one}\n`);
    expect(rules).toHaveLength(1);
    expect(problems).toMatchObject([{ key: "rules.a.id", range: { line: 3, column: 10 } }]);
  });
});

describe("a rule that is only strange stands", () => {
  test("on a metric that nobody knows: it is told, with the nearest names", () => {
    const { rules, problems } = read("rules:\n  - {id: a, metric: system.paging.utilisation, warn: 1}\n");
    expect(rules).toHaveLength(1);
    expect(problems).toMatchObject([
      {
        key: "rules.a.metric",
        severity: "warning",
        suggestions: ["system.paging.utilization", "system.paging.usage"],
        message: expect.stringMatching(/Did you mean system\.paging\.utilization.*UNKNOWN until/) as string,
        range: { line: 2, column: 21, endLine: 2, endColumn: 46 },
      },
    ]);
  });

  test.each([
    ["{vlaue} of {title}", ["{vlaue}"]],
    ["{system.devise} {system.device} {disk.io.direction}", ["{system.devise}"]],
    ["{ not one } {} {{title}} {title", []],
    ["{state} {team}", ["{state}"]],
  ])("with a placeholder that nothing fills in: %s", (message, strange) => {
    const { rules, problems } = read(
      `rules:\n  - {id: a, metric: gorgon.disk.io.rate, warn: 1, labels: {team: x}, message: "${message}"}\n`,
    );
    expect(rules).toHaveLength(1);
    expect(problems.map(({ value }) => value)).toEqual(strange);
    expect(problems.every(({ severity }) => severity === "warning")).toBe(true);
  });

  test("with an attribute in its message while its metric has no series that could tell", () => {
    const more = 'warn: 1, message: "{any.attribute} {nothing}"';
    expect(swap(more).problems.map(({ value }) => value)).toEqual(["{nothing}"]);
  });
});
