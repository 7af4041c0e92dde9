/** Inhibition: while one alert stands, others that follow from it are not told. They are still shown. */
import type { Alert } from "../../../protocol/alert.ts";
import type { Level } from "../../../protocol/level.ts";
import { fits } from "./silences.ts";

/** One line of the table: while `source` fires, `target` is not told where the labels in `equal` are the same. */
export interface Inhibition {
  /** Rule and labels, as a silence has them. */
  readonly source: Readonly<Record<string, string>>;
  /** The levels of the source that count; UNKNOWN is the level of a value that is missing. */
  readonly levels: readonly Level[];
  readonly target: Readonly<Record<string, string>>;
  /** Labels that both must have alike; a label that both lack is alike. */
  readonly equal: readonly string[];
}

/** What follows from what, with what this release senses. */
export const INHIBITIONS: readonly Inhibition[] = [
  // A disk that is nearly full needs no forecast that it will be.
  {
    source: { rule: "disk" },
    levels: ["CRIT"],
    target: { rule: "disk-trend" },
    equal: ["system.filesystem.mountpoint"],
  },
  // Where memory runs out, waiting for it and swapping are how that feels.
  { source: { rule: "memory" }, levels: ["CRIT"], target: { rule: "memory-pressure" }, equal: [] },
  { source: { rule: "memory" }, levels: ["CRIT"], target: { rule: "swap" }, equal: [] },
  // A kernel that was killed for want of memory is the kill that was counted.
  {
    source: { rule: "kernel-died", "jupyter.kernel.cause": "oom" },
    levels: ["CRIT"],
    target: { rule: "oom" },
    equal: [],
  },
  { source: { rule: "memory-pressure" }, levels: ["CRIT"], target: { rule: "swap" }, equal: [] },
];

/**
 * By the id of each alert that is inhibited, the id of one that inhibits it. An alert that is itself inhibited by another still
 * inhibits; none inhibits itself, and of two that would inhibit each other the older stands.
 */
export function inhibited(
  alerts: readonly Alert[],
  table: readonly Inhibition[] = INHIBITIONS,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const firing = alerts.filter(({ status }) => status === "firing");
  for (const line of table) {
    const sources = firing.filter((alert) => line.levels.includes(alert.level) && fits(line.source, alert));
    if (sources.length === 0) continue;
    for (const target of alerts) {
      if (target.status === "resolved" || found.has(target.id) || !fits(line.target, target)) continue;
      const source = sources.find(
        (one) =>
          one.id !== target.id &&
          found.get(one.id) !== target.id &&
          line.equal.every((label) => one.labels[label] === target.labels[label]),
      );
      if (source !== undefined) found.set(target.id, source.id);
    }
  }
  return found;
}
