/**
 * The history on a machine that is suspended for hours, with a fixed seed. GORGON_SOAK_ROUNDS sets the number of kills
 * (6 by default); `npm run soak` runs them all.
 */
import { expect, it } from "vitest";
import { random } from "./known.ts";
import { sleepRounds } from "./sleep-rounds.ts";

const ROUNDS = Number(process.env["GORGON_SOAK_ROUNDS"] ?? 6);
const SEED = 20_260_103;

it(
  "a writer that sleeps for hours and is killed invents no sample, shows gaps as gaps, and its rates stay right",
  { timeout: 3_600_000 },
  async () => {
    const report = await sleepRounds(ROUNDS, random(SEED));
    expect(report).toMatchObject({
      kills: ROUNDS,
      invented: 0,
      acknowledgedMissing: 0,
      filled: 0,
      wrongRates: 0,
      miscounted: 0,
      notOpened: 0,
    });
    expect(report.slept).toBeGreaterThan(0);
    expect(report.samples).toBeGreaterThan(0);
  },
);
