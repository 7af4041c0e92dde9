/** Reads the `rules` of a `gorgon.yaml`. */
import { t } from "@vscode/l10n";
import type { Rule } from "../../protocol/bell.ts";
import { GUARDED } from "./keys.ts";
import { readList, type ListFile, type ListShape, type ReadList } from "./named-list.ts";
import { type KnownMetrics, readRule } from "./rule.ts";
import { RULE_KEYS } from "./rule-keys.ts";

const KNOWN = RULE_KEYS.map(({ key }) => key);
/** More rules than anybody can look at in one file. */
const MAX_RULES = 100;

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

/** Checks the rules of one file; see `readList`. `known` null: metrics are not looked at. */
export function readRules(
  raw: unknown,
  file: ListFile,
  taken: Map<string, string>,
  previous: readonly Rule[],
  known: KnownMetrics | null = null,
): ReadList<Rule> {
  const shape: ListShape<Rule> = {
    key: "rules",
    leftOut: t("The rule is left out."),
    staysAsItWas: t("The rule stays as it was."),
    most: MAX_RULES,
    listMessage: t("It must be a list of rules, each with an id."),
    entryMessage: t("A rule must hold id, metric, and warn or crit."),
    known: KNOWN,
    example: "swap-full",
    refuseId: (id) =>
      (GUARDED as readonly string[]).includes(id) ? t("{0} is built in: set bell.{0} instead.", id) : "",
    read: (entry) => readRule(entry, file.origin, known),
  };
  return readList(raw, file, shape, taken, previous);
}
