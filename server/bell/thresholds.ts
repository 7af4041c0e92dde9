/** What a value means beside a rule's thresholds. Thresholds are inclusive; a level that was reached has its own way out. */
import type { Rule } from "../../protocol/bell.ts";
import { LEVELS, type Level } from "../../protocol/level.ts";

type Thresholds = Pick<Rule, "direction" | "warn" | "crit" | "warnClear" | "critClear">;

/**
 * What a value means by itself; no number is UNKNOWN. `before` is what the series' last value meant: a level that was
 * reached stands until the value is at its clear value or beyond, so that a value that wavers at a threshold is one alert.
 */
export function levelOf(rule: Thresholds, value: number, before: Level = "OK"): Level {
  if (!Number.isFinite(value)) return "UNKNOWN";
  const above = rule.direction === "above";
  const crossed = (threshold: number | null): boolean =>
    threshold !== null && (above ? value >= threshold : value <= threshold);
  const held = (clear: number | undefined): boolean => clear !== undefined && (above ? value > clear : value < clear);
  if (crossed(rule.crit) || (before === "CRIT" && held(rule.critClear))) return "CRIT";
  const was = before === "WARN" || before === "CRIT";
  return crossed(rule.warn) || (was && rule.warn !== null && held(rule.warnClear)) ? "WARN" : "OK";
}

/** Whether a level is known to be bad. */
export function isBad(level: Level): level is "WARN" | "CRIT" {
  return level === "WARN" || level === "CRIT";
}

/** Whether one is worse than another, by level and then by how far the value went. */
export function isWorse(rule: Pick<Rule, "direction">, one: Weighed, other: Weighed): boolean {
  const byLevel = LEVELS.indexOf(one.level) - LEVELS.indexOf(other.level);
  if (byLevel !== 0) return byLevel > 0;
  if (one.value === null || other.value === null) return one.value !== null && other.value === null;
  return rule.direction === "above" ? one.value > other.value : one.value < other.value;
}

/** A value with the level that it counts for. */
export interface Weighed {
  readonly level: Level;
  readonly value: number | null;
}
