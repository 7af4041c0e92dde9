/** The messages between the extension and the worker. One constant a message; a comment gives its purpose. */
import type { AlertRecord, NewSilence, Silence } from "../alert.ts";
import type { CellRecord, CellRef } from "../cell.ts";
import type { ConfigEdit, NewRule, NewWatch, SettingOrigin } from "../config.ts";
import type { DoctorReport } from "../doctor.ts";
import type { Annotation, HistoryQuery, SeriesFrame } from "../history.ts";
import type { GuardAnswer, KernelsState } from "../kernel.ts";
import { notification, request } from "../message.ts";
import type { ClientContext, LogLevel } from "../settings.ts";
import type { Attention } from "../attention.ts";
import type { SeriesInfo } from "../series.ts";
import type { ConfigProblem, WorkerState } from "../state.ts";

/** The complete state, after every poll. A newer one replaces an older one. */
export const stateChanged = notification<WorkerState>("gorgon/state", "toClient");

/** The state now, for a face that just woke; null before the first poll has ended. */
export const getState = request<null, WorkerState | null>("gorgon/state/get", "toWorker");

/** Polls every crab at once and answers with the state after it. */
export const collectNow = request<null, WorkerState>("gorgon/collect", "toWorker");

/** Several questions about the past in one go; answers in the same order, each with the series that matched. */
export const getHistory = request<
  { readonly queries: readonly HistoryQuery[] },
  { readonly frames: readonly (readonly SeriesFrame[])[] }
>("gorgon/history", "toWorker");

/** What happened in [from, to): alerts, epochs, ... by time, the newest thousand at most. */
export const getAnnotations = request<
  { readonly from: number; readonly to: number },
  { readonly annotations: readonly Annotation[] }
>("gorgon/annotations", "toWorker");

/** The complete settings and folders. Answers with what was refused; for those the last good value stays in force. */
export const setContext = request<ClientContext, { readonly problems: readonly ConfigProblem[] }>(
  "gorgon/context",
  "toWorker",
);

/** What was found and what is missing, each with its mend. */
export const getDoctor = request<null, DoctorReport>("gorgon/doctor", "toWorker");

/**
 * Whether somebody can be looking: the window has the focus, the dashboard is visible. Sent at the worker's start and at
 * each change; while nobody looks the worker polls less often (`gorgon.rate.adaptive`).
 */
export const attentionChanged = notification<Attention>("gorgon/attention", "toWorker");

/** How much the worker logs; follows the log level of VS Code's output channel. */
export const setLogLevel = notification<{ readonly level: LogLevel }>("gorgon/log/level", "toWorker");

/** Alerts that were open at some time in [from, to), newest first. `rule` empty: of every rule. */
export const getAlertHistory = request<
  { readonly from: number; readonly to: number; readonly rule: string; readonly limit: number },
  { readonly records: readonly AlertRecord[] }
>("gorgon/alerts/history", "toWorker");

/**
 * Says that somebody has seen an alert, or takes that back. The leader carries it out. Fails for an alert that is not
 * open, and where the workspace is not trusted.
 */
export const acknowledgeAlert = request<
  { readonly alert: string; readonly by: string; readonly note: string; readonly undo: boolean },
  null
>("gorgon/alerts/acknowledge", "toWorker");

/** Adds a silence; answers with it. Fails for one that ends before it begins, fits everything or is too long. */
export const addSilence = request<{ readonly silence: NewSilence }, { readonly silence: Silence }>(
  "gorgon/silences/add",
  "toWorker",
);

/** Ends a silence now. Fails for one that is not there. */
export const endSilence = request<{ readonly id: string }, null>("gorgon/silences/end", "toWorker");

/** Series by words in their metric, attributes or description; best first. `total`: how many there are. */
export const findSeries = request<
  { readonly search: string; readonly limit: number },
  { readonly series: readonly SeriesInfo[]; readonly total: number }
>("gorgon/series", "toWorker");

/** Every setting in force and where it came from. */
export const getSettingOrigins = request<null, { readonly settings: readonly SettingOrigin[] }>(
  "gorgon/settings/origins",
  "toWorker",
);

/**
 * What the user's `gorgon.yaml` would be with this rule or watch added; comments and order stay. Nothing is written: the
 * window applies it as an edit that can be undone.
 */
export const proposeConfigEdit = request<
  { readonly add: { readonly rule: NewRule } | { readonly watch: NewWatch } },
  ConfigEdit
>("gorgon/config/propose", "toWorker");

/**
 * Asks a process to end (SIGTERM), or makes it (SIGKILL). Pid and start time must both fit, so that another process which
 * took the pid is never hit. Refused for processes of other users, for Gorgon's own and where the workspace is not trusted.
 * Answers within some seconds: `gone` when it is not there any more, `asked` when it got the signal and still is.
 */
export const terminateProcess = request<
  { readonly pid: number; readonly startedAt: number; readonly force: boolean },
  { readonly outcome: "asked" | "gone" }
>("gorgon/process/terminate", "toWorker");

/** All kernels of this user, whenever something of them changed; at most twice a second. */
export const kernelsChanged = notification<KernelsState>("gorgon/kernels", "toClient");

/** The kernels now: new ones are searched for before it is answered, unless that was done a moment ago. */
export const getKernels = request<null, KernelsState>("gorgon/kernels/get", "toWorker");

/** A cell ran to its end, or died. The windows tell by its id, or by the kernel, whether it is theirs. */
export const cellEnded = notification<{ readonly record: CellRecord }>("gorgon/cell", "toClient");

/**
 * Records that are kept, newest first. `kernel` null: of every kernel; `hashes` empty: of every cell (2,000 at most). At most
 * `limit`, which is at most 1,000.
 */
export const getCells = request<
  {
    readonly from: number;
    readonly to: number;
    readonly kernel: { readonly pid: number; readonly startedAt: number } | null;
    readonly hashes: readonly string[];
    readonly limit: number;
  },
  { readonly records: readonly CellRecord[] }
>("gorgon/cells", "toWorker");

/**
 * What runs in a kernel, as the window sees it: without the package in the kernel nobody else knows. null: it is idle. Never
 * the cell's text.
 */
export const kernelRuns = notification<{
  readonly pid: number;
  readonly startedAt: number;
  readonly cell: CellRef | null;
  /** The window has asked this kernel to restart or to end: its death is none to report. */
  readonly leaving: boolean;
}>("gorgon/kernel/runs", "toWorker");

/**
 * What a kernel used in [from, to], from the looks of that time: for a run that no package measured. Kept like any record and
 * answered with it; null when the kernel is not known or nobody looked in that time.
 */
export const measureRun = request<
  {
    readonly pid: number;
    readonly startedAt: number;
    readonly cell: CellRef;
    readonly from: number;
    readonly to: number;
    readonly outcome: "ok" | "error" | "interrupted";
  },
  { readonly record: CellRecord | null }
>("gorgon/kernel/measure", "toWorker");

/** Answers a kernel that its guard holds frozen. Refused where the workspace is not trusted, and for one that is not frozen. */
export const answerGuard = request<
  { readonly pid: number; readonly startedAt: number; readonly answer: GuardAnswer },
  null
>("gorgon/kernel/guard", "toWorker");
