/** Reads the `rules` of a `gorgon.yaml`. A rule that is wrong is refused by itself; the others stand. */
import type { Rule } from "../../protocol/bell.ts";
import type { ConfigProblem } from "../../protocol/state.ts";
import { GUARDED } from "./keys.ts";
import { entriesOf, unknownKey } from "./layer.ts";
import { problem } from "./problem.ts";
import { parseThreshold } from "./values.ts";

const KNOWN = ["id", "title", "metric", "match", "direction", "warn", "crit"] as const;
/** More rules than anybody can look at in one file. */
const MAX_RULES = 100;
const MAX_MATCH = 16;
const MAX_TEXT = 200;
const ID = /^[a-z][a-z0-9-]{0,63}$/;
const METRIC = /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/i;

/** Where rules come from. */
export interface RuleFile {
  readonly path: string;
  /** E.g. `user file`, `workspace demo`. */
  readonly origin: string;
}

/** What a file's rules came to. */
export interface ReadRules {
  readonly rules: readonly Rule[];
  readonly problems: readonly ConfigProblem[];
}

/** What the origin of a workspace's rules begins with. */
const WORKSPACE = "workspace ";

/** Under which origin the rules of a workspace's folder stand. */
export function workspaceOrigin(folder: string): string {
  return `${WORKSPACE}${folder}`;
}

/** Whether a rule comes from a workspace's file. */
export function ofWorkspace({ origin }: Pick<Rule, "origin">): boolean {
  return origin.startsWith(WORKSPACE);
}

/** Those rules that come from a workspace; the others hold for the whole host. */
export function workspaceRules(rules: readonly Rule[]): readonly Rule[] {
  return rules.filter(ofWorkspace);
}

/** One thing wrong with a rule: the key within it, the value, and what is allowed. */
interface Fault {
  readonly name: string;
  readonly raw: unknown;
  readonly message: string;
}

/**
 * Checks the rules of one file. `taken` holds the ids in use, with who uses them; it is added to. A refused rule
 * gives way to the last good one of the same id and origin among `previous`.
 */
export function readRules(
  raw: unknown,
  file: RuleFile,
  taken: Map<string, string>,
  previous: readonly Rule[],
): ReadRules {
  if (raw === undefined || raw === null) return { rules: [], problems: [] };
  if (!Array.isArray(raw)) {
    return { rules: [], problems: [problem(file.path, "rules", raw, "It must be a list of rules, each with an id.")] };
  }
  const rules: Rule[] = [];
  const problems: ConfigProblem[] = [];
  if (raw.length > MAX_RULES) {
    const message = `Only the first ${String(MAX_RULES)} rules of a file are used.`;
    problems.push(problem(file.path, "rules", raw.length, message));
  }
  for (const [index, item] of (raw as readonly unknown[]).slice(0, MAX_RULES).entries()) {
    const read = readRule(item, file.origin, taken);
    if (read.faults.length === 0 && read.rule !== null) {
      rules.push(read.rule);
      taken.set(read.rule.id, file.origin);
      continue;
    }
    const lastGood = previous.find((one) => one.id === read.id && one.origin === file.origin && !taken.has(one.id));
    if (lastGood !== undefined) {
      rules.push(lastGood);
      taken.set(lastGood.id, file.origin);
    }
    const where = read.id === "" ? `rules[${String(index)}]` : `rules.${read.id}`;
    const instead = lastGood === undefined ? "The rule is left out." : "The rule stays as it was.";
    for (const fault of read.faults) {
      const key = fault.name === "" ? where : `${where}.${fault.name}`;
      problems.push(problem(file.path, key, fault.raw, `${fault.message} ${instead}`));
    }
  }
  return { rules, problems };
}

function readRule(
  item: unknown,
  origin: string,
  taken: ReadonlyMap<string, string>,
): { readonly rule: Rule | null; readonly id: string; readonly faults: readonly Fault[] } {
  const entries = entriesOf(item);
  if (entries === null) {
    const message = "A rule must hold id, metric, and warn or crit.";
    return { rule: null, id: "", faults: [{ name: "", raw: item, message }] };
  }
  const given = new Map(entries);
  const faults: Fault[] = [];
  const fault = (name: string, message: string) => faults.push({ name, raw: given.get(name), message });
  for (const [name, value] of entries) {
    if ((KNOWN as readonly string[]).includes(name)) continue;
    faults.push({ name: name.slice(0, 80), raw: value, message: unknownKey("", "", name, value, KNOWN).message });
  }

  const rawId = given.get("id");
  const id = typeof rawId === "string" && ID.test(rawId) ? rawId : "";
  if (id === "") fault("id", "It must be small letters, digits and dashes, and begin with a letter, like swap-full.");
  else if ((GUARDED as readonly string[]).includes(id)) fault("id", `${id} is built in: set bell.${id} instead.`);
  else if (taken.has(id)) fault("id", `This id is used already (${taken.get(id) ?? ""}): choose another.`);

  const rawTitle = given.get("title") ?? id;
  const title = typeof rawTitle === "string" ? rawTitle.trim() : "";
  if (given.has("title") && (title === "" || title.length > MAX_TEXT)) fault("title", "It must be a short text.");

  const rawMetric = given.get("metric");
  const metric =
    typeof rawMetric === "string" && rawMetric.length <= MAX_TEXT && METRIC.test(rawMetric) ? rawMetric : "";
  if (metric === "") fault("metric", "It must be the name of a metric, like system.paging.utilization.");

  const match = readMatch(given.get("match"));
  if (match === null) fault("match", "It must hold attributes with text values, like system.device: sda.");

  const rawDirection = given.get("direction") ?? "above";
  const direction = rawDirection === "above" || rawDirection === "below" ? rawDirection : null;
  if (direction === null) fault("direction", "It must be above or below.");

  const level = (name: "warn" | "crit"): number | null => {
    const raw = given.get(name) ?? null;
    if (raw === null) return null;
    const parsed = parseThreshold(raw, metric);
    if (parsed.ok) return parsed.value;
    fault(name, `It must be ${parsed.allowed}.`);
    return null;
  };
  const warn = level("warn");
  const crit = level("crit");
  if (warn === null && crit === null && faults.length === 0) fault("", "A rule needs warn, crit or both.");
  if (warn !== null && crit !== null) {
    if (direction === "above" && warn > crit) fault("warn", "warn must not be over crit in a rule for high values.");
    if (direction === "below" && warn < crit) fault("warn", "warn must not be under crit in a rule for low values.");
  }
  if (faults.length > 0 || match === null || direction === null) return { rule: null, id, faults };
  return { rule: { id, title: title === "" ? id : title, metric, match, direction, warn, crit, origin }, id, faults };
}

/** Attributes to match; numbers and switches count as their text. Null: not usable. */
function readMatch(raw: unknown): Rule["match"] | null {
  if (raw === undefined || raw === null) return {};
  const entries = entriesOf(raw);
  if (entries === null || entries.length > MAX_MATCH) return null;
  const texts: [string, string][] = [];
  for (const [key, value] of entries) {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return null;
    if (key.length > MAX_TEXT || String(value).length > MAX_TEXT) return null;
    texts.push([key, String(value)]);
  }
  // fromEntries defines own properties: a key called __proto__ is data here too.
  return Object.fromEntries(texts);
}
