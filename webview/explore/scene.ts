/** What one chart of Explore shows: axes, lines, thresholds of the rules, marks. Pure. */
import { t } from "@vscode/l10n";
import type { Rule } from "../../protocol/bell.ts";
import type { Annotation } from "../../protocol/history.ts";
import type { TableRow } from "../plots.ts";
import { type Columns, gapTolerance, indexAt, pointsOf, summaryOf } from "../series.ts";
import { type Mark, marksOf } from "../time-marks.ts";
import { labelled } from "../words.ts";
import { type Axis, type ChartGroups, axisOf } from "./axes.ts";
import { type Held, NO_COLUMNS, slice } from "./frames.ts";
import { fullName, shortName } from "./names.ts";
import { type ChosenSeries, keyOf } from "./state.ts";
import type { ShownUnit } from "./units.ts";
import type { Span } from "./window.ts";

/** One line. */
export interface SceneLine {
  readonly key: string;
  readonly series: ChosenSeries;
  readonly name: string;
  /** Short, for its end. */
  readonly label: string;
  /** More than the window, so that lines reach its edges. */
  readonly columns: Columns;
  /** How far apart two times may be before there is a gap, milliseconds. */
  readonly tolerance: number;
}

/** A rule's border. */
export interface SceneThreshold {
  readonly level: "WARN" | "CRIT";
  readonly value: number;
  readonly direction: Rule["direction"];
  readonly title: string;
}

/** One axis and what stands on it. */
export interface SceneAxis {
  readonly unit: ShownUnit;
  readonly axis: Axis;
  readonly lines: readonly SceneLine[];
  readonly thresholds: readonly SceneThreshold[];
}

/** One chart. */
export interface Scene {
  readonly id: string;
  readonly window: Span;
  readonly live: boolean;
  readonly axes: readonly SceneAxis[];
  /** Room for a right axis is kept, because another chart has one: their edges stand one under the other. */
  readonly roomRight: boolean;
  readonly marks: readonly Mark[];
  /** One sentence for people who cannot see the chart. */
  readonly description: string;
}

/** What scenes are made from. */
export interface SceneSources {
  readonly window: Span;
  readonly live: boolean;
  readonly held: (key: string) => Held | undefined;
  readonly rules: readonly Rule[];
  readonly notes: readonly Annotation[];
  /** Between two polls, milliseconds. */
  readonly intervalMs: number;
  /** Ticks that a value axis has room for. */
  readonly ticks: number;
}

/** Thresholds further out than this many times the largest value would press the curve flat. */
const FAR = 2;
/** Distances between times that the rhythm of a series is taken from. */
const RHYTHM_SAMPLES = 60;

/** The charts' scenes, top to bottom. */
export function scenesOf(charts: readonly ChartGroups[], sources: SceneSources): Scene[] {
  const roomRight = charts.some((groups) => groups.length > 1);
  return charts.map((groups) => {
    const chosen = groups.flatMap((group) => group.series);
    const axes = groups.map((group) => axisScene(group.unit, group.series, chosen, sources));
    return {
      id: groups.map((group) => group.unit.id).join(" "),
      window: sources.window,
      live: sources.live,
      axes,
      roomRight,
      marks: marksOf({ ...sources.window, annotations: sources.notes }),
      description: describe(axes, sources.window),
    };
  });
}

function axisScene(
  unit: ShownUnit,
  series: readonly ChosenSeries[],
  beside: readonly ChosenSeries[],
  sources: SceneSources,
): SceneAxis {
  const lines = series.map((one): SceneLine => {
    const held = sources.held(keyOf(one));
    return {
      key: keyOf(one),
      series: one,
      name: fullName(one),
      label: shortName(one, beside),
      columns: held?.columns ?? NO_COLUMNS,
      tolerance: held === undefined ? 0 : toleranceOf(held, sources.intervalMs),
    };
  });
  const { low, high } = extremes(lines, sources.window);
  const thresholds = thresholdsOf(series, sources.rules);
  const near = thresholds.map((one) => one.value).filter((value) => value <= Math.max(high, 0) * FAR);
  return { unit, lines, thresholds, axis: axisOf(low, Math.max(high, ...near), unit, sources.ticks) };
}

/** Lowest and highest in the window. */
function extremes(lines: readonly SceneLine[], { from, to }: Span): { low: number; high: number } {
  let low = Infinity;
  let high = -Infinity;
  for (const { columns } of lines) {
    const end = indexAt(columns.times, to);
    for (let index = indexAt(columns.times, from); index < end; index += 1) {
      const value = columns.values[index] ?? NaN;
      low = Math.min(low, columns.min[index] ?? value, value);
      high = Math.max(high, columns.max[index] ?? value, value);
    }
  }
  return { low, high };
}

const tolerances = new WeakMap<Columns, number>();

/** Some series come less often than the others: their own rhythm counts. */
function toleranceOf({ columns, step }: Held, intervalMs: number): number {
  const known = tolerances.get(columns);
  if (known !== undefined) return known;
  const { times } = columns;
  const distances: number[] = [];
  for (let index = Math.max(1, times.length - RHYTHM_SAMPLES); index < times.length; index += 1) {
    distances.push((times[index] ?? NaN) - (times[index - 1] ?? NaN));
  }
  distances.sort((a, b) => a - b);
  const rhythm = distances[distances.length >> 1] ?? 0;
  const tolerance = Math.max(gapTolerance(step, intervalMs), 2.5 * rhythm);
  tolerances.set(columns, tolerance);
  return tolerance;
}

/** The borders of the rules that judge these series: the value itself, not where it is heading. */
export function thresholdsOf(series: readonly ChosenSeries[], rules: readonly Rule[]): SceneThreshold[] {
  const found = new Map<string, SceneThreshold>();
  for (const { metric, match, warn, crit, direction, title, trend } of rules) {
    const fits = series.some(
      (one) =>
        one.kind === "gauge" &&
        one.metric === metric &&
        Object.entries(match).every(([key, value]) => one.attributes[key] === value),
    );
    if (!fits || trend !== undefined) continue;
    for (const [level, value] of [
      ["WARN", warn],
      ["CRIT", crit],
    ] as const) {
      if (value !== null) found.set(`${level} ${String(value)}`, { level, value, direction, title });
    }
  }
  return [...found.values()];
}

/** What each series was in the window. */
export function tableOf(scenes: readonly Scene[]): TableRow[] {
  return scenes.flatMap(({ axes, window }) =>
    axes.flatMap(({ lines, unit }) =>
      lines.map(({ key, name, columns }) => {
        const { latest, min, max, average } = summaryOf(slice(columns, window.from, window.to));
        const { format } = unit;
        const row = { latest: format(latest), min: format(min), max: format(max), average: format(average) };
        return { id: key, title: name, ...row };
      }),
    ),
  );
}

/** Series that a description names; the table has all. */
const TOLD = 3;

function describe(axes: readonly SceneAxis[], { from, to }: Span): string {
  const lines = axes.flatMap(({ lines, unit }) => lines.map((line) => ({ line, unit })));
  const told = lines.slice(0, TOLD).map(({ line, unit }) => {
    const last = pointsOf(slice(line.columns, from, to), Infinity).at(-1);
    return labelled(line.label, last === undefined ? t("no values") : unit.format(last.y));
  });
  const more = lines.length - TOLD;
  return more > 0
    ? t("Chart of {0} and {1} more. A table has the numbers.", told.join("; "), more)
    : t("Chart of {0}. A table has the numbers.", told.join("; "));
}
