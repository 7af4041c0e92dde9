/** What control groups of both versions say about CPU quotas, throttling, OOM kills and numbers of processes. */
import type { Host } from "../../host/host.ts";
import { ownCgroups, type Cgroup } from "../cgroup.ts";
import { smallNumber, smallText } from "../small-file.ts";
import type { Candidate } from "./candidates.ts";

/** How often a group with a CPU quota used it up. */
export interface Throttling {
  readonly cgroup: Cgroup;
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledSeconds: number;
}

const ofGroup = (cgroup: Cgroup) => `cgroup ${cgroup.name}`;

/** Cores that a group's quota allows; null: no quota. Quotas and periods are in microseconds. */
export function quotaOf(host: Host, cgroup: Cgroup): Candidate | null {
  const { version, folder } = cgroup;
  let quota: number | null;
  let period: number | null;
  if (version === 2) {
    // `quota period`, or `max period`.
    const [, first, second] = /^(\d{1,19}) (\d{1,19})$/.exec(smallText(host, `${folder}/cpu.max`) ?? "") ?? [];
    quota = Number(first ?? -1);
    period = Number(second ?? -1);
  } else {
    // -1 where there is no quota.
    quota = smallNumber(host, `${folder}/cpu.cfs_quota_us`);
    period = smallNumber(host, `${folder}/cpu.cfs_period_us`);
  }
  if (quota === null || period === null || quota <= 0 || period <= 0) return null;
  return { value: quota / period, source: ofGroup(cgroup) };
}

/** Throttling of every group on the way up that has a quota. */
export function throttlings(host: Host, groups: readonly Cgroup[]): readonly Throttling[] {
  const found: Throttling[] = [];
  for (const cgroup of groups) {
    if (quotaOf(host, cgroup) === null) continue;
    const stat = flatKeys(host, `${cgroup.folder}/cpu.stat`);
    const periods = stat.get("nr_periods");
    const throttledPeriods = stat.get("nr_throttled");
    // Version 2 counts microseconds, version 1 nanoseconds.
    const microseconds = stat.get("throttled_usec") ?? (stat.get("throttled_time") ?? NaN) / 1000;
    if (periods === undefined || throttledPeriods === undefined || !Number.isFinite(microseconds)) continue;
    found.push({ cgroup, periods, throttledPeriods, throttledSeconds: microseconds / 1e6 });
  }
  return found;
}

/**
 * Processes of a group that were killed because memory ran out; null where the kernel does not count it. Version 2
 * counts those of the groups below too; version 1 (since 4.13) only the group's own.
 */
export function oomKills(host: Host, { version, folder }: Cgroup): number | null {
  const file = version === 2 ? "memory.events" : "memory.oom_control";
  return flatKeys(host, `${folder}/${file}`).get("oom_kill") ?? null;
}

/** The same for the whole machine (since 4.13). In most containers it is the machine's too. */
export function hostOomKills(host: Host): number | null {
  return flatKeys(host, "/proc/vmstat", /^oom_kill$/).get("oom_kill") ?? null;
}

/** Limits on the number of processes and threads on the way up. */
export function processLimits(host: Host): readonly (Candidate | null)[] {
  return ownCgroups(host, "pids").map((cgroup) => {
    const value = smallNumber(host, `${cgroup.folder}/pids.max`); // `max` is no number.
    return value === null ? null : { value, source: ofGroup(cgroup) };
  });
}

/** `key number` lines. */
function flatKeys(host: Host, path: string, wanted = /^[a-z_]+$/): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of (smallText(host, path) ?? "").split("\n")) {
    const [, key = "", digits = ""] = /^(\w+) (\d{1,20})$/.exec(line) ?? [];
    if (wanted.test(key)) found.set(key, Number(digits));
  }
  return found;
}
