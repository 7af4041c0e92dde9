/** What windows tell each other arrives as it was sent. */
import { expect, test } from "vitest";
import type { Rule } from "../../protocol/bell.ts";
import { parseLinkWish } from "./link.ts";

/** Every field that a rule may have: a new one that is missing here does not compile. */
const WHOLE: Required<Rule> = {
  id: "kills",
  title: "Kills",
  metric: "gorgon.oom.kills",
  match: { host: "a" },
  direction: "above",
  warn: 1,
  crit: 2,
  warnClear: 0.5,
  critClear: 1.5,
  forMs: 1000,
  keepFiringForMs: 2000,
  missing: "crit",
  labels: { team: "data", __proto__x: "1" },
  message: "{title}: {value}",
  trend: { target: 1, overMs: 60_000 },
  growthMs: 600_000,
  origin: "workspace demo",
};

const wishWith = (rule: unknown) => ({
  intervalMs: 2000,
  rules: [rule],
  gpu: [],
  historyMs: null,
  window: { worker: "w", notifies: true, focusedAt: 5 },
});

test("a rule with every field survives the way to the leader unchanged", () => {
  const wish = wishWith(WHOLE);
  expect(parseLinkWish(JSON.parse(JSON.stringify(wish)))).toEqual({ ok: true, value: wish });
});

test("a rule with the least fields stays without the others", () => {
  const { id, title, metric, match, direction, warn, crit, origin } = WHOLE;
  const least = { id, title, metric, match, direction, warn, crit, origin };
  const parsed = parseLinkWish(JSON.parse(JSON.stringify(wishWith(least))));
  expect(parsed.ok ? parsed.value.rules : []).toEqual([least]);
});

test.each([
  { growthMs: 0 },
  { trend: { target: 1, overMs: -1 } },
  { missing: "maybe" },
  { forMs: -1 },
  { warnClear: "1" },
])("a rule with %j is refused in words", (wrong) => {
  const parsed = parseLinkWish(wishWith({ ...WHOLE, ...wrong }));
  expect(parsed.ok ? "" : parsed.reason).toContain(`rules.0.${Object.keys(wrong)[0] ?? ""}`);
});
