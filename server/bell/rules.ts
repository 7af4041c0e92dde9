/** Which rules the bell judges: the three built in, with the configured thresholds, then those that were added. */
import type { Rule } from "../../protocol/bell.ts";
import type { StackConfig } from "../config/config.ts";
import { ofWorkspace } from "../config/rules.ts";

/** The origin of the rules that are always there. */
const BUILT_IN = "built in";

/** A rule's name on this host: two workspaces may each have a rule of the same id. */
export function ruleName(rule: Pick<Rule, "id" | "origin">): string {
  return ofWorkspace(rule) ? `${rule.origin}/${rule.id}` : rule.id;
}

/** The rules in the order in which faces show them. */
export function rulesOf(config: Pick<StackConfig, "bell" | "rules">): readonly Rule[] {
  const { cpu, memory, disk } = config.bell;
  return [
    {
      id: "cpu",
      title: "CPU",
      metric: "gorgon.cpu.busy",
      match: {},
      direction: "above",
      warn: cpu.warn,
      crit: cpu.crit,
      origin: BUILT_IN,
    },
    {
      id: "memory",
      title: "Memory",
      metric: "system.memory.utilization",
      match: { "system.memory.state": "used" },
      direction: "above",
      warn: memory.warn,
      crit: memory.crit,
      origin: BUILT_IN,
    },
    {
      id: "disk",
      title: "Disk",
      metric: "system.filesystem.utilization",
      match: {},
      direction: "above",
      warn: disk.warn,
      crit: disk.crit,
      origin: BUILT_IN,
    },
    ...config.rules,
  ];
}
