/** The charts that the user put on the overview, as plots: one a pin and unit, the same colour for the same metric. */
import { t } from "@vscode/l10n";
import type { SeriesFrame } from "../../protocol/history.ts";
import type { DashboardSnapshot } from "../../protocol/messages/webview.ts";
import { seriesKey, type Unit } from "../../protocol/reading.ts";
import { METRICS } from "../plot-rules.ts";
import { type Ink, type Line, type Plot, linePlot } from "../plots.ts";
import { gapTolerance } from "../series.ts";
import { RANGE_WORDS, clip, listing, seriesName } from "../words.ts";

/** A plot and the pin that it belongs to. */
export interface PinnedPlot extends Plot {
  readonly pin: string;
}

/** Colours of metrics that have none of their own, in order. */
const INKS: readonly Ink[] = ["cpu", "memory", "network", "disk", "pressure", "gpu"];

/** The pinned charts of a snapshot, in the user's order. */
export function pinnedPlots(snapshot: DashboardSnapshot | null): PinnedPlot[] {
  const { pins = [], pinned = {}, history = null, state = null } = snapshot ?? {};
  if (snapshot === null) return [];
  return pins.flatMap((pin) => {
    const byUnit = new Map<Unit, SeriesFrame[]>();
    for (const frame of pinned[pin.id] ?? []) byUnit.set(frame.unit, [...(byUnit.get(frame.unit) ?? []), frame]);
    // A pin whose series are not there (yet) still has its place, and can be taken off.
    if (byUnit.size === 0) byUnit.set("1", []);
    const titles = [...new Set(pin.series.map((one) => one.metric))];
    return [...byUnit].map(([unit, frames]): PinnedPlot => {
      const shown = frames.length === 0 ? titles : [...new Set(frames.map((frame) => frame.metric))];
      const tolerance = gapTolerance(history?.step ?? 0, state?.intervalMs ?? 2000);
      const plot = linePlot(
        {
          id: `pin ${pin.id} ${unit}`,
          title: clip(listing(shown), 80),
          subtitle: RANGE_WORDS[snapshot.range],
          unit,
          empty: t("No values in this time."),
          from: history?.from ?? 0,
          to: history?.to ?? 0,
          marks: [],
        },
        frames.map((frame, index) => [lineName(frame, index, shown.length > 1), frame] as const),
        tolerance,
        state?.bell.verdicts ?? [],
      );
      return { ...plot, pin: pin.id };
    });
  });
}

function lineName(
  frame: SeriesFrame,
  index: number,
  several: boolean,
): Pick<Line, "id" | "label" | "title" | "ink" | "pattern"> {
  const own = Object.entries(METRICS).find(([, metric]) => metric === frame.metric)?.[0] as Ink | undefined;
  const series = seriesName(frame.attributes, {});
  const short = frame.metric.split(".").slice(-2).join(" ");
  const title = [several || series === "" ? short : "", series].filter(Boolean).join(" ");
  return {
    id: seriesKey(frame.metric, frame.attributes),
    label: clip(title, 14),
    title,
    ink: own ?? INKS[index % INKS.length] ?? "cpu",
    pattern: index === 0 ? 0 : index === 1 ? 1 : 2,
  };
}
