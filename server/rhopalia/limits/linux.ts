/** Limits on Linux: the tightest of machine, control groups, environment and soft limits, and what they cost. */
import { t } from "@vscode/l10n";
import type { Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { memoryLimit, ownCgroups, type Cgroup } from "../cgroup.ts";
import { Counters } from "../counters.ts";
import { Malformed, type Rhopalium } from "../rhopalium.ts";
import { smallText } from "../small-file.ts";
import { cpuOfEnvironment, memoryOfEnvironment, tightest, type Candidate } from "./candidates.ts";
import { hostOomKills, oomKills, processLimits, quotaOf, throttlings } from "./groups.ts";
import * as names from "./metrics.ts";
import { allowedCpus, onlineCpus, ownLimits, type OwnLimits } from "./own-process.ts";

const [PERIODS, THROTTLED] = [0, 1] as const;

class LinuxLimits implements Rhopalium {
  readonly name = "limits";
  readonly metrics = names.LIMIT_METRICS;
  readonly #host: Host;
  /** By folder of the group; those of groups that went are dropped. */
  #counters = new Map<string, Counters>();

  constructor(host: Host) {
    this.#host = host;
  }

  read(): readonly Reading[] {
    const readings: Reading[] = [];
    const own = ownLimits(this.#host);
    const push = (metric: string, found: Candidate | null) => {
      if (found !== null) readings.push({ metric, attributes: names.source(found.source), value: found.value });
    };
    push(names.MEMORY, this.#memory(own));
    const cpuGroups = ownCgroups(this.#host, "cpu");
    push(names.CPU, this.#cpu(cpuGroups));
    push(names.FILES, own.files);
    push(names.PROCESSES, tightest([own.processes, ...processLimits(this.#host)]));
    this.#pushThrottling(readings, cpuGroups);
    this.#pushKills(readings);
    return readings;
  }

  #memory(own: OwnLimits): Candidate | null {
    const machine = machineBytes(this.#host);
    const group = memoryLimit(this.#host, machine);
    return tightest([
      { value: machine, source: "host" },
      group === null ? null : { value: group.bytes, source: `cgroup ${group.cgroup.name}` },
      memoryOfEnvironment(this.#host.env["MEM_LIMIT"]),
      own.addressSpace,
      own.data,
    ]);
  }

  #cpu(groups: readonly Cgroup[]): Candidate | null {
    const online = onlineCpus(this.#host);
    const allowed = allowedCpus(this.#host);
    return tightest([
      online === null ? null : { value: online, source: "host" },
      // Not told by /proc: a cpuset of the group, or taskset.
      allowed === null ? null : { value: allowed, source: online === null ? "host" : "cpu affinity" },
      ...groups.map((cgroup) => quotaOf(this.#host, cgroup)),
      cpuOfEnvironment(this.#host.env["CPU_LIMIT"]),
    ]);
  }

  #pushThrottling(into: Reading[], groups: readonly Cgroup[]): void {
    const now = this.#host.clock.monotonic();
    const seen = new Map<string, Counters>();
    for (const { cgroup, periods, throttledPeriods, throttledSeconds } of throttlings(this.#host, groups)) {
      const attributes = names.cgroup(cgroup.name);
      into.push({ metric: names.PERIODS, attributes, value: periods });
      into.push({ metric: names.THROTTLED_PERIODS, attributes, value: throttledPeriods });
      into.push({ metric: names.THROTTLED_TIME, attributes, value: throttledSeconds });
      const counters = this.#counters.get(cgroup.folder) ?? new Counters(2);
      seen.set(cgroup.folder, counters);
      counters.values[PERIODS] = periods;
      counters.values[THROTTLED] = throttledPeriods;
      if (!counters.update(now)) continue;
      const [all = 0, throttled = 0] = counters.rates;
      // A group that slept through the whole time had no periods: it was not made to wait.
      const value = all > 0 ? Math.min(1, throttled / all) : 0;
      into.push({ metric: names.THROTTLED_RATIO, attributes, value });
    }
    this.#counters = seen;
  }

  #pushKills(into: Reading[]): void {
    const host = hostOomKills(this.#host);
    if (host !== null) into.push({ metric: names.OOM_KILLS, attributes: names.cgroup("host"), value: host });
    for (const group of ownCgroups(this.#host, "memory")) {
      const kills = oomKills(this.#host, group);
      // The root group of the machine has no such file in version 2, and never a kill of its own in version 1.
      if (kills === null || (group.version === 1 && group.name === "/")) continue;
      into.push({ metric: names.OOM_KILLS, attributes: names.cgroup(group.name), value: kills });
    }
  }

  dispose(): void {
    // Holds no files.
  }
}

/** What the machine has. Throws Malformed: without it no limit can be told from the absence of one. */
export function machineBytes(host: Host): number {
  const [, kib = ""] = /^MemTotal:\s+(\d{1,16}) kB$/m.exec(smallText(host, "/proc/meminfo") ?? "") ?? [];
  const bytes = Number(kib) * 1024;
  if (bytes > 0) return bytes;
  throw new Malformed("/proc/meminfo", t("MemTotal is missing"));
}

/** The tightest limits, throttling and OOM kills. Throws Malformed. */
export function linuxLimits(host: Host): Rhopalium {
  return new LinuxLimits(host);
}
