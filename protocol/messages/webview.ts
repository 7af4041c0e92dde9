/**
 * The messages between the dashboard and the extension (or, in a browser, the hub). Posted as they are, told apart
 * by `type`. Everything sent to the dashboard is a complete snapshot: a hidden view keeps only the newest.
 */
import type { Annotation, SeriesFrame } from "../history.ts";
import type { WorkerState } from "../state.ts";

/** Minutes that the charts span: 1 min, 15 min, 1 h, 24 h. */
export type RangeMinutes = 1 | 15 | 60 | 1440;

/** The ranges that the dashboard offers, in order. */
export const RANGES: readonly RangeMinutes[] = [1, 15, 60, 1440];

/** The series of charts and tiles. Frames are empty while there is no history. */
export interface DashboardHistory {
  readonly from: number;
  readonly to: number;
  /** Width of a step, milliseconds. */
  readonly step: number;
  /** `gorgon.cpu.busy`. */
  readonly cpu: readonly SeriesFrame[];
  /** `system.memory.utilization` in state `used`. */
  readonly memory: readonly SeriesFrame[];
  /** `system.filesystem.utilization`, one series a mount point. */
  readonly disk: readonly SeriesFrame[];
  /** `gorgon.network.io.rate`, one series an interface and direction. */
  readonly network: readonly SeriesFrame[];
  /** `hw.gpu.utilization`, one series a GPU; empty where there is none. */
  readonly gpu: readonly SeriesFrame[];
  /** `gorgon.pressure.ratio`, some in 10 s, one series a resource and control group. */
  readonly pressure: readonly SeriesFrame[];
  /** What happened meanwhile, by time; absent where nothing is noted. */
  readonly annotations?: readonly Annotation[];
}

/** Everything the dashboard shows. */
export interface DashboardSnapshot {
  readonly type: "snapshot";
  /** When it was sent, by the sender's clock, so that ages are right where the dashboard's clock differs. */
  readonly sentAt?: number;
  readonly range: RangeMinutes;
  /** Null while the worker starts. */
  readonly state: WorkerState | null;
  readonly history: DashboardHistory | null;
  /** The worker: `starting`, `running`, or `down` with the reason in words. */
  readonly worker: { readonly status: "starting" | "running" | "down"; readonly reason: string };
  /** Rule ids whose notifications are muted in this window. */
  readonly muted: readonly string[];
}

/** Extension -> dashboard. */
export type ToDashboard = DashboardSnapshot;

/** Dashboard -> extension. */
export type FromDashboard =
  /** The page woke (first paint, or shown again) and wants a snapshot of this range. */
  | { readonly type: "ready"; readonly range: RangeMinutes }
  /** The user chose another range. */
  | { readonly type: "range"; readonly range: RangeMinutes }
  /** The user pressed a button. */
  | { readonly type: "command"; readonly command: "restart" | "settings" | "doctor" | "log" }
  /** The user muted a rule, or lifted the mute. */
  | { readonly type: "mute"; readonly rule: string; readonly muted: boolean };
