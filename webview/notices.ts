/** What is not as configured or not as promised: refused settings, history that is not kept. Pure. */
import { t } from "@vscode/l10n";
import type { DashboardSnapshot } from "../protocol/messages/webview.ts";
import { type Action, settingsAction } from "./actions.ts";
import { clip, sentence } from "./words.ts";

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
      text:
        state.problems.length === 1
          ? t("1 setting refused; the last good value stays in force.")
          : t("{0} settings refused; the last good values stay in force.", state.problems.length),
      details: state.problems.map(({ key, value, message, source }) =>
        t("{0} = {1} ({2}): {3}", key, clip(value, 60), source, sentence(message)),
      ),
      actions: [settingsAction()],
    });
  }
  const { mode, reason } = state.history;
  if (mode === "memory") {
    notices.push({
      id: "history",
      tone: "info",
      text:
        reason === ""
          ? t("History lasts only until the worker ends: it is kept in memory.")
          : t("History lasts only until the worker ends: {0}", sentence(reason)),
      details: [],
      actions: [settingsAction()],
    });
  } else if (mode === "writing" && reason !== "") {
    const text = t("History: {0}", sentence(reason));
    notices.push({ id: "history", tone: "warning", text, details: [], actions: [] });
  }
  return notices;
}
