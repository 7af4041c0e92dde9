/** The rules as rows of words: what the bell says of each. Pure. */
import { t } from "@vscode/l10n";
import type { Verdict } from "../protocol/bell.ts";
import { formatValue } from "../protocol/format.ts";
import { LEVELS, type Level } from "../protocol/level.ts";
import type { WorkerState } from "../protocol/state.ts";
import { type Action, muteAction } from "./actions.ts";
import { bare, facts, levelFor, sentence, seriesName, since } from "./words.ts";

/** One rule and what the bell says of it. */
export interface VerdictRow {
  readonly id: string;
  readonly level: Level;
  readonly title: string;
  readonly value: string;
  readonly reason: string;
  readonly since: string;
  readonly sinceTitle: string;
  readonly muted: boolean;
  readonly action: Action;
}

/** Worst first; of equals in the order of the rules. */
export function verdictRows(state: WorkerState, muted: readonly string[], now: number): VerdictRow[] {
  return state.bell.verdicts
    .toSorted((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level))
    .map((verdict) => verdictRow(verdict, muted.includes(verdict.rule.id), now));
}

function verdictRow(verdict: Verdict, muted: boolean, now: number): VerdictRow {
  const { rule, level } = verdict;
  const series = seriesName(verdict.attributes, rule.match);
  return {
    id: rule.id,
    level,
    title: series === "" ? rule.title : `${rule.title} ${series}`,
    value: formatValue(verdict.value, verdict.unit),
    reason: verdict.reason === "" ? bounds(verdict) : sentence(verdict.reason),
    since: levelFor(level, now - verdict.since),
    sinceTitle: facts(since(verdict.since), rule.origin),
    muted,
    action: muteAction(rule, muted),
  };
}

/** What would be too much, for a rule that has nothing to say. */
function bounds({ rule, unit }: Verdict): string {
  const border = (level: Level, value: number | null): string => {
    if (value === null) return "";
    const text = bare(formatValue(value, unit));
    return rule.direction === "above" ? t("{0} from {1}", level, text) : t("{0} at or under {1}", level, text);
  };
  return [border("WARN", rule.warn), border("CRIT", rule.crit)].filter(Boolean).join(", ");
}

/** How many are not OK, and how many muted; empty without rules. */
export function verdictsNote(rows: readonly VerdictRow[]): string {
  const open = rows.filter((row) => row.level !== "OK").length;
  const muted = rows.filter((row) => row.muted).length;
  if (rows.length === 0) return "";
  const state = open === 0 ? t("all OK") : t("{0} of {1} not OK", open, rows.length);
  return facts(state, muted === 0 ? "" : t("{0} muted", muted));
}
