/** Why nothing can be said about a rule, in words with the mend where there is one. */
import type { Rule } from "../../protocol/bell.ts";
import { formatDuration } from "../../protocol/format.ts";
import { nearest } from "../config/nearest.ts";
import type { HubView } from "./judge.ts";

/** How many of its intervals a value may be old before it is stale. */
export const STALE_AFTER_INTERVALS = 3;
/** The beginning of a reason that will pass by itself within the first intervals. */
export const STARTING = "starting: ";

/** A value that has not come, and whether looking again later may change what is said. */
export interface Unknown {
  readonly reason: string;
  /** Milliseconds after which the reason may read differently although no snapshot came; null: only a snapshot can tell. */
  readonly againInMs: number | null;
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
    return { reason: `no news for ${silence}, expected every ${formatDuration(intervalMs)}`, againInMs: intervalMs };
  }

  const others = view.latest(rule.metric).length;
  if (others > 0) {
    const wanted = Object.entries(rule.match).map(([key, value]) => `${key}=${value}`);
    return {
      reason: `none of the ${String(others)} series of ${rule.metric} has ${wanted.join(", ")}: check the rule's match`,
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
      ? { reason: `${STARTING}the first reading is on its way`, againInMs: patience - waited + 1 }
      : { reason: `no reading has come in ${formatDuration(waited)}`, againInMs: intervalMs };
  }
  // A sensor may be due less often than its crab polls; its second read is one of its own intervals later.
  if (polls.length < 2 || since(first.time, now) < intervalMs) {
    return { reason: `${STARTING}waiting for the second reading`, againInMs: intervalMs };
  }
  const health = crab?.stats().sensors.find((one) => one.sensor === source.sensor);
  const words = health === undefined || health.reason === "" ? "nothing to read here" : health.reason;
  return { reason: `sensor ${source.sensor} gives no ${rule.metric}: ${words}`, againInMs: null };
}

function noSource(rule: Rule, view: HubView): string {
  const crabs = view.list();
  if (crabs.length === 0) return "no crab is registered, so nothing is read";
  const known = crabs.flatMap((crab) => [...crab.metrics.keys()]);
  const near = nearest(rule.metric, known, 3);
  const hint = near.length > 0 ? `; near names: ${near.join(", ")}` : "";
  return `no crab gives ${rule.metric}${hint}`;
}
