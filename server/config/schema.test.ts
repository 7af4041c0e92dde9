import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { RULE_KEYS } from "./rule-keys.ts";
import { configSchema } from "./schema.ts";

const root = path.resolve(import.meta.dirname, "../..");
const file = JSON.parse(readFileSync(path.join(root, "media/gorgon.schema.json"), "utf8")) as Record<string, unknown>;
const check = new Ajv({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true }).compile(file);

function accepts(yaml: string): boolean {
  return check(parse(yaml));
}

/** The samples in a document. */
function samples(name: string): string[] {
  const text = readFileSync(path.join(root, name), "utf8");
  return [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, sample = ""]) => sample);
}

/** One rule on swap, with these keys more. */
const rule = (more: string) => `rules: [{ id: swap, metric: system.paging.utilization, ${more} }]`;

describe("the schema of gorgon.yaml", () => {
  test("is up to date (else: npm run contributions)", () => {
    expect(file).toEqual(JSON.parse(JSON.stringify(configSchema())));
  });

  test("takes the demo's file and every sample of the documentation", () => {
    expect(accepts(readFileSync(path.join(root, "demo/gorgon.yaml"), "utf8"))).toBe(true);
    const found = ["server/config/README.md", "server/rhopalia/sql/README.md"].flatMap(samples);
    expect(found.length).toBeGreaterThan(1);
    for (const sample of found) expect([sample, accepts(sample), check.errors]).toEqual([sample, true, null]);
  });

  test.each([
    ["nothing", "{}"],
    ["empty keys", "bell:\nrules:\ninterval:\n"],
    ["intervals as people write them", "interval: 500ms"],
    ["thresholds of every kind", rule("warn: 80 %, crit: 0.9, warnClear: 10GiB, critClear: 5MiB/s")],
    ["times of every kind", rule("warn: 1, for: 5m, keepFiringFor: 90")],
    ["a trend", rule("warn: 4h, crit: 1h, trend: { target: 100%, over: 6h }")],
    ["labels that are numbers", rule("warn: 1, labels: { tier: 2, on: true }")],
  ])("takes %s", (_, yaml) => expect(accepts(yaml)).toBe(true));

  test.each([
    ["a key that nobody knows", "intervall: 2s"],
    ["a rule without an id", "rules: [{ metric: a.b, warn: 1 }]"],
    ["a rule without a threshold", rule("title: Swap")],
    ["a rule with a key too many", rule("warn: 1, wran: 2")],
    ["a negative time", rule("warn: 1, for: -5m")],
    ["a time that is too long", rule("warn: 1, for: 1000000")],
    ["a policy that is none", rule("warn: 1, missing: okay")],
    ["a threshold that is no number", rule("warn: high")],
    ["a trend without its time", rule("warn: 1h, trend: { target: 1 }")],
    ["an id of other letters", "rules: [{ id: Swap!, metric: a.b, warn: 1 }]"],
    ["a watch of two things", "watches: [{ id: a, path: /a, process: b }]"],
    ["a percentage over 100", "bell: { cpu: { warn: 170 } }"],
    ["a list where a map stands", "bell: [cpu]"],
  ])("refuses %s", (_, yaml) => expect(accepts(yaml)).toBe(false));

  test("says what every key of a rule means", () => {
    const text = JSON.stringify(file);
    for (const { meaning } of RULE_KEYS) expect(text).toContain(JSON.stringify(meaning).slice(1, -1));
  });
});
