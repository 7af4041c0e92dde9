/** What Explore says in words: chips, status, the new rule's border. Pure. */
import { t } from "@vscode/l10n";
import { formatDuration } from "../../protocol/format.ts";
import { indexAt, valueAt } from "../series.ts";
import { lasting, sentence } from "../words.ts";
import type { UnitGroup } from "./axes.ts";
import type { ChipGroup } from "./chips.ts";
import type { FeedStatus } from "./feed.ts";
import type { Held } from "./frames.ts";
import { type RuleDraft, firstDraft, judgeable } from "./rule-form.ts";
import type { Scene, SceneLine } from "./scene.ts";
import { type ChosenSeries, keyOf } from "./state.ts";
import { shownUnit } from "./units.ts";
import type { Span } from "./window.ts";

/** The chosen series by unit with their values at the cursor, or the newest in the window. */
export function chipGroups(
  groups: readonly UnitGroup[],
  hidden: readonly string[],
  scenes: readonly Scene[],
  cursor: number | null,
): ChipGroup[] {
  return groups.map(({ unit, series }) => {
    const scene = scenes.find(({ axes }) => axes.some((axis) => axis.unit.id === unit.id));
    const axis = scene?.axes.find((one) => one.unit.id === unit.id);
    return {
      id: unit.id,
      words: unit.words,
      place: placeOf(scenes, scene, unit.id, hidden.includes(unit.id)),
      shown: !hidden.includes(unit.id),
      chips: series.map((one) => {
        const line = axis?.lines.find(({ key }) => key === keyOf(one));
        const value = line === undefined || scene === undefined ? null : valueOf(line, scene.window, cursor);
        return { id: keyOf(one), series: one, value: line === undefined ? "" : unit.format(value) };
      }),
    };
  });
}

function placeOf(scenes: readonly Scene[], scene: Scene | undefined, unit: string, hidden: boolean): string {
  if (hidden || scene === undefined) return hidden ? t("hidden") : "";
  if (scene.axes.length > 1) return scene.axes[0]?.unit.id === unit ? t("left axis") : t("right axis");
  return scenes.length > 1 ? t("own chart") : "";
}

function valueOf({ columns, tolerance }: SceneLine, { from, to }: Span, cursor: number | null): number | null {
  if (cursor !== null && cursor >= from && cursor <= to) return valueAt(columns, cursor, tolerance);
  const last = indexAt(columns.times, to) - 1;
  return last >= 0 && (columns.times[last] ?? 0) >= from ? (columns.values[last] ?? null) : null;
}

/** What is fetched, what failed, and how exact the values are. */
export function statusText(
  { loading, failed }: FeedStatus,
  scenes: readonly Scene[],
  series: readonly ChosenSeries[],
  held: (key: string) => Held | undefined,
): string {
  if (failed !== "") return t("The values could not be fetched: {0}", sentence(failed));
  if (loading > 0) return loading === 1 ? t("Fetching 1 series…") : t("Fetching {0} series…", loading);
  if (scenes.length === 0) return t("Every unit is hidden: show one to see its series.");
  const there = series.flatMap((one) => held(keyOf(one)) ?? []);
  if (there.every(({ columns }) => columns.times.length === 0)) {
    return t("There are no values in this window: history does not reach there, or nothing was sensed.");
  }
  const step = lasting(Math.max(...there.map((one) => one.step)));
  const stored = Math.max(...there.map(({ resolution }) => resolution));
  const points = t("Each point is the mean over {0}; the band reaches from the lowest to the highest.", step);
  if (stored === 0) return points;
  const coarse = t(
    "Parts are kept in steps of {0}: their values may be off in time by as much.",
    formatDuration(stored),
  );
  return `${points} ${coarse}`;
}

/** A new rule's form for a series, from what the charts show; null when no rule can judge it. */
export function draftOf(key: string, series: readonly ChosenSeries[], scenes: readonly Scene[]): RuleDraft | null {
  const able = judgeable(series);
  const chosen = able.find((one) => keyOf(one) === key) ?? able[0];
  return chosen === undefined ? null : firstDraft(chosen, visibleHighest(keyOf(chosen), scenes));
}

function visibleHighest(key: string, scenes: readonly Scene[]): number | null {
  for (const { axes, window } of scenes) {
    const line = axes.flatMap((axis) => axis.lines).find((one) => one.key === key);
    if (line === undefined) continue;
    const { times, max } = line.columns;
    const highest = Math.max(...max.slice(indexAt(times, window.from), indexAt(times, window.to)));
    return Number.isFinite(highest) ? highest : null;
  }
  return null;
}

/** What the border of a new rule says. */
export function draftText({ key, level, direction, value }: RuleDraft, series: readonly ChosenSeries[]): string {
  const chosen = series.find((one) => keyOf(one) === key);
  const border = chosen === undefined ? String(value) : shownUnit(chosen).brief(value);
  return direction === "above" ? t("{0} at or above {1}", level, border) : t("{0} at or below {1}", level, border);
}
