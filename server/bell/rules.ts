/** Which rules the bell judges: those that are built in, with the configured thresholds, then those that were added. */
import { t } from "@vscode/l10n";
import type { Rule } from "../../protocol/bell.ts";
import type { StackConfig, Thresholds } from "../config/config.ts";
import { ofWorkspace } from "../config/rules.ts";
import { CRIT_SHARE, LIMIT_SLACK, WARN_SHARE } from "../rhopalia/kernel/limit.ts";

/** The origin of the rules that are always there. */
export const BUILT_IN = "built in";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** How far back a value must be for a level to be left, in the metric's unit. */
const CPU_SLACK = 0.1;
const MEMORY_SLACK = 0.03;
const DISK_SLACK = 0.01;

/** A rule's name on this host: two workspaces may each have a rule of the same id. */
export function ruleName(rule: Pick<Rule, "id" | "origin">): string {
  return ofWorkspace(rule) ? `${rule.origin}/${rule.id}` : rule.id;
}

/** The rules in the order in which faces show them. Their reasons stand in docs/bell.md. */
export function rulesOf(config: Pick<StackConfig, "bell" | "rules">): readonly Rule[] {
  const { cpu, memory, disk } = config.bell;
  return [
    { ...above("cpu", "CPU", "gorgon.cpu.busy"), ...configured(cpu, CPU_SLACK), labels: { cause: "cpu" } },
    {
      ...above("memory", t("Memory"), "system.memory.utilization"),
      match: { "system.memory.state": "used" },
      ...configured(memory, MEMORY_SLACK),
      labels: { cause: "memory" },
    },
    {
      ...above("disk", t("Disk"), "system.filesystem.utilization"),
      ...configured(disk, DISK_SLACK),
      labels: { cause: "disk" },
    },
    // A rule of the user's with the same id stands in its place.
    ...others().filter(({ id }) => !config.rules.some((rule) => rule.id === id)),
    ...config.rules,
  ];
}

/** The same rules without their `for`: who looks only once cannot wait. */
export function atOnce(rules: readonly Rule[]): readonly Rule[] {
  return rules.map((rule) => ({ ...rule, forMs: 0 }));
}

function above(id: string, title: string, metric: string) {
  return { id, title, metric, match: {}, direction: "above", origin: BUILT_IN } as const;
}

/** Left a little under where it was reached, but never at less than half of that. */
function configured({ warn, crit, forMs = 0 }: Thresholds, slack: number) {
  const clear = (threshold: number) => Math.max(threshold / 2, threshold - slack);
  return { warn, crit, warnClear: clear(warn), critClear: clear(crit), forMs };
}

/** What has no thresholds of its own in the settings. All say nothing where the machine does not have it. */
const others = (): readonly Rule[] => [
  {
    // Full: nothing could run for want of memory. A tenth of ten seconds is felt, four tenths is a stand-still.
    ...above("memory-pressure", t("Memory pressure"), "gorgon.pressure.ratio"),
    match: {
      "gorgon.pressure.resource": "memory",
      "gorgon.pressure.kind": "full",
      "gorgon.pressure.window": "10s",
    },
    warn: 0.1,
    crit: 0.4,
    warnClear: 0.05,
    critClear: 0.2,
    forMs: 30_000,
    keepFiringForMs: MINUTE_MS,
    missing: "ok",
    labels: { cause: "memory" },
  },
  {
    // Swap in use is no trouble by itself; without any left the next thing is the OOM killer.
    ...above("swap", t("Swap"), "system.paging.utilization"),
    match: { "system.paging.state": "used" },
    warn: 0.9,
    crit: null,
    warnClear: 0.8,
    forMs: 5 * MINUTE_MS,
    missing: "ok",
    labels: { cause: "memory" },
  },
  {
    // Told at once: what was killed is gone. The kills of the last ten minutes, of the machine or of this process' group.
    ...above("oom", t("Killed for want of memory"), "gorgon.oom.kills"),
    warn: null,
    crit: 1,
    growthMs: 10 * MINUTE_MS,
    missing: "ok",
    labels: { cause: "memory" },
  },
  {
    ...above("disk-trend", t("Disk full soon"), "system.filesystem.utilization"),
    direction: "below",
    warn: 4 * HOUR_MS,
    crit: HOUR_MS,
    warnClear: 6 * HOUR_MS,
    critClear: 2 * HOUR_MS,
    trend: { target: 1, overMs: 3 * HOUR_MS },
    forMs: 10 * MINUTE_MS,
    keepFiringForMs: 15 * MINUTE_MS,
    missing: "ok",
    labels: { cause: "disk" },
  },
  {
    ...above("inodes", t("Inodes"), "system.filesystem.inode.utilization"),
    warn: 0.9,
    crit: 0.97,
    warnClear: 0.88,
    critClear: 0.95,
    forMs: MINUTE_MS,
    missing: "ok",
    labels: { cause: "disk" },
  },
  {
    ...above("throttled", t("CPU quota"), "gorgon.cgroup.cpu.throttled.ratio"),
    warn: 0.5,
    crit: null,
    warnClear: 0.25,
    forMs: 10 * MINUTE_MS,
    missing: "ok",
    labels: { cause: "cpu" },
  },
  {
    // A trainer fills its GPU on purpose: only the last bit, before it runs out, is news.
    ...above("gpu-memory", t("GPU memory"), "hw.gpu.memory.utilization"),
    warn: 0.97,
    crit: null,
    warnClear: 0.95,
    forMs: 5 * MINUTE_MS,
    missing: "ok",
    labels: { cause: "gpu" },
  },
  {
    ...above("gpu-temperature", t("GPU temperature"), "hw.temperature"),
    match: { "hw.type": "gpu" },
    warn: 87,
    crit: 95,
    warnClear: 83,
    critClear: 90,
    forMs: MINUTE_MS,
    missing: "ok",
    labels: { cause: "gpu" },
  },
  {
    // Told at once, in the words of the verdict; for five minutes, then it is history.
    ...above("kernel-died", t("Notebook kernel died"), "jupyter.kernel.died"),
    warn: null,
    crit: 1,
    missing: "ok",
  },
  {
    // Somebody must answer, or it stays so.
    ...above("kernel-frozen", t("Notebook kernel frozen"), "jupyter.kernel.frozen"),
    warn: null,
    crit: 1,
    missing: "ok",
  },
  {
    // Of limits tighter than the machine, whose own memory has a rule.
    ...above("kernel-memory", t("Notebook kernel memory"), "jupyter.kernel.limit.utilization"),
    warn: WARN_SHARE,
    crit: CRIT_SHARE,
    warnClear: WARN_SHARE - LIMIT_SLACK,
    critClear: CRIT_SHARE - LIMIT_SLACK,
    missing: "ok",
  },
];
