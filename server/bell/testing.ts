/** Sensors and states for the bell's tests: scripted values, real crabs, a real hub, a clock that stands still. */
import type { Verdict } from "../../protocol/bell.ts";
import type { Level } from "../../protocol/level.ts";
import type { Attributes, MetricInfo, Reading } from "../../protocol/reading.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { CrabGuardian } from "../crabs/guardian.ts";
import { ManualClock } from "../host/manual-clock.ts";
import { Octopus } from "../octopus/octopus.ts";
import type { Rhopalium } from "../rhopalia/rhopalium.ts";

/** Gauges by metric name; what is not in `values` is not given. */
export class ScriptedSensor implements Rhopalium {
  readonly name: string;
  readonly metrics: readonly MetricInfo[];
  /** What the next read gives. An error is thrown. */
  next: readonly Reading[] | Error = [];

  constructor(name: string, metrics: readonly string[]) {
    this.name = name;
    this.metrics = metrics.map((metric) => ({ name: metric, unit: "1", kind: "gauge", description: "" }));
  }

  read(): readonly Reading[] {
    if (this.next instanceof Error) throw this.next;
    return this.next;
  }

  dispose(): void {
    this.next = [];
  }
}

/** A machine of a test's own: a CPU and a memory sensor whose values the test sets, polled every 2 s. */
export function scriptedMachine() {
  const clock = new ManualClock();
  const cpu = new ScriptedSensor("cpu", ["gorgon.cpu.busy"]);
  const memory = new ScriptedSensor("memory", ["system.memory.utilization"]);
  const hub = new Octopus({ node: "here", clock });
  const crab = new CrabGuardian({
    name: "guardian",
    node: "here",
    sensors: [cpu, memory],
    clock,
    intervalMs: 2000,
    jitter: 0,
  });
  hub.register(crab);
  return {
    clock,
    hub,
    crab,
    cpu,
    memory,
    /** What both sensors give from now on, as ratios. */
    give: (busy: number, used: number) => {
      cpu.next = [{ metric: "gorgon.cpu.busy", attributes: {}, value: busy }];
      memory.next = [
        { metric: "system.memory.utilization", attributes: { "system.memory.state": "used" }, value: used },
      ];
    },
  };
}

/** A verdict on a ratio. */
export function verdict(
  id: string,
  level: Level,
  value: number | null,
  over: { readonly reason?: string; readonly attributes?: Attributes; readonly title?: string } = {},
): Verdict {
  return {
    rule: {
      id,
      title: over.title ?? (id === "cpu" ? "CPU" : id.charAt(0).toUpperCase() + id.slice(1)),
      metric: `test.${id}.utilization`,
      match: {},
      direction: "above",
      warn: 0.7,
      crit: 0.9,
      origin: "built in",
    },
    level,
    value,
    unit: "1",
    attributes: over.attributes ?? {},
    readAt: 0,
    since: 0,
    reason: over.reason ?? "",
  };
}

/** A worker's state with these verdicts. */
export function stateWith(verdicts: readonly Verdict[], level: Level, headline: string): WorkerState {
  return {
    id: "here/state/1",
    time: Date.UTC(2026, 0, 1, 12, 30, 15),
    node: "here",
    bell: { id: "here/bell/1", time: 0, node: "here", level, since: 0, headline, verdicts, alerts: [], silences: [] },
    processes: null,
    glance: {
      cpu: { busy: 0.2, load1: 0.42, cores: 2 },
      memory: { used: 2 ** 31, limit: 2 ** 33, limitedBy: "host", swapUsed: 0, swapTotal: 0 },
      disk: { mount: "/", used: 1, size: 2 },
      network: { receive: 2048, transmit: null },
      gpu: null,
      pressure: { cpu: 0.01, memory: 0, io: 0 },
    },
    host: {
      hostname: "here",
      os: "Linux",
      kernel: "6.1",
      cpuModel: "",
      cores: 2,
      memoryBytes: 2 ** 33,
      virtualization: "",
    },
    sensors: [],
    self: { cpuRatio: 0.004, rssBytes: 64 * 2 ** 20, loopP99Ms: 1, uptimeMs: 1000, pid: 1 },
    history: { mode: "memory", reason: "", path: "", bytes: 0, series: 0, retentionMs: 0 },
    role: null,
    intervalMs: 2000,
    rate: { intervalMs: 2000, baseMs: 2000, slowestMs: 20_000, reason: "" },
    problems: [],
  };
}
