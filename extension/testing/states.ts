/** States of a made-up machine, for tests. */
import type { Alert } from "../../protocol/alert.ts";
import type { Verdict } from "../../protocol/bell.ts";
import { worst, type Level } from "../../protocol/level.ts";
import type { WorkerState } from "../../protocol/state.ts";

const TITLES: Readonly<Record<string, string>> = { cpu: "CPU", memory: "Memory", disk: "Disk" };

/** A verdict of one of the built-in rules. */
export function verdict(id: string, level: Level, value: number | null, more: Partial<Verdict> = {}): Verdict {
  return {
    rule: {
      id,
      title: TITLES[id] ?? id,
      metric: `test.${id}`,
      match: {},
      direction: "above",
      warn: 0.7,
      crit: 0.9,
      origin: "default",
    },
    level,
    value,
    unit: "1",
    attributes: {},
    readAt: 1_700_000_000_000,
    since: 1_700_000_000_000,
    reason: level === "OK" ? "" : level === "UNKNOWN" ? "no reading yet" : "it is at or over its threshold",
    ...more,
  };
}

/** An alert of one of the built-in rules, firing and not told yet. */
export function alertOf(id: string, level: Level, more: Partial<Alert> = {}): Alert {
  return {
    id: `alert/${id}`,
    fingerprint: id,
    rule: id,
    title: TITLES[id] ?? id,
    metric: `test.${id}`,
    origin: "built in",
    status: "firing",
    level,
    labels: {},
    value: 0.95,
    unit: "1",
    message: `${TITLES[id] ?? id} is busy: 95.0 %`,
    pendingSince: 1_700_000_000_000,
    firingSince: 1_700_000_000_000,
    resolvedAt: null,
    changedAt: 1_700_000_000_000,
    flaps: 0,
    heldUntil: null,
    silencedBy: null,
    inhibitedBy: null,
    acknowledged: null,
    notifications: 0,
    teller: null,
    group: `devbox ${id}`,
    ...more,
  };
}

/** Three rules that are well. */
export const CALM: readonly Verdict[] = [
  verdict("cpu", "OK", 0.12),
  verdict("memory", "OK", 0.54),
  verdict("disk", "OK", 0.71, { attributes: { "system.filesystem.mountpoint": "/" } }),
];

/** A complete state; each call has an id of its own when `time` differs. */
export function stateOf(verdicts: readonly Verdict[] = CALM, more: Partial<WorkerState> = {}): WorkerState {
  const time = more.time ?? 1_700_000_000_000;
  return {
    id: `test/${time}`,
    time,
    node: "devbox",
    bell: {
      id: `bell/${time}`,
      time,
      node: "devbox",
      level: worst(verdicts.map((one) => one.level)),
      since: 1_700_000_000_000,
      headline: "All is well",
      verdicts,
      alerts: [],
      silences: [],
    },
    processes: null,
    glance: {
      cpu: { busy: 0.1234, load1: 0.5, cores: 8 },
      memory: { used: 54e9, limit: 100e9, limitedBy: "host", swapUsed: 0, swapTotal: 0 },
      disk: { mount: "/", used: 71, size: 100 },
      network: { receive: 1024, transmit: 2048 },
      gpu: null,
      pressure: { cpu: 0.01, memory: 0, io: 0 },
    },
    host: {
      hostname: "devbox",
      os: "Debian GNU/Linux 12",
      kernel: "6.1",
      cpuModel: "Test CPU",
      cores: 8,
      memoryBytes: 100e9,
      virtualization: "",
    },
    sensors: [],
    self: { cpuRatio: 0.004, rssBytes: 71 * 1024 ** 2, loopP99Ms: 1, uptimeMs: 60_000, pid: 42 },
    history: {
      mode: "writing",
      reason: "",
      path: "/state/history.db",
      bytes: 1024 ** 2,
      series: 40,
      retentionMs: 7 * 86_400_000,
    },
    role: { worker: "test", role: "leads", leader: 42, since: 1_700_000_000_000, reason: "" },
    intervalMs: 2000,
    rate: { intervalMs: 2000, baseMs: 2000, slowestMs: 20_000, reason: "" },
    problems: [],
    ...more,
  };
}
