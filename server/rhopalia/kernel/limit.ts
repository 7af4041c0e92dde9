/** The tightest limit on a kernel's memory, and the level that its use of it means. */
import { t } from "@vscode/l10n";
import os from "node:os";
import type { Level } from "../../../protocol/level.ts";
import type { Host } from "../../host/host.ts";
import { memoryLimit, type Cgroup } from "../cgroup.ts";
import { tightest } from "../limits/candidates.ts";
import { machineBytes } from "../limits/linux.ts";

/** Shares of the limit, and where a level that was reached is left again. */
export const WARN_SHARE = 0.8;
export const CRIT_SHARE = 0.95;
export const LIMIT_SLACK = 0.05;

/** A limit, and whether it is tighter than the machine itself. */
export interface KernelLimit {
  readonly bytes: number;
  readonly source: string;
  readonly own: boolean;
}

/** The tightest limit in sight of these control groups; `guardBytes`: what its memory guard was told, null without one. */
export function limitOf(host: Host, groups: readonly Cgroup[], guardBytes: number | null): KernelLimit | null {
  const machine = machineOf(host);
  const group = host.platform === "linux" ? memoryLimit(host, machine, groups) : null;
  const found = tightest([
    guardBytes === null ? null : { value: guardBytes, source: "%gorgon limit" },
    group === null ? null : { value: group.bytes, source: `cgroup ${group.cgroup.name}` },
    { value: machine, source: t("the machine's memory") },
  ]);
  return found === null ? null : { bytes: found.value, source: found.source, own: found.value < machine };
}

/** The level of a share of a limit, held a little under where it was reached. */
export function levelOfShare(share: number | null, before: Level): Level {
  if (share === null) return "UNKNOWN";
  if (share >= CRIT_SHARE - (before === "CRIT" ? LIMIT_SLACK : 0)) return "CRIT";
  if (share >= WARN_SHARE - (before === "CRIT" || before === "WARN" ? LIMIT_SLACK : 0)) return "WARN";
  return "OK";
}

/** What the machine has, bytes; Infinity where it does not say. */
export function machineOf(host: Host): number {
  if (host.platform !== "linux") return os.totalmem();
  try {
    return machineBytes(host);
  } catch {
    return Infinity; // `tightest` takes it for no limit.
  }
}
