/** What happened meanwhile, as marks on the time line of a chart. */
import { t } from "@vscode/l10n";
import type { DashboardHistory } from "../protocol/messages/webview.ts";
import { clip, listing } from "./words.ts";

/** Something that happened, as a mark across the chart. */
export interface Mark {
  readonly time: number;
  /** Short enough to stand beside its line. */
  readonly label: string;
  readonly alert: boolean;
}

/** More marks than these would be a fence; the newest are drawn. */
const MOST_MARKS = 12;
/** Marks that are read out. */
const TOLD_MARKS = 3;

/** What happened within the chart: an alert at the moment it came, anything else when it ended. */
export function marksOf(history: Pick<DashboardHistory, "from" | "to" | "annotations"> | null): Mark[] {
  if (history === null) return [];
  const marks = (history.annotations ?? []).map(({ kind, text, time, end }): Mark => {
    const alert = kind === "alert";
    return { time: alert ? time : (end ?? time), label: clip(text.split(":")[0] ?? "", 28), alert };
  });
  const inside = marks.filter(({ time }) => time >= history.from && time < history.to);
  return inside.sort((a, b) => a.time - b.time).slice(-MOST_MARKS);
}

/** The marks as a sentence for those who cannot see them; empty when there are none. */
export function marked(marks: readonly Mark[]): string {
  return marks.length === 0 ? "" : t("Marked: {0}.", listing(marks.slice(-TOLD_MARKS).map(({ label }) => label)));
}
