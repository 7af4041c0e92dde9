/** Sample data for the preview and the tests: a made-up machine, the same numbers every time. Never shipped. */
import { sampleAlerts, sampleSilence } from "./alerts.ts";
import type { Rule, Verdict } from "../../protocol/bell.ts";
import { formatRatio } from "../../protocol/format.ts";
import type { Annotation, SeriesFrame } from "../../protocol/history.ts";
import { type Level, worst } from "../../protocol/level.ts";
import type { DashboardHistory, DashboardSnapshot, RangeMinutes } from "../../protocol/messages/webview.ts";
import type { Attributes, Unit } from "../../protocol/reading.ts";
import type { GpuGlance, ProcessList, ProcessRow, WorkerState } from "../../protocol/state.ts";

const GIB = 1024 ** 3;
const KIB = 1024;
const MINUTE = 60_000;

/** A story the sample machine tells. */
export type Story = "calm" | "crit" | "warn";

/** What a sample is made from. */
export interface SampleOptions {
  readonly now: number;
  readonly range?: RangeMinutes;
  readonly story?: Story;
  /** Name of the second mount point; hostile names go here. */
  readonly mount?: string;
  readonly hostname?: string;
  /** How many GPUs it has; none by default. */
  readonly gpus?: number;
  /** Moves every value a little, so that two samples differ. */
  readonly turn?: number;
}

/** The same pseudo-random numbers for the same seed. */
function noise(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
}

/** A smooth wander between -1 and 1. */
function wander(position: number, seed: number): number {
  const step = Math.floor(position);
  const rest = position - step;
  const ease = rest * rest * (3 - 2 * rest);
  return 2 * (noise(step + seed) * (1 - ease) + noise(step + 1 + seed) * ease) - 1;
}

/** What the machine does at a share 0..1 of the range. */
function cpuAt(share: number, story: Story): number {
  const base = 0.16 + 0.07 * wander(share * 40, 1) + 0.05 * wander(share * 160, 7);
  if (story === "calm") return base;
  const burst = Math.min(1, Math.max(0, (share - 0.62) * 16));
  const fade = Math.min(1, Math.max(0, (share - 0.9) * 12));
  const busy = story === "crit" ? 0.5 : 0.62;
  return Math.min(0.99, base + burst * busy - fade * 0.18);
}

function memoryAt(share: number, story: Story): number {
  const base = 0.575 + 0.006 * wander(share * 30, 3);
  return story === "crit" ? Math.min(0.968, base + Math.max(0, share - 0.55) * 0.88) : base;
}

function pressureAt(share: number, story: Story): number {
  const base = 0.012 + 0.01 * wander(share * 60, 5);
  return story === "crit" ? Math.min(0.4, base + Math.max(0, share - 0.8) * 0.52) : Math.max(0, base);
}

function frame(
  metric: string,
  attributes: Attributes,
  unit: Unit,
  window: { from: number; to: number; step: number; gap: boolean },
  at: (share: number) => number,
  spread: number,
): SeriesFrame {
  const times: number[] = [];
  const values: number[] = [];
  const min: number[] = [];
  const max: number[] = [];
  for (let time = window.from; time < window.to; time += window.step) {
    const share = (time - window.from) / (window.to - window.from);
    if (window.gap && share > 0.28 && share < 0.34) continue;
    const value = Math.max(0, at(share));
    const index = times.length;
    times.push(time);
    values.push(value);
    min.push(Math.max(0, value * (1 - spread * noise(index + 3))));
    max.push(
      unit === "1" ? Math.min(1, value * (1 + spread * noise(index + 5))) : value * (1 + spread * noise(index + 5)),
    );
  }
  return { metric, attributes, unit, times, values, min, max };
}

/** Two epochs of a training, and an alert where there is one. */
function sampleNotes(from: number, to: number, story: string): Annotation[] {
  const at = (share: number): number => Math.round(from + share * (to - from));
  const note = (id: number, share: number, kind: string, text: string): Annotation => ({
    id,
    time: at(share),
    end: null,
    kind,
    text,
    source: "sample",
  });
  return [
    note(1, 0.3, "epoch", "Epoch 1 of 10 ended: loss 0.93"),
    note(2, 0.62, "epoch", "Epoch 2 of 10 ended: loss 0.71"),
    ...(story === "crit" ? [note(3, 0.88, "alert", "Memory is running out: 91.2 %")] : []),
  ];
}

/** The history of the sample machine. There is a gap in it from 15 min on, and spread from 1 h on. */
export function sampleHistory(options: SampleOptions): DashboardHistory {
  const { now, range = 15, story = "calm", mount = "/data", turn = 0, gpus = 0 } = options;
  const step = { 1: 2000, 15: 2000, 60: 10_000, 1440: 300_000 }[range];
  const to = Math.floor(now / step) * step + step;
  const from = to - range * MINUTE;
  const window = { from, to, step, gap: range > 1 };
  const spread = range >= 60 ? 0.5 : 0;
  const still = (name: string, value: number): SeriesFrame =>
    frame(
      "system.filesystem.utilization",
      { "system.filesystem.mountpoint": name, "system.device": "/dev/vda1" },
      "1",
      window,
      (share) => value + 0.004 * share,
      0,
    );
  const rate = (name: string, direction: string, size: number, seed: number): SeriesFrame =>
    frame(
      "gorgon.network.io.rate",
      { "network.interface.name": name, "network.io.direction": direction },
      "By/s",
      window,
      (share) => size * (1 + 0.8 * wander(share * 50, seed) + (share > 0.66 && share < 0.8 ? 4 : 0) + 0.01 * turn),
      spread,
    );
  return {
    from,
    to,
    step,
    annotations: sampleNotes(from, to, story),
    cpu: [frame("gorgon.cpu.busy", {}, "1", window, (share) => cpuAt(share, story) + 0.01 * (turn % 7), spread)],
    memory: [
      frame(
        "system.memory.utilization",
        { "system.memory.state": "used" },
        "1",
        window,
        (share) => memoryAt(share, story),
        spread / 20,
      ),
    ],
    disk: [still("/", 0.706), still(mount, story === "warn" ? 0.874 : 0.42)],
    network: [
      rate("lo", "receive", 900 * KIB, 2),
      rate("lo", "transmit", 900 * KIB, 2),
      rate("eth0", "receive", 640 * KIB, 11),
      rate("eth0", "transmit", 120 * KIB, 23),
    ],
    gpu: sampleGpus(gpus).map(({ id, name }, index) =>
      frame(
        "hw.gpu.utilization",
        { "hw.id": id, "hw.name": name },
        "1",
        window,
        (share) => 0.4 + 0.05 * index + 0.12 * wander(share * 30, 31 + index),
        spread,
      ),
    ),
    pressure: (["memory", "io", "cpu"] as const).map((resource) =>
      frame(
        "gorgon.pressure.ratio",
        {
          "gorgon.pressure.resource": resource,
          "gorgon.pressure.kind": "some",
          "gorgon.pressure.window": "10s",
        },
        "1",
        window,
        (share) => (resource === "memory" ? pressureAt(share, story) : 0.008),
        spread,
      ),
    ),
  };
}

function verdict(
  rule: Partial<Rule> & Pick<Rule, "id" | "title" | "metric">,
  value: number,
  since: number,
  now: number,
  attributes: Attributes = {},
): Verdict {
  const full: Rule = { match: {}, direction: "above", warn: null, crit: null, origin: "built in", ...rule };
  const { warn, crit } = full;
  const level: Level = crit !== null && value >= crit ? "CRIT" : warn !== null && value >= warn ? "WARN" : "OK";
  const border = level === "CRIT" ? crit : warn;
  const reason = level === "OK" ? "" : `${formatRatio(value)} is at or over ${formatRatio(border).replace(".0", "")}`;
  return { rule: full, level, value, unit: "1", attributes, readAt: now, since, reason };
}

function sampleGpus(amount: number): GpuGlance[] {
  return Array.from({ length: amount }, (_, index) => ({
    id: `GPU-5a3e9c2b-1f60-4c1e-9a9e-00000000000${String(index)}`,
    name: "NVIDIA GeForce RTX 4090",
    utilization: Math.min(1, 0.44 + 0.07 * index),
    memoryUsed: (9.8 + index) * GIB,
    memoryTotal: 24 * GIB,
    temperature: 61 + index,
  }));
}

/** The processes of the sample machine. */
function sampleProcesses(now: number, story: Story, used: number, gpus: number): ProcessList {
  const row = (
    pid: number,
    name: string,
    detail: string,
    cpu: number,
    mib: number,
    ioRate: number | null,
    gpuMib: number | null = null,
  ): ProcessRow => ({
    ...{ pid, name, detail, cpu, ioRate },
    startedAt: now - (9000 - pid) * 1000,
    memoryBytes: mib * 1024 * KIB,
    threads: 3 + (pid % 14),
    gpuMemoryBytes: gpus === 0 || gpuMib === null ? null : gpuMib * 1024 * KIB,
  });
  const hungry = story === "crit" ? (used / GIB - 3.2) * 1024 : 4240;
  return {
    time: now - 4000,
    intervalMs: 10_000,
    rows: [
      row(4711, "python3.11", "train.py", story === "calm" ? 0.82 : 5.48, hungry, 2.1 * 1024 * KIB, 9412),
      row(3120, "node", "extensionHost", 0.031, 612, 0),
      row(812, "postgres", "", 0.004, 388, 210 * KIB),
      row(640, "dockerd", "", 0.009, 141, null),
      row(3040, "node", "fileWatcher", 0.002, 96, 0),
      row(5120, "rust-analyzer", "", 0.212, 1430, 0),
      row(1, "systemd", "", 0, 14, null),
      row(5999, "bash", "build.sh", 0.118, 5, 0),
      row(6001, "cc1plus", "", 0.97, 310, 44 * KIB),
      row(2210, "chrome", "", 0.06, 540, null),
      // Holds a GPU and next to nothing else.
      ...(gpus === 0 ? [] : [{ ...row(7313, "ollama", "", 0, 0, null, 5310), cpu: null, memoryBytes: null }]),
    ],
  };
}

/** The state of the sample machine. */
export function sampleState(options: SampleOptions): WorkerState {
  const { now, story = "calm", mount = "/data", hostname = "devbox", turn = 0, gpus = 0 } = options;
  const cpu = cpuAt(1, story) + 0.01 * (turn % 7);
  const memory = memoryAt(1, story);
  const disk = story === "warn" ? 0.878 : 0.71;
  const fullest = story === "warn" ? mount : "/";
  const since = now - 41 * MINUTE;
  const verdicts = [
    verdict({ id: "cpu", title: "CPU", metric: "gorgon.cpu.busy", warn: 0.7, crit: 0.9 }, cpu, since, now),
    verdict(
      {
        id: "memory",
        title: "Memory",
        metric: "system.memory.utilization",
        match: { "system.memory.state": "used" },
        warn: 0.8,
        crit: 0.95,
      },
      memory,
      story === "crit" ? now - 2 * MINUTE : since,
      now,
      { "system.memory.state": "used" },
    ),
    verdict(
      { id: "disk", title: "Disk", metric: "system.filesystem.utilization", warn: 0.85, crit: 0.95 },
      disk,
      story === "warn" ? now - 9 * MINUTE : since,
      now,
      { "system.filesystem.mountpoint": fullest, "system.device": "/dev/vda1", "system.filesystem.type": "ext4" },
    ),
  ];
  const level = worst(verdicts.map((one) => one.level));
  const headline = {
    calm: "All is well",
    crit: `Memory is running out: ${formatRatio(memory)}`,
    warn: `Disk ${mount} is filling up: ${formatRatio(disk)}`,
  }[story];
  const limit = 23.4 * GIB;
  const size = 251 * GIB;
  return {
    id: `sample ${String(now)} ${String(turn)}`,
    time: now,
    node: hostname,
    bell: {
      id: `sample bell ${String(now)} ${String(turn)}`,
      time: now,
      node: hostname,
      level,
      since: Math.max(...verdicts.filter((one) => one.level === level).map((one) => one.since)),
      headline,
      verdicts,
      alerts: sampleAlerts(now, story),
      silences: story === "calm" ? [] : [sampleSilence(now)],
    },
    glance: {
      cpu: { busy: cpu, load1: story === "calm" ? 1.42 : 5.87, cores: 8 },
      memory: { used: memory * limit, limit, limitedBy: "cgroup /user.slice", swapUsed: 0, swapTotal: 0 },
      disk: { mount: fullest, used: disk * size, size },
      network: { receive: (640 + turn) * KIB, transmit: 120 * KIB },
      gpu: gpus === 0 ? null : sampleGpus(gpus),
      pressure: { cpu: 0.021, memory: pressureAt(1, story), io: 0.004 },
    },
    processes: sampleProcesses(now, story, memory * limit, gpus),
    host: {
      hostname,
      os: "Debian GNU/Linux 12",
      kernel: "6.1.0",
      cpuModel: "AMD EPYC 7B13",
      cores: 8,
      memoryBytes: 31.3 * GIB,
      virtualization: "KVM",
    },
    sensors: ["cpu", "memory", "disk", "network"].map((sensor) => ({
      crab: "guardian",
      sensor,
      ok: true,
      reason: "",
      intervalMs: 2000,
      lastMs: 0.4,
      failures: 0,
    })),
    self: { cpuRatio: 0.004, rssBytes: 71 * 1024 * KIB, loopP99Ms: 3.1, uptimeMs: 5 * 60 * MINUTE, pid: 4242 },
    history: {
      mode: "writing",
      reason: "",
      path: "/home/ada/.local/state/gorgon/history.db",
      bytes: 38 * 1024 * KIB,
      series: 214,
      retentionMs: 7 * 24 * 60 * MINUTE,
    },
    role: { worker: "sample", role: "leads", leader: 4242, since: now - 5 * 60 * MINUTE, reason: "" },
    intervalMs: 2000,
    rate: { intervalMs: 2000, baseMs: 2000, slowestMs: 20_000, reason: "" },
    problems: [],
  };
}

/** A whole snapshot of the sample machine. */
export function sampleSnapshot(options: SampleOptions): DashboardSnapshot {
  return {
    type: "snapshot",
    sentAt: options.now,
    range: options.range ?? 15,
    state: sampleState(options),
    history: sampleHistory(options),
    worker: { status: "running", reason: "" },
    muted: [],
    mayAct: true,
    versions: { worker: "0.2.0", node: "24.1.0", protocol: 2 },
  };
}
