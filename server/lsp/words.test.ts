/** What the worker tells people comes through the table of words: made in an invented language, no English is left. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { config } from "@vscode/l10n";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Rule, Verdict } from "../../protocol/bell.ts";
import { GUARD_STATES } from "../../protocol/kernel.ts";
import type { Level } from "../../protocol/level.ts";
import { pseudoBundle, strays } from "../../scripts/words.ts";
import { headline } from "../bell/headline.ts";
import { crossedWords } from "../bell/judge.ts";
import { rulesOf } from "../bell/rules.ts";
import { isStarting } from "../bell/unknown.ts";
import { checkText } from "../config/check.ts";
import { defaultConfig } from "../config/defaults.ts";
import { fileShape, type Shape } from "../config/shape.ts";
import { rateOf } from "../crabs/rate.ts";
import { fixtureHost } from "../host/fixture.ts";
import { ManualClock } from "../host/manual-clock.ts";
import { KERNEL, kernelsState, kernelState } from "../wire/testing.ts";
import { historyFindings } from "./doctor-history.ts";
import { kernelFindings } from "./doctor-kernels.ts";
import { leaderFindings } from "./doctor-leader.ts";

const BUNDLE = path.join(import.meta.dirname, "..", "..", "l10n", "bundle.l10n.json");

beforeAll(() => {
  const english = JSON.parse(readFileSync(BUNDLE, "utf8")) as Record<string, string>;
  config({ contents: pseudoBundle(Object.keys(english)) });
});
afterAll(() => config({ contents: {} }));

/** Texts with words that are neither translated nor among the data that they were made from. */
function english(texts: readonly string[], data: readonly string[] = []): readonly string[] {
  return texts.filter((text) => strays(text).some((word) => !data.includes(word)));
}

/** Abbreviations and units, which are the same everywhere. */
const COMMON = ["CPU", "CRIT", "WARN", "UNKNOWN", "min", "h", "d", "s"];

const verdictOf = (rule: Rule, level: Level, value: number | null): Verdict => ({
  ...{ rule, level, value, unit: "1", attributes: {}, readAt: null, since: 0, reason: "" },
});

test("what the bell says of every built-in rule, at each level, alone and together", () => {
  const own = { id: "demo", title: "demo", metric: "demo", match: {}, direction: "below", warn: 1, crit: 0 } as const;
  const rules: readonly Rule[] = [
    ...rulesOf(defaultConfig().config),
    { ...own, origin: "user file" },
    { ...own, origin: "user file", trend: { target: 1, overMs: 1 } },
  ];
  const said = (["WARN", "CRIT", "UNKNOWN"] as const).flatMap((level) => [
    ...rules.map((rule) => headline([verdictOf(rule, level, 0.95)])),
    headline(rules.map((rule) => verdictOf(rule, level, 0.95))),
    ...rules.flatMap((rule) => [0, 0.5, 9].map((value) => crossedWords(rule, level, value, "1"))),
  ]);
  const titles = rules.map(({ title }) => title);
  expect(english([headline([]), ...titles, ...said], [...COMMON, "demo", "ms"])).toEqual([]);
});

test("that a reason will pass is known in any language", () => {
  expect(isStarting("⟦stártíng: wáítíng fór thé sécónd réádíng⟧")).toBe(true);
  expect(isStarting("starting: waiting for the second reading")).toBe(false);
});

test("why it polls less often", () => {
  const attention = { focused: false, dashboardVisible: false, notifies: true };
  const conditions = { baseMs: 2000, adaptive: true, attention, onBattery: true };
  const reasons = (["OK", "CRIT"] as const).map((level) => rateOf({ ...conditions, level }).reason);
  expect(english(reasons, COMMON)).toEqual([]);
});

const WRONG = `
interval: soon
nonsense: 1
bell: {cpu: {warn: 95, crit: 90, for: never}, memory: 3}
history: {enabled: maybe, days: 0}
sensors: {disabled: [A B]}
rules:
  - 7
  - {id: Bad}
  - {id: cpu, metric: system.cpu, warn: 1}
  - {id: one, metric: gorgon.cpu.busy, warn: 90%, crit: 80%, direction: up, missing: no, match: 1, labels: {a: [1]}}
  - {id: two, metric: gorgon.cpu.busy, warn: lots, warnClear: 1, title: "", message: ""}
  - {id: three, metric: gorgon.cpu.busy, warn: 1h, trend: {target: 2}, direction: above, message: "{valeu}"}
  - {id: four, metric: gorgon.cpu.busy, warn: 50%, warnClear: 60%, critClear: 10%, for: long}
  - {id: five, metric: gorgon.cpu.busy}
watches: [{id: w, path: "**"}, {id: x, process: "*"}, {id: y, pid: 0}, {id: z}, 3]
sql: [{id: A, connection: "a b", query: "", driver: x, deadline: 1h}, 4]
`;

test("everything that a gorgon.yaml can do wrong", () => {
  const metrics = { names: ["gorgon.cpu.busy"], attributes: () => [] };
  const file = { path: "/gorgon.yaml", workspace: null };
  const host = { platform: "linux", env: {} } as const;
  const inputs = { host, config: null, metrics, defaultIntervalMs: 2000, own: "/own.yaml" };
  const check = (text: string, one: Parameters<typeof checkText>[1] = file) =>
    checkText(text, one, inputs).map(({ message }) => message);
  const workspace = { path: "/w/gorgon.yaml", workspace: { name: "w", folder: "/w" } };
  const said = [
    ...check(WRONG),
    ...check("interval: 1\ninterval: 2"),
    ...check("a: *none"),
    ...check("- 1"),
    ...check("a: 1\n---\nb: 2"),
    ...check("a: \u0001"),
    ...check("interval: 2\nrulez: 1\nwatches: 3\nrules: 3", workspace),
  ];
  expect(said.length).toBeGreaterThan(35);
  expect(english(said)).toEqual([]);
});

/** What every key means, and what is so without it. */
function meanings(shape: Shape): readonly string[] {
  if (shape.kind === "list") return meanings(shape.item);
  if (shape.kind === "value") return [];
  return shape.keys.flatMap(({ meaning, shape: below }) => [meaning, ...meanings(below)]);
}

test("what the keys of a gorgon.yaml mean", () => {
  const said = meanings(fileShape());
  expect(said.length).toBeGreaterThan(40);
  expect(english(said)).toEqual([]);
});

test("what the doctor says of notebooks", async () => {
  const host = fixtureHost({ clock: new ManualClock(), env: { HOME: "/nowhere" } });
  const guards = GUARD_STATES.map((phase) => ({ phase, limitBytes: 1, treeBytes: 1, since: 0, reason: "" }));
  const whole = kernelsState(...guards.map((guard) => kernelState({ guard, measured: true })), kernelState());
  const connected = [{ role: "kernel", kernel: KERNEL, version: "0.1.0" }] as const;
  const said = [];
  for (const state of [whole, kernelsState(kernelState()), kernelsState()]) {
    for (const kept of [null, 1, 2]) {
      const parts = { leadership: {}, kernels: () => state, kernelReport: () => ({ connected, kept }) };
      said.push(...(await kernelFindings(host, parts)));
    }
  }
  const texts = said.flatMap(({ group, subject, detail, mend }) => [group, subject, detail, mend]);
  expect(new Set(texts).size).toBeGreaterThan(15);
  expect(english([...new Set(texts)], ["python", "B"])).toEqual([]);
});

test("what the doctor says of history and of the windows", async () => {
  const host = fixtureHost({ clock: new ManualClock(), env: { HOME: "/nowhere" } });
  const health = { reason: "", path: "/nowhere/history.db", bytes: 1024, series: 3, retentionMs: 86_400_000 };
  const kept = await Promise.all(
    (["writing", "following", "memory"] as const).map((mode) =>
      historyFindings(host, defaultConfig(), { ...health, mode }),
    ),
  );
  const found = [...kept.flat(), ...(await leaderFindings(host, null))];
  expect(found.length).toBeGreaterThan(8);
  const texts = found.flatMap(({ group, subject, detail, mend }) => [group, subject, detail, mend]);
  expect(english(texts.filter((text) => !text.startsWith("/")))).toEqual([]);
});
