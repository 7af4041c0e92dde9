/** Leaders under torture, with a fixed seed. GORGON_SOAK_ROUNDS sets the number of kills (6 by default). */
import { expect, it } from "vitest";
import { random } from "./known.ts";
import { leaderRounds } from "./leader-rounds.ts";
import { overlaps } from "./leader-witness.ts";

const KILLS = Number(process.env["GORGON_SOAK_ROUNDS"] ?? 6);
const SEED = 20_260_103;

it(
  "a leader killed at any moment is followed by one other within five seconds, and never do two lead",
  { timeout: 3_600_000 },
  async () => {
    const report = await leaderRounds(KILLS, 4, random(SEED));
    expect(report).toMatchObject({ kills: KILLS, leaderless: 0, twoLeaders: 0, astray: 0 });
    expect(report.worstMs).toBeLessThan(5000);
  },
);

it("two that led at once would be seen", () => {
  expect(overlaps("1 10\n1 20\n2 21\n2 30\n")).toBe(0);
  expect(overlaps("1 10\n2 15\n1 20\n2 30\n")).toBe(1);
  expect(overlaps("1 10\n1 2")).toBe(0);
});
