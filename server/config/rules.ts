/** Reads the `rules` of a `gorgon.yaml`. A rule that is wrong is refused by itself; the others stand. */
import type { Rule } from "../../protocol/bell.ts";
import { type PlacedProblem, problem } from "./problem.ts";
import { type KnownMetrics, readRule } from "./rule.ts";

/** More rules than anybody can look at in one file. */
const MAX_RULES = 100;

/** Where rules come from. */
export interface RuleFile {
  readonly path: string;
  /** E.g. `user file`, `workspace demo`. */
  readonly origin: string;
}

/** What a file's rules came to. */
export interface ReadRules {
  readonly rules: readonly Rule[];
  readonly problems: readonly PlacedProblem[];
}

/** What the origin of a workspace's rules begins with. */
const WORKSPACE = "workspace ";

/** Under which origin the rules of a workspace's folder stand. */
export function workspaceOrigin(folder: string): string {
  return `${WORKSPACE}${folder}`;
}

/** Those rules that come from a workspace; the others hold for the whole host. */
export function workspaceRules(rules: readonly Rule[]): readonly Rule[] {
  return rules.filter(({ origin }) => origin.startsWith(WORKSPACE));
}

/**
 * Checks the rules of one file. `taken` holds the ids in use, with who uses them; it is added to. A refused rule
 * gives way to the last good one of the same id and origin among `previous`. `known` null: metrics are not looked at.
 */
export function readRules(
  raw: unknown,
  file: RuleFile,
  taken: Map<string, string>,
  previous: readonly Rule[],
  known: KnownMetrics | null = null,
): ReadRules {
  if (raw === undefined || raw === null) return { rules: [], problems: [] };
  if (!Array.isArray(raw)) {
    return { rules: [], problems: [problem(file.path, "rules", raw, "It must be a list of rules, each with an id.")] };
  }
  const rules: Rule[] = [];
  const problems: PlacedProblem[] = [];
  if (raw.length > MAX_RULES) {
    const message = `Only the first ${String(MAX_RULES)} rules of a file are used.`;
    problems.push(problem(file.path, "rules", raw.length, message));
  }
  for (const [index, item] of (raw as readonly unknown[]).slice(0, MAX_RULES).entries()) {
    const read = readRule(item, file.origin, taken, known);
    const lastGood =
      read.rule === null
        ? previous.find((one) => one.id === read.id && one.origin === file.origin && !taken.has(one.id))
        : undefined;
    const kept = read.rule ?? lastGood;
    if (kept !== undefined) {
      rules.push(kept);
      taken.set(kept.id, file.origin);
    }
    const where = read.id === "" ? `rules[${String(index)}]` : `rules.${read.id}`;
    const instead = lastGood === undefined ? "The rule is left out." : "The rule stays as it was.";
    for (const {
      name,
      raw: value,
      message,
      path = name === "" ? [] : [name],
      part = "value",
      ...more
    } of read.faults) {
      const key = name === "" ? where : `${where}.${name}`;
      const full = more.severity === undefined ? `${message} ${instead}` : message;
      problems.push(
        problem(file.path, key, value, full, { ...more, place: { path: ["rules", index, ...path], part } }),
      );
    }
  }
  return { rules, problems };
}
