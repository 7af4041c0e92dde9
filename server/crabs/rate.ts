/** How often to poll: the configured interval, or a longer one while nobody looks or on battery. A pure function. */
import { t } from "@vscode/l10n";
import type { Attention } from "../../protocol/attention.ts";
import type { Level } from "../../protocol/level.ts";
import type { PollRate } from "../../protocol/state.ts";

/** Nobody looks: numbers this much older are as good, and a fifth of the cost. */
const UNSEEN_FACTOR = 5;
/** On battery half the wake-ups. */
const BATTERY_FACTOR = 2;
/** An alert must still come within half a minute; an interval configured longer stays as it is. */
const SLOWEST_MS = 30_000;

/** What the rate depends on. */
export interface RateConditions {
  /** As configured, milliseconds. */
  readonly baseMs: number;
  /** Whether the rate may be lowered at all (`rate.adaptive`). */
  readonly adaptive: boolean;
  /** What the window said last; null where there is none or it has not spoken: somebody may be looking. */
  readonly attention: Attention | null;
  /** Null: not known, which counts as no. */
  readonly onBattery: boolean | null;
  /** The bell's worst level now or a moment ago. */
  readonly level: Level;
}

/** The interval and, where it is not the configured one or would not be but for the bell, the reason in words. */
export function rateOf(conditions: RateConditions): PollRate {
  const { baseMs, adaptive, attention, onBattery, level } = conditions;
  if (!adaptive) return { intervalMs: baseMs, baseMs, slowestMs: baseMs, reason: "" };
  const longest = (factor: number) => Math.max(baseMs, Math.min(SLOWEST_MS, baseMs * factor));
  const slowestMs = longest(UNSEEN_FACTOR * BATTERY_FACTOR);
  const unseen = attention !== null && !attention.focused && !attention.dashboardVisible;
  const reasons = [...(unseen ? [t("window unfocused")] : []), ...(onBattery === true ? [t("on battery")] : [])];
  const wanted = longest((unseen ? UNSEEN_FACTOR : 1) * (onBattery === true ? BATTERY_FACTOR : 1));
  if (wanted === baseMs) return { intervalMs: baseMs, baseMs, slowestMs, reason: "" };
  const why = reasons.join(", ");
  if (level === "WARN" || level === "CRIT") {
    return { intervalMs: baseMs, baseMs, slowestMs, reason: t("{0}, although {1}", level, why) };
  }
  return { intervalMs: wanted, baseMs, slowestMs, reason: why };
}
