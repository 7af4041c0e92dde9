/** The messages between the extension and the worker. One constant a message; a comment gives its purpose. */
import type { DoctorReport } from "../doctor.ts";
import type { Annotation, HistoryQuery, SeriesFrame } from "../history.ts";
import { notification, request } from "../message.ts";
import type { ClientContext, LogLevel } from "../settings.ts";
import type { Attention } from "../attention.ts";
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
