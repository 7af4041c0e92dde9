/** Which rule judges what a chart shows, and which thresholds are drawn for it. */
import { t } from "@vscode/l10n";
import type { Rule, Verdict } from "../protocol/bell.ts";
import { LEVELS, type Level } from "../protocol/level.ts";
import type { Attributes } from "../protocol/reading.ts";
import type { Ink, Line, Threshold } from "./plots.ts";

/** The metric behind each colour. */
export const METRICS: Readonly<Record<Ink, string>> = {
  cpu: "gorgon.cpu.busy",
  memory: "system.memory.utilization",
  disk: "system.filesystem.utilization",
  network: "gorgon.network.io.rate",
  gpu: "hw.gpu.utilization",
  pressure: "gorgon.pressure.ratio",
};

function thingOf(ink: Ink): string {
  const things: Readonly<Record<Ink, string>> = {
    cpu: "CPU",
    memory: t("Memory"),
    disk: t("Disk"),
    network: t("Network"),
    gpu: "GPU",
    pressure: t("Pressure"),
  };
  return things[ink];
}

/** What the drawn series of a metric are, where it has others too. */
const DRAWN: Readonly<Partial<Record<Ink, Attributes>>> = { pressure: { "gorgon.pressure.kind": "some" } };

/** Whether a rule judges what is drawn: one on other series of the metric has nothing to say of these. */
function isOn(rule: Rule, ink: Ink): boolean {
  const drawn = Object.entries(DRAWN[ink] ?? {});
  return rule.metric === METRICS[ink] && drawn.every(([key, value]) => (rule.match[key] ?? value) === value);
}

/** The rule whose thresholds are drawn for a metric: the built-in one of that name, else the first for the metric. */
export function ruleFor(ink: Ink, verdicts: readonly Verdict[]): Rule | null {
  const rules = verdicts.map((verdict) => verdict.rule).filter((rule) => isOn(rule, ink));
  return rules.find((rule) => rule.id === ink) ?? rules[0] ?? null;
}

/** The worst level of the rules on a metric; null when no rule watches it. */
export function levelFor(ink: Ink, verdicts: readonly Verdict[]): Level | null {
  const levels = verdicts.filter(({ rule }) => isOn(rule, ink)).map((verdict) => verdict.level);
  return levels.length === 0 ? null : (LEVELS.findLast((level) => levels.includes(level)) ?? null);
}

/** The thresholds to draw; those of the most urgent line are the main ones. */
export function thresholdsOf(lines: readonly Line[], verdicts: readonly Verdict[]): Threshold[] {
  const inks = [...new Set(lines.map((line) => line.ink))].filter((ink) => ruleFor(ink, verdicts) !== null);
  const main = inks.toSorted((a, b) => urgency(b, lines, verdicts) - urgency(a, lines, verdicts))[0];
  return inks.flatMap((ink) => {
    const rule = ruleFor(ink, verdicts);
    if (rule === null) return [];
    const shared = { direction: rule.direction, ink, of: thingOf(ink), main: ink === main };
    const found: Threshold[] = [];
    if (rule.warn !== null) found.push({ ...shared, level: "WARN", value: rule.warn });
    if (rule.crit !== null) found.push({ ...shared, level: "CRIT", value: rule.crit });
    return found;
  });
}

/** The worse level first; of equals the one closer to its first threshold. */
function urgency(ink: Ink, lines: readonly Line[], verdicts: readonly Verdict[]): number {
  const level = levelFor(ink, verdicts);
  const rule = ruleFor(ink, verdicts);
  const latest = lines.find((line) => line.ink === ink)?.summary.latest ?? 0;
  const border = rule?.warn ?? rule?.crit ?? 1;
  const near = border > 0 ? Math.min(1, latest / border) : 0;
  return (level === null ? -1 : LEVELS.indexOf(level)) + near / 2;
}
