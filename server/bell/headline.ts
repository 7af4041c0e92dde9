/** One sentence for people: is it all right, and if not what is the matter, worst first. */
import { t } from "@vscode/l10n";
import type { Verdict } from "../../protocol/bell.ts";
import { formatThreshold, formatValue } from "../../protocol/format.ts";
import { LEVELS } from "../../protocol/level.ts";
import { printable } from "./printable.ts";
import { sentenceOf } from "./sentence.ts";
import { seriesName } from "./series-name.ts";
import { isStarting } from "./unknown.ts";

/** What is said of all rules together. */
export function headline(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return t("Nothing is judged: there are no rules");
  const bad = verdicts
    .filter((one) => one.level === "WARN" || one.level === "CRIT")
    .sort((one, other) => LEVELS.indexOf(other.level) - LEVELS.indexOf(one.level));
  const unknown = verdicts.filter((one) => one.level === "UNKNOWN");
  if (bad.length === 0)
    return unknown.length === 0 ? t("All is well") : capital(unknownWords(unknown, verdicts.length));
  const parts = bad.map(badWords);
  if (unknown.length > 0) parts.push(t("nothing is known about {0}", listed(unknown.map(titleOf))));
  const sentence = parts.map((part, index) => (index === 0 && bad.length === 1 ? capital(part) : part)).join("; ");
  return bad.length === 1 ? sentence : t("{0} things need attention: {1}", bad.length, sentence);
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
  const said = sentenceOf(verdict.attributes);
  if (said !== null) return said;
  switch (rule.id) {
    case "cpu":
      return t("CPU is busy: {0}", shown);
    case "memory":
      return crit ? t("memory is running out: {0}", shown) : t("memory is getting short: {0}", shown);
    case "disk":
      return crit ? t("disk {0} is nearly full: {1}", name, shown) : t("disk {0} is filling up: {1}", name, shown);
    case "disk-trend":
      return t("disk {0} will be full in {1}", name, shown);
    case "inodes":
      return t("disk {0} runs out of inodes: {1}", name, shown);
    case "memory-pressure":
      return t("programs wait for memory: {0} of the time", shown);
    case "swap":
      return t("swap is nearly full: {0}", shown);
    case "oom":
      return t("memory ran out, processes killed: {0}", shown);
    case "kernel-memory":
      return crit
        ? t("kernel {0} is about to reach its memory limit: {1}", name, shown)
        : t("kernel {0} comes near its memory limit: {1}", name, shown);
    default: {
      const subject = name === "" ? titleOf(verdict) : `${titleOf(verdict)} (${name})`;
      if (value === null) return t("{0} is missing", subject);
      if (rule.trend !== undefined) {
        const target = formatThreshold(
          rule.trend.target,
          rule.trend.target <= 1 && rule.metric.endsWith("utilization") ? "1" : "{value}",
        );
        return t("{0} will be at {1} in {2}", subject, target, shown);
      }
      return rule.direction === "above" ? t("{0} is high: {1}", subject, shown) : t("{0} is low: {1}", subject, shown);
    }
  }
}

function unknownWords(unknown: readonly Verdict[], rules: number): string {
  const titles = listed(unknown.map(titleOf));
  const reasons = new Set(unknown.map((one) => one.reason));
  if ([...reasons].every(isStarting)) {
    return unknown.length === rules ? t("starting: nothing is known yet") : t("starting: {0} not known yet", titles);
  }
  const [reason = ""] = reasons;
  return reasons.size === 1
    ? t("nothing is known about {0}: {1}", titles, printable(reason))
    : t("nothing is known about {0}", titles);
}

/** Built-in titles begin small in a sentence, abbreviations and people's own titles stay as they are. */
function titleOf(verdict: Pick<Verdict, "rule">): string {
  const { id, title } = verdict.rule;
  if (id === "memory") return t("memory");
  return id === "disk" ? t("disk") : printable(title, 60);
}

function listed(titles: readonly string[]): string {
  if (titles.length < 2) return titles[0] ?? "";
  return t("{0} and {1}", titles.slice(0, -1).join(", "), titles.at(-1) ?? "");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
