/** How long each tier is kept and how large it may grow. */
import { COARSEST, RAW } from "./rollup.ts";

const DAY_MS = 86_400_000;
const MIB = 1024 * 1024;

/** The bounds of one tier: whichever is reached first. */
export interface TierLimit {
  /** Milliseconds that its chunks are kept. */
  readonly ageMs: number;
  /** Bytes that its chunks may hold together. */
  readonly bytes: number;
}

/**
 * A week of samples, a month of minutes, half a year of ten minutes, two years of hours; 400 MiB at most. 300 series
 * at 2 s take about 125 MiB of raw samples a week.
 */
export const DEFAULT_TIERS: readonly TierLimit[] = [
  { ageMs: 7 * DAY_MS, bytes: 192 * MIB },
  { ageMs: 30 * DAY_MS, bytes: 112 * MIB },
  { ageMs: 180 * DAY_MS, bytes: 64 * MIB },
  { ageMs: 730 * DAY_MS, bytes: 32 * MIB },
];

/** The limits with none older than `retentionMs`; and the age of the last, which is what the whole keeps. */
export function limitTiers(
  limits: readonly TierLimit[],
  retentionMs: number | undefined,
): { readonly tiers: readonly TierLimit[]; readonly retentionMs: number } {
  const tiers: TierLimit[] = [];
  for (let tier = RAW; tier <= COARSEST; tier++) {
    const limit = limits[tier] ?? { ageMs: 0, bytes: 0 };
    tiers.push({ ageMs: Math.min(limit.ageMs, retentionMs ?? Infinity), bytes: limit.bytes });
  }
  return { tiers, retentionMs: Math.max(...tiers.map((tier) => tier.ageMs)) };
}
