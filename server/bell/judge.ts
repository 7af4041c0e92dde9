/** Rules and the newest values in; what each series says, or why nothing can be said, out. Pure: same in, same out. */
import { t } from "@vscode/l10n";
import type { Rule, Verdict } from "../../protocol/bell.ts";
import { formatDuration, formatThreshold, formatValue } from "../../protocol/format.ts";
import type { Level } from "../../protocol/level.ts";
import type { Attributes, Unit } from "../../protocol/reading.ts";
import type { Hub, Latest, MetricSource } from "../octopus/hub.ts";
import { sentenceOf } from "./sentence.ts";
import { isBad, isWorse, levelOf } from "./thresholds.ts";
import { isStarting, STALE_AFTER_INTERVALS, whyUnknown } from "./unknown.ts";

/** What the judge sees of the hub. */
export type HubView = Pick<Hub, "latest" | "source" | "list">;

/** One series that can be judged now. */
export interface Sample {
  readonly attributes: Attributes;
  /** As the rule judges it: the value, its growth, or the time until a trend meets its target; null: never meets it. */
  readonly value: number | null;
  /** When it was read. */
  readonly time: number;
}

/** What a rule finds: its series, and what is missing. */
export interface Observation {
  readonly rule: Rule;
  /** Of the values as judged. */
  readonly unit: Unit;
  readonly samples: readonly Sample[];
  /** Null: the samples are all there is to know. */
  readonly missing: Missing | null;
  /** When the newest value was read; null when none ever was. */
  readonly readAt: number | null;
  /** When to look again even if no snapshot comes, milliseconds since the epoch; null: only a snapshot changes it. */
  readonly againAt: number | null;
}

/** Why not everything is known. */
export interface Missing {
  readonly reason: string;
  /** Passes by itself within the first intervals. */
  readonly starting: boolean;
  /** Its sensor fails: what it still gives can prove that something is bad, never that all is well. */
  readonly failing: boolean;
}

/** What a rule makes of a series' value: itself, a growth, or a time; undefined: too little is known yet. */
export type Derive = (rule: Rule, latest: Latest, now: number) => number | null | undefined;

/** Looks at every series of a rule at `now`. `startedAt` is when the bell began to wait for readings. */
export function observe(rule: Rule, view: HubView, now: number, startedAt: number, derive: Derive): Observation {
  const source = view.source(rule.metric);
  const found = view.latest(rule.metric, rule.match).filter((one) => Number.isFinite(one.reading.value));
  const fresh = source === null ? [] : vouchedFor(source, found, view).filter((one) => now <= staleFrom(one));
  const samples: Sample[] = [];
  for (const one of fresh) {
    const value = derive(rule, one, now);
    if (value !== undefined) samples.push({ attributes: one.reading.attributes, value, time: one.time });
  }
  const readAt = found.reduce<number | null>((time, one) => Math.max(time ?? one.time, one.time), null);
  const unit: Unit = rule.trend !== undefined ? "ms" : (source?.info.unit ?? "1");
  const stale = fresh.length === 0 ? null : Math.min(...fresh.map(staleFrom)) + 1;
  const failing = source !== null && source.failure !== null;
  if (samples.length > 0 && !failing) return { rule, unit, samples, missing: null, readAt, againAt: stale };
  if (fresh.length > 0 && !failing) {
    const missing = { reason: tooFew(rule), starting: false, failing: false };
    return { rule, unit, samples, missing, readAt, againAt: stale };
  }
  const { reason, againInMs } = whyUnknown(rule, view, now, startedAt);
  const missing = { reason, starting: isStarting(reason), failing };
  const again = againInMs === null ? null : now + againInMs;
  return { rule, unit, samples, missing, readAt, againAt: earliest([stale, again]) };
}

/** What one rule says, before anybody knows since when. */
export type Judgement = Omit<Verdict, "since">;

/** A series with the level that it counts for, which a rule's `for` may hold back. */
export interface Standing {
  readonly attributes: Attributes;
  readonly value: number | null;
  readonly level: Level;
  /** Why; for a level that is not OK. */
  readonly reason: string;
}

/**
 * The verdict on a rule: its worst series, or that nothing can be said. `standings`: every series that is not OK. `before`: what
 * was said last, for rules that keep it while the value is missing.
 */
export function verdictOf(seen: Observation, standings: readonly Standing[], before: Level = "UNKNOWN"): Judgement {
  const { rule, unit, samples, missing, readAt } = seen;
  const bad = standings.filter(({ level }) => isBad(level));
  if (bad.length > 0) {
    const worst = bad.reduce((top, one) => (isWorse(rule, one, top) ? one : top));
    return { rule, unit, readAt, ...worst };
  }
  const nothing = missing !== null && (missing.failing || samples.length === 0);
  const unknown = standings.find(({ level }) => level === "UNKNOWN");
  const allowed = (rule.missing === "ok" && missing?.failing === false) || (rule.missing === "keep" && before === "OK");
  if (nothing && !allowed) {
    return { rule, level: "UNKNOWN", value: null, unit, attributes: rule.match, readAt, reason: missing.reason };
  }
  if (unknown !== undefined && !nothing) return { rule, unit, readAt, ...unknown };
  let top = samples[0] ?? { attributes: rule.match, value: null };
  for (const one of samples) {
    if (isWorse(rule, { level: "OK", value: one.value }, { level: "OK", value: top.value })) top = one;
  }
  return { rule, level: "OK", value: top.value, unit, attributes: top.attributes, readAt, reason: "" };
}

/** What a rule would say at once if each series counted by itself, whatever its `for`. */
export function standingOf(rule: Rule, unit: Unit, sample: Sample, before: Level = "OK"): Standing {
  const level = sample.value === null ? "OK" : levelOf(rule, sample.value, before);
  const { attributes, value } = sample;
  const reason = (isBad(level) ? sentenceOf(attributes) : null) ?? crossedWords(rule, level, value, unit);
  return { attributes, value, level, reason };
}

/** E.g. `91.2 % is at or over 90 %`; empty for OK. */
export function crossedWords(rule: Rule, level: Level, value: number | null, unit: Unit): string {
  const threshold = level === "CRIT" ? rule.crit : level === "WARN" ? rule.warn : null;
  if (threshold === null || value === null) return "";
  if (rule.trend !== undefined)
    return t("on its way there in {0}, at or under {1}", formatDuration(value), formatDuration(threshold));
  const above = rule.direction === "above";
  const beyond = above ? value >= threshold : value <= threshold;
  const clear = level === "CRIT" ? rule.critClear : rule.warnClear;
  const shown = formatValue(value, unit);
  // Between the threshold and the way out of it.
  if (!beyond) return t("{0} is not yet back at {1}", shown, formatThreshold(clear ?? threshold, unit));
  const limit = formatThreshold(threshold, unit);
  return above ? t("{0} is at or over {1}", shown, limit) : t("{0} is at or under {1}", shown, limit);
}

/** What each rule says at once, for who looks only now: nothing of before counts, so no `for` and no trend does. */
export function judge(rules: readonly Rule[], view: HubView, now: number, startedAt = now): readonly Judgement[] {
  return rules.map((rule) => {
    const seen = observe(rule, view, now, startedAt, (one, latest) =>
      one.trend === undefined && one.growthMs === undefined ? latest.reading.value : undefined,
    );
    return verdictOf(
      seen,
      seen.samples.map((sample) => standingOf(rule, seen.unit, sample)),
    );
  });
}

/** The worst of a rule's series, by level and then by how far it went; the first of equals, so that no name flickers. */
export function worstSeries(rule: Rule, found: readonly Latest[]): Latest | null {
  const weigh = ({ reading: { value } }: Latest) => ({ level: levelOf(rule, value), value });
  return found.reduce<Latest | null>(
    (top, one) => (top === null || isWorse(rule, weigh(one), weigh(top)) ? one : top),
    null,
  );
}

/** The earliest of some moments; null when there is none. */
export function earliest(moments: readonly (number | null)[]): number | null {
  const known = moments.filter((one) => one !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function tooFew({ trend, growthMs }: Rule): string {
  const over = formatDuration(trend?.overMs ?? growthMs ?? 0);
  return t("too few samples yet to tell where it is heading; it is judged over {0}", over);
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
