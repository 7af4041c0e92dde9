/** Rules and the newest values in, levels with their reasons out. A pure function: the same input gives the same answer. */
import type { Rule, Verdict } from "../../protocol/bell.ts";
import { formatThreshold, formatValue } from "../../protocol/format.ts";
import { LEVELS, type Level } from "../../protocol/level.ts";
import type { Unit } from "../../protocol/reading.ts";
import type { Hub, Latest, MetricSource } from "../octopus/hub.ts";
import { STALE_AFTER_INTERVALS, whyUnknown } from "./unknown.ts";

/** What the judge sees of the hub. */
export type HubView = Pick<Hub, "latest" | "source" | "list">;

/** A verdict before anybody knows since when it stands. */
export interface Judgement extends Omit<Verdict, "since"> {
  /** When to judge again even if no snapshot comes, milliseconds since the epoch; null: only a snapshot changes it. */
  readonly againAt: number | null;
}

/** What a value means by itself. Thresholds are inclusive; a value that is no number is UNKNOWN. */
export function levelOf(rule: Pick<Rule, "direction" | "warn" | "crit">, value: number): Level {
  if (!Number.isFinite(value)) return "UNKNOWN";
  const crossed = (threshold: number | null): boolean =>
    threshold !== null && (rule.direction === "above" ? value >= threshold : value <= threshold);
  if (crossed(rule.crit)) return "CRIT";
  return crossed(rule.warn) ? "WARN" : "OK";
}

/** Judges every rule at `now`. `startedAt` is when the bell began to wait for readings. */
export function judge(rules: readonly Rule[], view: HubView, now: number, startedAt = now): readonly Judgement[] {
  return rules.map((rule) => judgeRule(rule, view, now, startedAt));
}

function judgeRule(rule: Rule, view: HubView, now: number, startedAt: number): Judgement {
  const source = view.source(rule.metric);
  const unit: Unit = source?.info.unit ?? "1";
  const found = view.latest(rule.metric, rule.match).filter((one) => Number.isFinite(one.reading.value));
  const fresh = source === null ? [] : vouchedFor(source, found, view).filter((one) => now <= staleFrom(one));
  const worst = worstSeries(rule, fresh);
  // What a half failed sensor still gives can prove that something is bad, never that all is well.
  const proven = worst !== null && (source?.failure === null || levelOf(rule, worst.reading.value) !== "OK");
  if (!proven) {
    const { reason, againInMs } = whyUnknown(rule, view, now, startedAt);
    const last = found.reduce<number | null>((time, one) => Math.max(time ?? one.time, one.time), null);
    return {
      rule,
      level: "UNKNOWN",
      value: null,
      unit,
      attributes: rule.match,
      readAt: last,
      reason,
      againAt: againInMs === null ? null : now + againInMs,
    };
  }
  const { value, attributes } = worst.reading;
  const level = levelOf(rule, value);
  return {
    rule,
    level,
    value,
    unit,
    attributes,
    readAt: worst.time,
    reason: crossedWords(rule, level, value, unit),
    againAt: Math.min(...fresh.map(staleFrom)) + 1,
  };
}

/** A failing sensor's earlier values are the past, however recent; only those of its crab's newest snapshot are not. */
function vouchedFor(source: MetricSource, found: readonly Latest[], view: HubView): readonly Latest[] {
  if (source.failure === null) return found;
  const crab = view.list().find((one) => one.name === source.crab);
  const newest = crab?.getBuffer().at(-1);
  return found.filter((one) => one.crab === newest?.crab && one.time === newest.time);
}

/** The last moment at which a value still counts. */
function staleFrom(one: Latest): number {
  return one.time + STALE_AFTER_INTERVALS * one.intervalMs;
}

/** The worst by level, then by how far it went; the first of equals, so that the name does not flicker. */
export function worstSeries(rule: Rule, found: readonly Latest[]): Latest | null {
  let top: Latest | null = null;
  for (const one of found) {
    if (top === null || worse(rule, one.reading.value, top.reading.value)) top = one;
  }
  return top;
}

function worse(rule: Rule, value: number, than: number): boolean {
  const byLevel = LEVELS.indexOf(levelOf(rule, value)) - LEVELS.indexOf(levelOf(rule, than));
  if (byLevel !== 0) return byLevel > 0;
  return rule.direction === "above" ? value > than : value < than;
}

function crossedWords(rule: Rule, level: Level, value: number, unit: Unit): string {
  const threshold = level === "CRIT" ? rule.crit : level === "WARN" ? rule.warn : null;
  if (threshold === null) return "";
  const side = rule.direction === "above" ? "over" : "under";
  return `${formatValue(value, unit)} is at or ${side} ${formatThreshold(threshold, unit)}`;
}
