/** What the rule around a place judges, as far as it is written: its metric, its attributes, its direction. */
import type { Document } from "yaml";
import type { Rule } from "../../../protocol/bell.ts";
import { rulesOf } from "../../bell/rules.ts";
import type { StackConfig } from "../../config/config.ts";
import type { ValuePath } from "../../config/problem.ts";
import { keysAt, textAt, textsAt } from "./tree.ts";

/** Enough of a rule to ask for its values. */
export type AboutRule = Pick<Rule, "metric" | "match" | "direction"> & { readonly isTrend: boolean };

/** Null: the place is in no rule. `config`: what is in force, for the rules that are built in. */
export function ruleAround(document: Document.Parsed, path: ValuePath, config: StackConfig | null): AboutRule | null {
  const [area, which] = path;
  if (area === "rules" && typeof which === "number") {
    const at = (key: string) => [area, which, key];
    return {
      metric: textAt(document, at("metric")),
      match: textsAt(document, at("match")),
      direction: textAt(document, at("direction")) === "below" ? "below" : "above",
      isTrend: keysAt(document, [area, which]).includes("trend"),
    };
  }
  if (area !== "bell" || config === null) return null;
  const rule = rulesOf(config).find(({ id, origin }) => id === which && origin === "built in");
  return rule === undefined ? null : { ...rule, isTrend: rule.trend !== undefined };
}
