/** What the charts show: history and rules to lines, thresholds, axes, a sentence for those who cannot see, a table. */
import { t } from "@vscode/l10n";
import type { Rule, Verdict } from "../protocol/bell.ts";
import { ABSENT, formatResolution, formatValue } from "../protocol/format.ts";
import type { SeriesFrame } from "../protocol/history.ts";
import type { DashboardHistory, DashboardSnapshot, RangeMinutes } from "../protocol/messages/webview.ts";
import type { Unit } from "../protocol/reading.ts";
import type { WorkerState } from "../protocol/state.ts";
import { gpuFrames } from "./gpu.ts";
import { thresholdsOf } from "./plot-rules.ts";
import {
  type Columns,
  type Point,
  type Summary,
  gapTolerance,
  pointsOf,
  runsOf,
  highest,
  summaryOf,
  summed,
  thin,
} from "./series.ts";
import { type Mark, marked, marksOf } from "./time-marks.ts";
import { type ValueAxis, valueAxis } from "./ticks.ts";
import { RANGE_WORDS, clip, lasting, listing } from "./words.ts";

/** One colour a thing, everywhere. */
export type Ink = "cpu" | "memory" | "disk" | "network" | "gpu" | "pressure";

/** One line of a chart. */
export interface Line {
  readonly id: string;
  /** Short, for the end of the line. */
  readonly label: string;
  /** In full, for tables and tooltips. */
  readonly title: string;
  readonly ink: Ink;
  /** 0 is drawn solid; 1 and 2 are dashed, so that lines of one colour can be told apart. */
  readonly pattern: 0 | 1 | 2;
  readonly points: readonly Point[];
  readonly summary: Summary;
  /** False: minimum and maximum are bounds, not the true extremes. */
  readonly exact: boolean;
}

/** A level's border in a chart. */
export interface Threshold {
  readonly level: "WARN" | "CRIT";
  readonly value: number;
  readonly direction: Rule["direction"];
  readonly ink: Ink;
  /** Whose border, e.g. `CPU`. */
  readonly of: string;
  /** Only one series' thresholds are laid over the whole width; the others are hinted at. */
  readonly main: boolean;
}

/** One chart. */
export interface Plot {
  /** `load`, `network`, `disk`, `pressure`, or a pinned chart's. */
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  readonly unit: Unit;
  readonly from: number;
  readonly to: number;
  readonly axis: ValueAxis;
  readonly lines: readonly Line[];
  readonly thresholds: readonly Threshold[];
  /** By time. */
  readonly marks: readonly Mark[];
  /** One sentence for people who cannot see the chart. */
  readonly description: string;
  /** Why there is nothing to draw; empty when there is something. */
  readonly empty: string;
}

/** How many lines of one kind a chart draws; more would be a thicket. The table has all. */
const MOST_LINES = 3;
/** As many points as a wide screen has pixels for a chart, and no more. */
const MOST_POINTS = 900;

/** The three charts, in order. `verdicts` gives the thresholds. */
export function plotsOf(
  history: DashboardHistory | null,
  state: WorkerState | null,
  range: RangeMinutes,
  empty: string,
): Plot[] {
  const tolerance = gapTolerance(history?.step ?? 0, state?.intervalMs ?? 2000);
  const slowest = 1.5 * (state?.rate.slowestMs ?? 0);
  const draw = (line: Omit<Line, "points" | "summary" | "exact">, columns: Columns, exact = true): Line => ({
    ...line,
    points: thin(pointsOf(columns, tolerance, slowest), MOST_POINTS),
    summary: summaryOf(columns),
    exact,
  });
  const load = [
    ...(history?.cpu.slice(0, 1).map((frame) => draw(name("cpu", "CPU", "cpu", 0), frame)) ?? []),
    ...(history?.memory.slice(0, 1).map((frame) => draw(name("memory", t("Memory"), "memory", 1), frame)) ?? []),
    ...gpuFrames(history?.gpu ?? [], state?.glance.gpu).map(({ frame, id, title }) =>
      draw(name(`gpu ${id}`, title, "gpu", 2), frame),
    ),
  ];
  const hasGpu = load.some((line) => line.ink === "gpu");
  const network = directions(history?.network ?? []).map((one) =>
    draw(name(one.id, one.label, "network", one.id === "receive" ? 0 : 1), one.sum, one.sum.exact),
  );
  const disk = byFullness(history?.disk ?? []).map((frame, index) => {
    const mount = mountOf(frame);
    const pattern = index === 0 ? 0 : index === 1 ? 1 : 2;
    return draw({ id: `disk ${mount}`, label: clip(mount, 14), title: mount, ink: "disk", pattern }, frame);
  });
  const verdicts = state?.bell.verdicts ?? [];
  const span = RANGE_WORDS[range];
  const kept = (...frames: readonly (readonly SeriesFrame[])[]): string => resolutionOf(frames.flat());
  const interfaces = new Set((history?.network ?? []).filter(isOutside).map(interfaceOf)).size;
  const mounts =
    disk.length > MOST_LINES
      ? t("the {0} fullest of {1}", MOST_LINES, disk.length)
      : disk.length === 1
        ? t("1 file system")
        : t("{0} file systems", disk.length);
  const outside = interfaces === 1 ? t("1 interface") : t("{0} interfaces", interfaces);
  const common = { from: history?.from ?? 0, to: history?.to ?? 0 };
  return [
    plot(
      {
        ...common,
        id: "load",
        title: hasGpu ? t("CPU, memory and GPU") : t("CPU and memory"),
        subtitle: span + kept(history?.cpu ?? [], history?.memory ?? [], history?.gpu ?? []),
        unit: "1",
        empty,
        marks: marksOf(history),
      },
      load.slice(0, MOST_LINES),
      load,
      verdicts,
    ),
    plot(
      {
        ...common,
        id: "network",
        title: t("Network"),
        subtitle: (interfaces === 0 ? span : `${span} · ${outside}`) + kept(history?.network ?? []),
        unit: "By/s",
        empty,
        marks: [],
      },
      network,
      network,
      verdicts,
    ),
    plot(
      {
        ...common,
        id: "disk",
        title: t("Disk"),
        subtitle: (disk.length === 0 ? span : `${span} · ${mounts}`) + kept(history?.disk ?? []),
        unit: "1",
        empty,
        marks: [],
      },
      disk.slice(0, MOST_LINES),
      disk,
      verdicts,
    ),
  ];
}

/** In words, how coarse what is left of the samples is; empty where every value is exact. */
function resolutionOf(frames: readonly SeriesFrame[]): string {
  const coarsest = Math.max(0, ...frames.map((frame) => frame.resolution ?? 0));
  return coarsest === 0 ? "" : ` · ${formatResolution(coarsest)}`;
}

/** Where the trend of pressure ends when nothing is higher. */
const PRESSURE_SCALE = 0.2;

/** What tiles without a chart of their own draw their trend from. */
export function trendsOf(history: DashboardHistory | null, state: WorkerState | null, range: RangeMinutes): Plot[] {
  const frames = history?.pressure ?? [];
  if (frames.length === 0) return [];
  const columns = highest(frames);
  const tolerance = gapTolerance(history?.step ?? 0, state?.intervalMs ?? 2000);
  const line: Line = {
    ...name("pressure", t("Pressure"), "pressure", 0),
    points: thin(pointsOf(columns, tolerance), MOST_POINTS),
    summary: summaryOf(columns),
    exact: true,
  };
  const window = { from: history?.from ?? 0, to: history?.to ?? 0 };
  const head = {
    id: "pressure",
    title: t("Pressure"),
    subtitle: RANGE_WORDS[range],
    unit: "1",
    empty: "",
    marks: [],
  } as const;
  const trend = plot({ ...window, ...head }, [line], [line], state?.bell.verdicts ?? []);
  // Of a whole minute's waiting a tenth is much already: on a scale of 100 % it would be a flat line.
  return [{ ...trend, axis: { ...trend.axis, max: PRESSURE_SCALE } }];
}

function name(id: string, label: string, ink: Ink, pattern: 0 | 1 | 2): Omit<Line, "points" | "summary" | "exact"> {
  return { id, label, title: label, ink, pattern };
}

function plot(
  head: Omit<Plot, "axis" | "lines" | "thresholds" | "description">,
  drawn: readonly Line[],
  all: readonly Line[],
  verdicts: readonly Verdict[],
): Plot {
  let largest = 0;
  for (const line of drawn) for (const point of line.points) if (point.high > largest) largest = point.high;
  const lines = drawn.some((line) => line.points.length > 0) ? all : [];
  return {
    ...head,
    axis: valueAxis(largest, head.unit),
    lines,
    thresholds: thresholdsOf(drawn, verdicts),
    description:
      lines.length === 0
        ? t("{0}: no values yet.", head.title)
        : [describe(head.title, head.subtitle, drawn, head.unit), marked(head.marks)].filter(Boolean).join(" "),
    empty: lines.length === 0 ? head.empty : "",
  };
}

/** A chart of any series of one unit. */
export function linePlot(
  head: Omit<Plot, "axis" | "lines" | "thresholds" | "description">,
  lines: readonly (readonly [Omit<Line, "points" | "summary" | "exact">, Columns])[],
  tolerance: number,
  verdicts: readonly Verdict[],
): Plot {
  const all = lines.map(([line, columns]): Line => ({
    ...line,
    points: thin(pointsOf(columns, tolerance), MOST_POINTS),
    summary: summaryOf(columns),
    exact: true,
  }));
  return plot(head, all.slice(0, MOST_LINES), all, verdicts);
}

/** The lines that are drawn; the rest are in the table only. */
export function drawnLines(plot: Plot): readonly Line[] {
  return plot.lines.slice(0, MOST_LINES);
}

function describe(title: string, subtitle: string, lines: readonly Line[], unit: Unit): string {
  const parts = lines.map((line) => {
    const { latest, min, max } = line.summary;
    const values = [latest, min, max].map((value) => formatValue(value, unit));
    return t("{0} {1} now, between {2} and {3}", line.title, ...values);
  });
  return t("{0} over {1}: {2}.", title, subtitle, listing(parts));
}

function mountOf(frame: SeriesFrame): string {
  return frame.attributes["system.filesystem.mountpoint"] ?? ABSENT;
}

function byFullness(frames: readonly SeriesFrame[]): SeriesFrame[] {
  return frames.toSorted((a, b) => (b.values.at(-1) ?? 0) - (a.values.at(-1) ?? 0));
}

function interfaceOf(frame: SeriesFrame): string {
  return frame.attributes["network.interface.name"] ?? "";
}

/**
 * Loopback is the machine talking to itself, and what goes over a bridge or bond is counted on the interfaces below it
 * too; the glance leaves both out, and so do the charts.
 */
function isOutside(frame: SeriesFrame): boolean {
  if (frame.attributes["gorgon.network.stacked"] !== undefined) return false;
  return !/^lo\d*$|^loopback/i.test(interfaceOf(frame));
}

function directions(frames: readonly SeriesFrame[]): { id: string; label: string; sum: ReturnType<typeof summed> }[] {
  const outside = frames.filter(isOutside);
  return [
    { id: "receive", label: t("Receive") },
    { id: "transmit", label: t("Transmit") },
  ].flatMap(({ id, label }) => {
    const matching = outside.filter((frame) => frame.attributes["network.io.direction"] === id);
    return matching.length === 0 ? [] : [{ id, label, sum: summed(matching) }];
  });
}

/** One row of the table beside a chart, formatted. */
export interface TableRow {
  readonly id: string;
  readonly title: string;
  readonly latest: string;
  readonly min: string;
  readonly max: string;
  readonly average: string;
}

/** The chart as a table. A bound is marked as one. */
export function tableOf(plot: Plot): TableRow[] {
  return plot.lines.map(({ id, title, summary, exact }) => {
    const text = (value: number | null, bound: string): string =>
      value === null ? ABSENT : `${exact ? "" : bound}${formatValue(value, plot.unit)}`;
    return {
      id,
      title,
      latest: text(summary.latest, ""),
      min: text(summary.min, ">= "),
      max: text(summary.max, "<= "),
      average: text(summary.average, ""),
    };
  });
}

/** What a tile's trend line shows: the drawn line of its colour, or for the network both directions together. */
export function sparkPoints(ink: Ink, plots: readonly Plot[]): { points: readonly Point[]; plot: Plot } | null {
  for (const plot of plots) {
    const lines = plot.lines.filter((line) => line.ink === ink);
    const [first] = lines;
    if (first === undefined) continue;
    if (ink !== "network") return { points: thin(first.points, 120), plot };
    const both = summed(lines.map((line) => columnsOf(line.points)));
    const gaps = first.points.filter((point) => Number.isNaN(point.y));
    const points = [...pointsOf(both, Infinity), ...gaps].sort((a, b) => a.x - b.x);
    return { points: thin(points, 120), plot };
  }
  return null;
}

function columnsOf(points: readonly Point[]): Columns {
  const values = runsOf(points).flat();
  return {
    times: values.map((point) => point.x),
    values: values.map((point) => point.y),
    min: values.map((point) => point.low),
    max: values.map((point) => point.high),
  };
}

/** Why there may be no points: what is being waited for, in words. */
export function emptyReason(
  snapshot: DashboardSnapshot | null,
  chosen: RangeMinutes,
  phase: "loading" | "live" | "stale" | "down",
): string {
  if (phase === "down") return t("Nothing was recorded before the worker went down.");
  if (!snapshot?.state) return t("The charts begin with the first reading.");
  if (snapshot.range !== chosen) return t("Loading {0}.", RANGE_WORDS[chosen]);
  if (snapshot.history === null) return t("Loading the history.");
  return t("Collecting; first points in {0}.", lasting(snapshot.state.intervalMs));
}
