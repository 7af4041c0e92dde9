/** What is not as configured or not as promised: refused settings, history that is not kept. Pure. */
import type { DashboardSnapshot } from "../protocol/messages/webview.ts";
import { type Action, SETTINGS } from "./actions.ts";
import { clip, count, sentence } from "./words.ts";

/** One notice: an icon of codicons, a sentence, details as a list, what can be done. */
export interface Notice {
  readonly id: string;
  readonly tone: "warning" | "info";
  readonly text: string;
  readonly details: readonly string[];
  readonly actions: readonly Action[];
}

/** The notices of a snapshot, most pressing first. */
export function noticesOf({ state }: DashboardSnapshot): Notice[] {
  if (state === null) return [];
  const notices: Notice[] = [];
  if (state.problems.length > 0) {
    notices.push({
      id: "problems",
      tone: "warning",
      text: `${count(state.problems.length, "setting")} refused; the last good ${state.problems.length === 1 ? "value stays" : "values stay"} in force.`,
      details: state.problems.map(
        ({ key, value, message, source }) => `${key} = ${clip(value, 60)} (${source}): ${sentence(message)}`,
      ),
      actions: [SETTINGS],
    });
  }
  const { mode, reason } = state.history;
  if (mode === "memory") {
    notices.push({
      id: "history",
      tone: "info",
      text: `History lasts only until the worker ends: ${sentence(reason === "" ? "it is kept in memory" : reason)}`,
      details: [],
      actions: [SETTINGS],
    });
  } else if (mode === "writing" && reason !== "") {
    notices.push({ id: "history", tone: "warning", text: `History: ${sentence(reason)}`, details: [], actions: [] });
  }
  return notices;
}
