/** The sleeper: reads twice a minute what is too slow or too wide for every poll. */
import { CrabGuardian, type CrabOptions } from "./guardian.ts";

/** Milliseconds between two polls. */
export const SLEEPER_INTERVAL_MS = 30_000;
/** Its sensors may ask programs and remote places. */
const DEADLINE_MS = 10_000;

/** What a preset crab needs; the rest may be said otherwise than the preset has it. */
export type PresetOptions = Omit<CrabOptions, "name"> & Partial<Pick<CrabOptions, "name">>;

/** Makes the crab for slow sensors. */
export function sleeper(options: PresetOptions): CrabGuardian {
  return new CrabGuardian({
    name: "sleeper",
    intervalMs: SLEEPER_INTERVAL_MS,
    deadlineMs: DEADLINE_MS,
    // An hour of snapshots at this pace.
    bufferSize: 120,
    ...options,
  });
}
