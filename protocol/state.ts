/** The worker's one status message: everything a face shows about now. */
import type { BellState } from "./bell.ts";
import type { WorkerRole } from "./role.ts";

/** What the machine is; read once. */
export interface HostFacts {
  readonly hostname: string;
  /** E.g. `Debian GNU/Linux 12`. */
  readonly os: string;
  readonly kernel: string;
  /** E.g. `AMD EPYC 7B13`. */
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** E.g. `KVM`, `docker`; empty on bare metal or where it cannot be told. */
  readonly virtualization: string;
}

/** How one sensor is doing. */
export interface SensorHealth {
  readonly crab: string;
  readonly sensor: string;
  readonly ok: boolean;
  /** Switched off by the user (`sensors.disabled`), so that it is not read. Absent: it is on. */
  readonly off?: boolean;
  /** Why it fails or is off, with the mend; empty when it does neither. */
  readonly reason: string;
  readonly intervalMs: number;
  /** Wall-clock milliseconds of its last read. */
  readonly lastMs: number;
  readonly failures: number;
}

/** What Gorgon costs. Measured by itself, about itself. */
export interface SelfCost {
  /** Share of one core, 0..1, over the last interval; null until two measurements exist. */
  readonly cpuRatio: number | null;
  readonly rssBytes: number;
  /** 99th percentile of the event loop's delay over the last minute, milliseconds. */
  readonly loopP99Ms: number | null;
  readonly uptimeMs: number;
  readonly pid: number;
}

/** Whether history is kept, where, and if not why not. */
export interface HistoryHealth {
  /** `writing`: to disk. `following`: another worker writes, this one reads. `memory`: not kept across restarts. */
  readonly mode: "writing" | "following" | "memory";
  /** Why not `writing`, or what happened to the file, with the mend. Empty when all is well. */
  readonly reason: string;
  readonly path: string;
  readonly bytes: number;
  readonly series: number;
  readonly retentionMs: number;
}

/** A piece of a file's text. Lines and columns (UTF-16 units) count from 1, as editors show them; the end is exclusive. */
export interface TextRange {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A setting that was refused, so that the last good value stays in force; or, by its severity, one worth a look. */
export interface ConfigProblem {
  /** Where: `setting`, `environment`, or the file's path. */
  readonly source: string;
  /** The dotted key, e.g. `bell.cpu.warn`. */
  readonly key: string;
  /** The value as given, shortened. */
  readonly value: string;
  /** A sentence: what is allowed, and what is in force instead. */
  readonly message: string;
  /** Absent: the value was refused. `warning`: it is in force and probably not what was meant. `information`: a note. */
  readonly severity?: "warning" | "information";
  /** Where in the file; absent for what does not come from a file's text. */
  readonly range?: TextRange;
  /** What was probably meant instead of the text at `range`, nearest first. */
  readonly suggestions?: readonly string[];
}

/** One GPU at a glance. Null: it does not tell. */
export interface GpuGlance {
  readonly id: string;
  readonly name: string;
  /** 0..1. */
  readonly utilization: number | null;
  readonly memoryUsed: number | null;
  readonly memoryTotal: number | null;
  /** Degrees Celsius. */
  readonly temperature: number | null;
}

/** The few numbers that every face shows beside the verdicts. Null: not known (yet). */
export interface Glance {
  readonly cpu: { readonly busy: number | null; readonly load1: number | null; readonly cores: number };
  readonly memory: {
    readonly used: number | null;
    readonly limit: number | null;
    /** What sets the limit: `host`, or e.g. `cgroup /user.slice`. */
    readonly limitedBy: string;
    readonly swapUsed: number | null;
    readonly swapTotal: number | null;
  };
  /** The fullest file system. */
  readonly disk: { readonly mount: string; readonly used: number | null; readonly size: number | null };
  /** Bytes a second over all interfaces but loopback. */
  readonly network: { readonly receive: number | null; readonly transmit: number | null };
  /** In the driver's order. Null: there is none that tells, or nobody needs it, so that it is not read now. */
  readonly gpu: readonly GpuGlance[] | null;
  /** Shares of the last 10 s in which some task waited for it; null where the system does not tell. */
  readonly pressure: { readonly cpu: number | null; readonly memory: number | null; readonly io: number | null };
}

/** One process that stands out. */
export interface ProcessRow {
  readonly pid: number;
  /** The program's file name. Data, never markup. */
  readonly name: string;
  /** What an interpreter runs, e.g. `train.py`; empty for other programs. */
  readonly detail: string;
  /** Milliseconds since the epoch; 0 where the system does not tell. With the pid it names the process. */
  readonly startedAt: number;
  /** In cores: 1.48 is one core and a half. Null until it has been seen twice. */
  readonly cpu: number | null;
  /** In RAM. Null where only the GPU tells of the process: it is not among those that use most of anything else. */
  readonly memoryBytes: number | null;
  /** Of all GPUs together. Null: it holds none, or GPUs are not read now, or do not tell of processes. */
  readonly gpuMemoryBytes: number | null;
  /** Bytes a second to and from disks; null where it may not be told. */
  readonly ioRate: number | null;
  readonly threads: number | null;
}

/** The processes that use most CPU, most memory and most of the GPUs' memory, together and in no order. */
export interface ProcessList {
  /** When they were looked at, milliseconds since the epoch. */
  readonly time: number;
  readonly intervalMs: number;
  readonly rows: readonly ProcessRow[];
}

/** How often the machine is polled, and why not more often. */
export interface PollRate {
  /** In force now, milliseconds. */
  readonly intervalMs: number;
  /** As configured, milliseconds. */
  readonly baseMs: number;
  /** The longest interval that may come into force by itself, milliseconds; `baseMs` where none may. */
  readonly slowestMs: number;
  /** Why the rate is not the configured one, e.g. `window unfocused`; empty when it is. */
  readonly reason: string;
}

/** The complete state, sent after every poll. */
export interface WorkerState {
  readonly id: string;
  readonly time: number;
  readonly node: string;
  readonly bell: BellState;
  readonly glance: Glance;
  /** Null before processes were looked at. */
  readonly processes: ProcessList | null;
  readonly host: HostFacts;
  readonly sensors: readonly SensorHealth[];
  readonly self: SelfCost;
  readonly history: HistoryHealth;
  /** What this worker is among those of its user on this host; null where it does not look for others. */
  readonly role: WorkerRole | null;
  /** Milliseconds between two polls, as in force: the leader polls at the smallest that any window wants. */
  readonly intervalMs: number;
  readonly rate: PollRate;
  readonly problems: readonly ConfigProblem[];
}
