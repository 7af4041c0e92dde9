/** One sentence for people: is it all right, and if not what is the matter, worst first. */
import type { Verdict } from "../../protocol/bell.ts";
import { formatThreshold, formatValue } from "../../protocol/format.ts";
import { LEVELS } from "../../protocol/level.ts";
import { printable } from "./printable.ts";
import { seriesName } from "./series-name.ts";
import { STARTING } from "./unknown.ts";

/** What is said of all rules together. */
export function headline(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return "Nothing is judged: there are no rules";
  const bad = verdicts
    .filter((one) => one.level === "WARN" || one.level === "CRIT")
    .sort((one, other) => LEVELS.indexOf(other.level) - LEVELS.indexOf(one.level));
  const unknown = verdicts.filter((one) => one.level === "UNKNOWN");
  if (bad.length === 0) return unknown.length === 0 ? "All is well" : capital(unknownWords(unknown, verdicts.length));
  const parts = bad.map(badWords);
  if (unknown.length > 0) parts.push(`nothing is known about ${listed(unknown.map(titleOf))}`);
  const sentence = parts.map((part, index) => (index === 0 && bad.length === 1 ? capital(part) : part)).join("; ");
  return bad.length === 1 ? sentence : `${String(bad.length)} things need attention: ${sentence}`;
}

/** A sentence on one rule's series that is not well, e.g. `Disk / is nearly full: 96.0 %`. */
export function badSentence(facts: Facts): string {
  return capital(badWords(facts));
}

/** What a sentence is made from. */
type Facts = Pick<Verdict, "rule" | "level" | "value" | "unit" | "attributes">;

/** What is the matter with one rule, e.g. `disk / is nearly full: 96.0 %`. */
function badWords(verdict: Facts): string {
  const { rule, level, value, unit } = verdict;
  const shown = formatValue(value, unit);
  const crit = level === "CRIT";
  const name = seriesName(verdict.attributes, rule.match);
  switch (rule.id) {
    case "cpu":
      return `CPU is busy: ${shown}`;
    case "memory":
      return `memory is ${crit ? "running out" : "getting short"}: ${shown}`;
    case "disk":
      return `disk ${name} is ${crit ? "nearly full" : "filling up"}: ${shown}`;
    case "disk-trend":
      return `disk ${name} will be full in ${shown}`;
    case "inodes":
      return `disk ${name} runs out of inodes: ${shown}`;
    case "memory-pressure":
      return `programs wait for memory: ${shown} of the time`;
    case "swap":
      return `swap is nearly full: ${shown}`;
    case "oom":
      return `memory ran out, processes killed: ${shown}`;
    default:
      if (value === null) return `${titleOf(verdict)}${name === "" ? "" : ` (${name})`} is missing`;
      if (rule.trend !== undefined) {
        const target = formatThreshold(
          rule.trend.target,
          rule.trend.target <= 1 && rule.metric.endsWith("utilization") ? "1" : "{value}",
        );
        return `${titleOf(verdict)}${name === "" ? "" : ` (${name})`} will be at ${target} in ${shown}`;
      }
      return `${titleOf(verdict)}${name === "" ? "" : ` (${name})`} is ${rule.direction === "above" ? "high" : "low"}: ${shown}`;
  }
}

function unknownWords(unknown: readonly Verdict[], rules: number): string {
  const titles = listed(unknown.map(titleOf));
  const reasons = new Set(unknown.map((one) => one.reason));
  if ([...reasons].every((reason) => reason.startsWith(STARTING))) {
    return unknown.length === rules ? "starting: nothing is known yet" : `starting: ${titles} not known yet`;
  }
  const [reason = ""] = reasons;
  return `nothing is known about ${titles}${reasons.size === 1 ? `: ${printable(reason)}` : ""}`;
}

/** Built-in titles begin small in a sentence, abbreviations and people's own titles stay as they are. */
function titleOf(verdict: Pick<Verdict, "rule">): string {
  const { id, title } = verdict.rule;
  return id === "memory" || id === "disk" ? title.toLowerCase() : printable(title, 60);
}

function listed(titles: readonly string[]): string {
  if (titles.length < 2) return titles[0] ?? "";
  return `${titles.slice(0, -1).join(", ")} and ${titles.at(-1) ?? ""}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
