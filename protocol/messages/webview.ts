/**
 * The messages between the dashboard and the extension (or, in a browser, the hub). Posted as they are, told apart
 * by `type`. Everything sent to the dashboard is a complete snapshot: a hidden view keeps only the newest.
 */
import type { AlertRecord, NewSilence } from "../alert.ts";
import type { NewRule, SettingOrigin } from "../config.ts";
import type { Aggregate, Annotation, HistoryQuery, SeriesFrame } from "../history.ts";
import type { Attributes } from "../reading.ts";
import type { SeriesInfo } from "../series.ts";
import type { WorkerState } from "../state.ts";

/** The dashboard's tabs, in order. */
export const TABS = ["overview", "explore", "alerts", "about"] as const;

/** One of them. */
export type Tab = (typeof TABS)[number];

/** One series on a chart. */
export interface ChartSeries {
  readonly metric: string;
  readonly attributes: Attributes;
  /** How the samples of a step become one value, e.g. `rate` for a counter. Absent: `avg`. */
  readonly aggregate?: Aggregate;
}

/** A chart that the user put on the overview. */
export interface PinnedChart {
  readonly id: string;
  readonly series: readonly ChartSeries[];
}

/** Minutes that the charts span: 1 min, 15 min, 1 h, 24 h. */
export type RangeMinutes = 1 | 15 | 60 | 1440;

/** How many charts may stand on the overview, and how many series on one. */
export const MOST_PINS = 12;
export const MOST_PINNED_SERIES = 12;

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
  /** Charts on the overview, in the user's order. */
  readonly pins?: readonly PinnedChart[];
  /** The pinned charts' frames over the same time as `history`, by the pin's id. */
  readonly pinned?: Readonly<Record<string, readonly SeriesFrame[]>>;
  /** Whether this window may acknowledge, silence and change rules; false where the workspace is not trusted. */
  readonly mayAct?: boolean;
  /** The worker's release, the Node that it runs on and the protocol it speaks; absent while none runs. */
  readonly versions?: { readonly worker: string; readonly node: string; readonly protocol: number };
}

/** What the dashboard may ask; each kind has its answer in `Answers`. */
export type Question =
  | { readonly ask: "frames"; readonly queries: readonly HistoryQuery[] }
  | { readonly ask: "annotations"; readonly from: number; readonly to: number }
  | { readonly ask: "series"; readonly search: string; readonly limit: number }
  | {
      readonly ask: "alerts";
      readonly from: number;
      readonly to: number;
      readonly rule: string;
      readonly limit: number;
    }
  | { readonly ask: "settings" }
  | { readonly ask: "acknowledge"; readonly alert: string; readonly undo: boolean }
  | { readonly ask: "silence"; readonly silence: Pick<NewSilence, "matchers" | "endsAt" | "comment"> }
  | { readonly ask: "endSilence"; readonly id: string }
  /** Opens the user's `gorgon.yaml` with this rule added, not saved. */
  | { readonly ask: "addRule"; readonly rule: NewRule }
  /** Offers a file to be saved. `base64`: its bytes. */
  | { readonly ask: "save"; readonly name: string; readonly base64: string };

/** What each question is answered with. */
export interface Answers {
  readonly frames: readonly (readonly SeriesFrame[])[];
  readonly annotations: readonly Annotation[];
  readonly series: { readonly series: readonly SeriesInfo[]; readonly total: number };
  readonly alerts: readonly AlertRecord[];
  readonly settings: readonly SettingOrigin[];
  readonly acknowledge: null;
  readonly silence: null;
  readonly endSilence: null;
  readonly addRule: null;
  /** Whether the user saved it. */
  readonly save: { readonly saved: boolean };
}

/** The answer to one question. `reason`: a sentence, with the mend. */
export type Answer =
  | { readonly type: "answer"; readonly id: number; readonly ok: true; readonly result: Answers[keyof Answers] }
  | { readonly type: "answer"; readonly id: number; readonly ok: false; readonly reason: string };

/** A wish that the page shows this tab, as when the user pressed *Show* on a notification. */
export interface ShowTab {
  readonly type: "show";
  readonly tab: Tab;
}

/** Extension -> dashboard. */
export type ToDashboard = DashboardSnapshot | Answer | ShowTab;

/** What a button of the page may run. `trust`: asks whether the workspace is to be trusted. */
export type PageCommand = "restart" | "settings" | "doctor" | "log" | "trust";

/** Dashboard -> extension. */
export type FromDashboard =
  /** The page woke (first paint, or shown again) and wants a snapshot of this range. */
  | { readonly type: "ready"; readonly range: RangeMinutes }
  /** The user chose another range. */
  | { readonly type: "range"; readonly range: RangeMinutes }
  /** The user pressed a button. */
  | { readonly type: "command"; readonly command: PageCommand }
  /** The user muted a rule, or lifted the mute. */
  | { readonly type: "mute"; readonly rule: string; readonly muted: boolean }
  /** A question; its answer carries the same id. */
  | { readonly type: "question"; readonly id: number; readonly question: Question }
  /** The user put a chart on the overview, or took it off. */
  | { readonly type: "pin"; readonly chart: PinnedChart }
  | { readonly type: "unpin"; readonly id: string };
