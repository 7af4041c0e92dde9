/**
 * The history under torture, with a fixed seed. GORGON_SOAK_ROUNDS sets the number of kills (6 by default);
 * `npm run soak` runs them all and writes docs/reliability.md.
 */
import { expect, it } from "vitest";
import { random } from "./known.ts";
import { damageRounds } from "./damage-rounds.ts";
import { killRounds } from "./kill-rounds.ts";
import { takeoverRounds } from "./takeover-rounds.ts";

const ROUNDS = Number(process.env["GORGON_SOAK_ROUNDS"] ?? 6);
const DAMAGES_A_KILL = 10;
const SEED = 20_260_101;

it(
  "a writer killed at any moment loses nothing acknowledged, and at most one flush interval",
  { timeout: 3_600_000 },
  async () => {
    const report = await killRounds(ROUNDS, random(SEED));
    expect(report).toMatchObject({
      kills: ROUNDS,
      notOpened: 0,
      acknowledgedMissing: 0,
      lateMissing: 0,
      wrong: 0,
      doubled: 0,
      holes: 0,
      lagging: 0,
    });
    expect(report.looks).toBeGreaterThan(0);
    expect(report.samples).toBeGreaterThan(0);
  },
);

it(
  "a damaged file opens or is moved aside in words, and never gives a value that nobody wrote",
  { timeout: 3_600_000 },
  async () => {
    const rounds = ROUNDS * DAMAGES_A_KILL;
    const report = await damageRounds(rounds, random(SEED + 1));
    expect(report).toMatchObject({ rounds, threw: 0, wrong: 0, silentAside: 0, unusable: 0 });
    // The damage did something at all.
    expect(report.aside).toBeGreaterThan(0);
  },
);

it(
  "a follower takes over within five seconds of the writer's death, and never two write",
  { timeout: 60_000 },
  async () => {
    const report = await takeoverRounds(1, 5000);
    expect(report).toMatchObject({ rounds: 1, twoWriters: 0, wrong: 0 });
    expect(report.worstMs).toBeLessThan(5000);
  },
);
