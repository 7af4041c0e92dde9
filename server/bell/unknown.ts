/** Why nothing can be said about a rule, in words with the mend where there is one. */
import { t } from "@vscode/l10n";
import type { Rule } from "../../protocol/bell.ts";
import { formatDuration } from "../../protocol/format.ts";
import { nearest } from "../config/nearest.ts";
import type { HubView } from "./judge.ts";

/** How many of its intervals a value may be old before it is stale. */
export const STALE_AFTER_INTERVALS = 3;
/** A value that has not come, and whether looking again later may change what is said. */
export interface Unknown {
  readonly reason: string;
  /** Milliseconds after which the reason may read differently although no snapshot came; null: only a snapshot can tell. */
  readonly againInMs: number | null;
}

function firstOnItsWay(): string {
  return t("starting: the first reading is on its way");
}

function waitsForSecond(): string {
  return t("starting: waiting for the second reading");
}

/** Whether a reason will pass by itself within the first intervals. */
export function isStarting(reason: string): boolean {
  return reason === firstOnItsWay() || reason === waitsForSecond();
}

/** How long ago, never negative: the wall clock may have been set back. */
function since(time: number, now: number): number {
  return Math.max(0, now - time);
}

/** Why there is no value for this rule that could be judged at `now`. */
export function whyUnknown(rule: Rule, view: HubView, now: number, startedAt: number): Unknown {
  const source = view.source(rule.metric);
  if (source === null) return { reason: noSource(rule, view), againInMs: null };
  const { failure, intervalMs } = source;
  if (failure !== null) return { reason: failure.reason, againInMs: null };

  const found = view.latest(rule.metric, rule.match);
  const newest = found.reduce<number | null>((last, one) => Math.max(last ?? one.time, one.time), null);
  if (newest !== null) {
    const silence = formatDuration(since(newest, now));
    return {
      reason: t("no news for {0}, expected every {1}", silence, formatDuration(intervalMs)),
      againInMs: intervalMs,
    };
  }

  const others = view.latest(rule.metric).length;
  if (others > 0) {
    const wanted = Object.entries(rule.match).map(([key, value]) => `${key}=${value}`);
    return {
      reason: t("none of the {count} series of {metric} has {wanted}: check the rule's match", {
        ...{ count: others, metric: rule.metric, wanted: wanted.join(", ") },
      }),
      againInMs: null,
    };
  }

  const crab = view.list().find((one) => one.name === source.crab);
  const polls = crab?.getBuffer() ?? [];
  const first = polls[0];
  if (first === undefined) {
    const waited = since(startedAt, now);
    const patience = STALE_AFTER_INTERVALS * intervalMs;
    return waited <= patience
      ? { reason: firstOnItsWay(), againInMs: patience - waited + 1 }
      : { reason: t("no reading has come in {0}", formatDuration(waited)), againInMs: intervalMs };
  }
  // A sensor may be due less often than its crab polls; its second read is one of its own intervals later.
  if (polls.length < 2 || since(first.time, now) < intervalMs) {
    return { reason: waitsForSecond(), againInMs: intervalMs };
  }
  const health = crab?.stats().sensors.find((one) => one.sensor === source.sensor);
  const words = health === undefined || health.reason === "" ? t("nothing to read here") : health.reason;
  return { reason: t("sensor {0} gives no {1}: {2}", source.sensor, rule.metric, words), againInMs: null };
}

function noSource(rule: Rule, view: HubView): string {
  const crabs = view.list();
  if (crabs.length === 0) return t("no crab is registered, so nothing is read");
  const known = crabs.flatMap((crab) => [...crab.metrics.keys()]);
  const near = nearest(rule.metric, known, 3);
  return near.length > 0
    ? t("no crab gives {0}; near names: {1}", rule.metric, near.join(", "))
    : t("no crab gives {0}", rule.metric);
}
