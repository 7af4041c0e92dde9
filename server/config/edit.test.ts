import { describe, expect, test } from "vitest";
import type { NewRule } from "../../protocol/config.ts";
import { addTo, freeId, NotEditable } from "./edit.ts";
import { readRules } from "./rules.ts";
import { parseYaml } from "./yaml.ts";

const RULE: NewRule = {
  title: "Swap",
  metric: "system.paging.utilization",
  match: { "system.paging.state": "used" },
  direction: "above",
  warn: 0.5,
  crit: 0.8,
};

const ITEM = `- id: swap
    title: Swap
    metric: system.paging.utilization
    match:
      system.paging.state: used
    warn: 50%
    crit: 80%
`;

/** The rules that a text holds. */
function rulesIn(text: string) {
  const read = parseYaml(text);
  if (read.status !== "read") throw new Error(read.faults[0].reason);
  return readRules(read.root.get("rules"), { path: "gorgon.yaml", origin: "user file" }, new Map(), []);
}

describe("a rule that is added", () => {
  test.each([
    ["to nothing", "", `rules:\n  ${ITEM}`, 1],
    ["to a comment", "# mine\n", `# mine\nrules:\n  ${ITEM}`, 2],
    ["behind other keys", "interval: 2s # fast", `interval: 2s # fast\nrules:\n  ${ITEM}`, 2],
    ["to a list that is empty", "rules:\ninterval: 2s\n", `rules:\n  ${ITEM}interval: 2s\n`, 1],
    ["to empty brackets", "rules: [] # none\n", `rules: # none\n  ${ITEM}`, 1],
    [
      "to a list",
      "rules:\n  # the first\n  - { id: a, metric: m, warn: 1 } # it\n\n# what follows\ninterval:   2s\n",
      `rules:\n  # the first\n  - { id: a, metric: m, warn: 1 } # it\n  ${ITEM}\n# what follows\ninterval:   2s\n`,
      3,
    ],
    [
      "to a list without indent",
      "rules:\n- id: a\n  metric: m\n  warn: 1",
      `rules:\n- id: a\n  metric: m\n  warn: 1\n${ITEM.replaceAll(/^ {2}/gm, "")}`,
      4,
    ],
    [
      "behind a text of several lines",
      "rules:\n  - id: a\n    metric: m\n    warn: 1\n    message: |\n      Now\n",
      `rules:\n  - id: a\n    metric: m\n    warn: 1\n    message: |\n      Now\n  ${ITEM}`,
      6,
    ],
  ])("%s leaves the rest as it was, and says where it begins", (_, before, after, line) => {
    const edited = addTo(before, "swap", { rule: RULE });
    expect(edited.text).toBe(after);
    expect(edited.line).toBe(line);
    expect(edited.text.split("\n")[line]).toMatch(/^ *- id: swap$/);
    expect(rulesIn(edited.text)).toMatchObject({ problems: [] });
  });

  test("keeps the line ends of Windows", () => {
    const { text } = addTo("interval: 2s\r\n", "swap", { rule: RULE });
    expect(text.replaceAll("\r\n", "")).not.toContain("\n");
    expect(rulesIn(text).found).toHaveLength(1);
  });

  test("reads back as what was asked for, whatever it says", () => {
    const rule: NewRule = {
      title: 'Disk: "full" # {soon}',
      metric: "system.filesystem.usage",
      match: { "system.filesystem.mountpoint": "/mnt/a: [b]\t#" },
      direction: "below",
      warn: 14_400_000,
      crit: 3_600_000,
      warnClear: 21_600_000,
      forMs: 90_000,
      keepFiringForMs: 600_000,
      missing: "ok",
      labels: { team: "1", on: "true" },
      message: "{title}: {value}\nand: more",
      trend: { target: 10_737_418_240, overMs: 21_600_000 },
    };
    const { found: rules, problems } = rulesIn(addTo("interval: 1s\n", "disk-soon", { rule }).text);
    expect(problems).toEqual([]);
    expect(rules).toEqual([{ ...rule, id: "disk-soon", origin: "user file" }]);
  });

  test("of a growth reads back too", () => {
    const rule: NewRule = { ...RULE, crit: 1, growthMs: 600_000 };
    const { text } = addTo("", "kills", { rule });
    expect(text).toContain("growth: 10m\n");
    expect(rulesIn(text)).toMatchObject({ found: [{ growthMs: 600_000 }], problems: [] });
  });

  test("is refused by a file that is broken or written in braces, with the reason", () => {
    expect(() => addTo("rules: [", "a", { rule: RULE })).toThrow(/mistake in line 1/);
    expect(() => addTo("{interval: 2s}", "a", { rule: RULE })).toThrow(NotEditable);
    expect(() => addTo("rules: [{id: a, metric: m, warn: 1}]", "a", { rule: RULE })).toThrow(/brackets/);
  });
});

test("a watch goes to the watches", () => {
  const { text, line } = addTo("watches:\n  - { id: a, pid: 1 }\n", "web", { watch: { title: "Web", name: "node*" } });
  expect(text).toBe("watches:\n  - { id: a, pid: 1 }\n  - id: web\n    process: node*\n");
  expect(line).toBe(2);
});

test.each([
  ["Swap is full!", [], "swap-is-full"],
  ["Swap", ["swap", "swap-2"], "swap-3"],
  ["Überlauf", [], "uberlauf"],
  ["90 % of 日本", [], "of"],
  ["日本", [], "rule"],
  ["", ["rule"], "rule-2"],
  ["x".repeat(300), [], "x".repeat(40)],
])("the id made from the title %j is free and one", (title, taken, id) => {
  expect(freeId(title, new Set(taken))).toBe(id);
});
