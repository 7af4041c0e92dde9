import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { KernelDeath } from "../../../protocol/kernel.ts";
import type { DeathFacts } from "./evidence.ts";
import { verdict } from "./verdict.ts";

/** The Jupyter server says the same of a death, in Python (jupyter/tests/server/test_verdict.py). */
const file = path.join(import.meta.dirname, "../../../protocol/fixtures/verdicts.json");
const { cases } = JSON.parse(readFileSync(file, "utf8")) as {
  readonly cases: readonly { readonly name: string; readonly facts: DeathFacts; readonly death: KernelDeath }[];
};

test.each(cases)("the verdict that both languages give: $name", ({ facts, death }) => {
  expect(verdict(facts)).toEqual(death);
});
