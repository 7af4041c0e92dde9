/**
 * The messages between the workers of one user on one host, over the leader's socket. A follower greets with the token,
 * says what it wishes and gets crabs and snapshots, each a complete value.
 */
import type { Alert, AlertAct, Silence } from "../alert.ts";
import type { Rule } from "../bell.ts";
import type { CellRecord, CellRef } from "../cell.ts";
import type { GuardAnswer, KernelsState } from "../kernel.ts";
import { notification, request } from "../message.ts";
import type { MetricInfo, Snapshot } from "../reading.ts";
import type { SensorHealth } from "../state.ts";

/** Raised whenever one of these messages changes: windows of different releases may meet at one socket. */
export const LINK_VERSION = 5;

/** Who greets, and by what right. */
export interface LinkHello {
  readonly protocol: number;
  /** What the leader wrote into its token file, which only its own user can read. */
  readonly token: string;
  readonly pid: number;
  /** Gorgon's version. */
  readonly version: string;
  /** It follows nobody: it wants to hear of alerts and to act on them, as a command does. Absent: it follows. */
  readonly onlooker?: boolean;
}

/** A worker's window, as a place for notifications. */
export interface LinkWindow {
  /** The worker's name, `WorkerRole.worker`. */
  readonly worker: string;
  /** It shows notifications. A terminal never does, a window not where its settings switch them off. */
  readonly notifies: boolean;
  /** Since when it has the focus, milliseconds since the epoch; null: it does not. */
  readonly focusedAt: number | null;
}

/** Who answers. */
export interface LinkWelcome {
  readonly protocol: number;
  readonly pid: number;
  readonly version: string;
  readonly node: string;
}

/** What one window wants of the leader. Complete each time; forgotten when the window goes. */
export interface LinkWish {
  /** Milliseconds between two polls; the leader polls at the smallest that any window wants. */
  readonly intervalMs: number;
  /** The rules of its trusted workspace. */
  readonly rules: readonly Rule[];
  /** What of the GPUs its faces and rules show or judge now. */
  readonly gpu: readonly GpuPart[];
  /** How long it wants history kept on disk, milliseconds; null: it wants none. */
  readonly historyMs: number | null;
  readonly window: LinkWindow;
}

/** What can be read of GPUs, each at a cost of its own. */
export const GPU_PARTS = ["devices", "processes"] as const;

/** One of them. */
export type GpuPart = (typeof GPU_PARTS)[number];

/** A crab as the leader has it. */
export interface CrabCard {
  readonly name: string;
  readonly intervalMs: number;
  readonly metrics: readonly { readonly info: MetricInfo; readonly sensor: string; readonly intervalMs: number }[];
}

/** How a crab is doing. */
export interface CrabCount {
  readonly polls: number;
  readonly overruns: number;
  readonly lastMs: number;
  readonly sensors: readonly SensorHealth[];
}

/** The first word. Nothing else is answered before it. */
export const linkHello = request<LinkHello, LinkWelcome>("leader/hello", "toLeader");

/** What this window wants from now on. */
export const linkWish = request<LinkWish, null>("leader/wish", "toLeader");

/** Polls one crab, or all, on this window's behalf. The snapshots come before the answer, which names them. */
export const linkCollect = request<{ readonly crab: string | null }, { readonly ids: readonly string[] }>(
  "leader/collect",
  "toLeader",
);

/** Whether the leader still answers. */
export const linkPing = request<null, null>("leader/ping", "toLeader");

/** Every crab of the leader, whenever one comes, goes or changes its interval. */
export const linkCrabs = notification<{ readonly crabs: readonly CrabCard[] }>("leader/crabs", "toFollower");

/** One snapshot as the leader keeps it, and how its crab is doing. */
export const linkSnapshot = notification<{ readonly snapshot: Snapshot; readonly stats: CrabCount }>(
  "leader/snapshot",
  "toFollower",
);

/** The leader's alerts and silences: what every window shows. Complete each time, whenever something in it changed. */
export interface LinkAlerts {
  readonly alerts: readonly Alert[];
  readonly silences: readonly Silence[];
}

export const linkAlerts = notification<LinkAlerts>("leader/alerts", "toFollower");

/** What a user does to alerts in a window that follows; answered with the silence that was added. Refused in words. */
export const linkAct = request<AlertAct, { readonly silence: Silence | null }>("leader/act", "toLeader");

/** The leader's kernels: complete each time, whenever something of them changed. */
export const linkKernels = notification<KernelsState>("leader/kernels", "toFollower");

/** A run of a cell that ended. */
export const linkCell = notification<{ readonly record: CellRecord }>("leader/cell", "toFollower");

/** What a window says of a kernel, or wants done with it; the leader watches them all. */
export type KernelAct =
  | {
      readonly runs: {
        readonly pid: number;
        readonly startedAt: number;
        readonly cell: CellRef | null;
        /** When the window said so, milliseconds since the epoch: said again to the next leader. */
        readonly since: number;
        readonly leaving: boolean;
      };
    }
  | {
      readonly measure: {
        readonly pid: number;
        readonly startedAt: number;
        readonly cell: CellRef;
        readonly from: number;
        readonly to: number;
        readonly outcome: "ok" | "error" | "interrupted";
      };
    }
  | { readonly guard: { readonly pid: number; readonly startedAt: number; readonly answer: GuardAnswer } }
  /** Somebody wants to know the kernels now: new ones are searched for. */
  | { readonly find: true };

/** Carries it out; answered with the record that was made. Refused in words. */
export const linkKernelAct = request<KernelAct, { readonly record: CellRecord | null }>("leader/kernel", "toLeader");
