/** The search for a series as a state machine: what was typed, what was answered, which result is active. Pure. */
import { t } from "@vscode/l10n";
import type { SeriesInfo } from "../../protocol/series.ts";
import { sentence } from "../words.ts";

/** `waiting`: typed, and not asked yet. */
export type SearchPhase = "idle" | "waiting" | "asking" | "found" | "failed";

/** All there is to draw. */
export interface SearchState {
  readonly text: string;
  readonly phase: SearchPhase;
  readonly open: boolean;
  /** Of the newest question; an answer to an older one is late and counts for nothing. */
  readonly turn: number;
  readonly results: readonly SeriesInfo[];
  /** How many fit. */
  readonly total: number;
  /** Index of the active result; -1: none. */
  readonly active: number;
  readonly reason: string;
}

/** What happens. */
export type SearchEvent =
  | { readonly type: "typed"; readonly text: string }
  | { readonly type: "asked" }
  | {
      readonly type: "answered";
      readonly turn: number;
      readonly results: readonly SeriesInfo[];
      readonly total: number;
    }
  | { readonly type: "failed"; readonly turn: number; readonly reason: string }
  | { readonly type: "moved"; readonly by: number }
  | { readonly type: "opened" }
  | { readonly type: "closed" };

export const NO_SEARCH: SearchState = {
  ...{ text: "", phase: "idle", open: false, turn: 0, results: [], total: 0, active: -1, reason: "" },
};

/** The state after an event. */
export function searched(state: SearchState, event: SearchEvent): SearchState {
  switch (event.type) {
    case "typed":
      return { ...state, text: event.text, phase: "waiting", open: true, active: -1 };
    case "asked":
      return { ...state, phase: "asking", turn: state.turn + 1 };
    case "answered": {
      if (event.turn !== state.turn) return state;
      const { results, total } = event;
      // The list is asked for anew when it is opened: the result that was active stays so where it still is.
      const active = state.active < results.length ? state.active : -1;
      return { ...state, phase: "found", results, total, active, reason: "" };
    }
    case "failed":
      return event.turn === state.turn ? { ...state, phase: "failed", reason: event.reason } : state;
    case "moved":
      return { ...state, open: true, active: movedTo(state, event.by) };
    case "opened":
      return { ...state, open: true };
    case "closed":
      return { ...state, open: false, active: -1 };
  }
}

/** Single steps go round; longer ones stop at the ends. */
function movedTo({ active, results }: SearchState, by: number): number {
  const last = results.length - 1;
  if (last < 0) return -1;
  if (Math.abs(by) > 1) return Math.min(last, Math.max(0, active + by));
  const next = active + by;
  return next < 0 ? last : next > last ? 0 : next;
}

/** What is said under the field; empty while nobody searches. */
export function searchStatus({ phase, text, results, total, reason, open }: SearchState): string {
  if (!open) return "";
  switch (phase) {
    case "idle":
      return "";
    case "waiting":
    case "asking":
      return results.length === 0 ? t("Searching…") : `${found(results.length, total)} ${t("Searching…")}`;
    case "failed":
      return t("The search failed: {0}", sentence(reason));
    case "found":
      if (total > 0) return found(results.length, total);
      return text.trim() === ""
        ? t("There are no series yet: they come with the first reading.")
        : t("No series has all of these words: {0}. Fewer or shorter words find more.", text.trim());
  }
}

function found(shown: number, total: number): string {
  if (shown < total) return t("{0} of {1} series are listed; more words narrow it down.", shown, total);
  return total === 1 ? t("1 series.") : t("{0} series.", total);
}
