/** One chart's canvas: chart.js has the axes, the lines are drawn straight from the columns, so that fifty stay smooth. */
import { Chart, type ChartArea, type ChartConfiguration, type Plugin } from "chart.js";
import { clipTo, drawMarks } from "../charts/marks.ts";
import type { Palette } from "../charts/palette.ts";
import { drawBand, drawEnds, drawLine, drawThresholds } from "./drawing.ts";
import { lookOf } from "./colours.ts";
import type { Scene } from "./scene.ts";
import { ticksOf } from "./time-axis.ts";

/** A canvas that follows. */
export interface ExploreCanvas {
  /** Draws now. `highlighted`: the key of the line that stands out; null: none does. */
  draw(scene: Scene, highlighted: string | null): void;
  retheme(palette: Palette): void;
  /** Where the axes are, CSS pixels. */
  area(): ChartArea;
  dispose(): void;
}

/** Pixels a time label needs, with air. */
const TICK_WIDTH = 72;
const TICK_FONT = 10;
/** Above the plot: a threshold near the top has its name there. */
const HEADROOM = 12;
const AXIS_WIDTH = 64;
/** Room for the names at the lines' ends, by the chart's width. */
const LABEL_ROOM = 184;
const NARROW = 560;

/** The id of an axis' scale. */
const SCALES = ["y", "y2"] as const;

/** Draws on a canvas until disposed. */
export function exploreCanvas(canvas: HTMLCanvasElement, first: Scene, theme: Palette): ExploreCanvas {
  let scene = first;
  let palette = theme;
  let highlighted: string | null = null;
  const lines: Plugin<"line"> = { id: "gorgon-explore", beforeDatasetsDraw: drawScene };
  const chart = new Chart<"line">(canvas, configuration());

  function configuration(): ChartConfiguration<"line"> {
    return {
      type: "line",
      data: { datasets: [] },
      plugins: [lines],
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        events: [],
        scales: {
          x: {
            type: "linear",
            border: { display: false },
            grid: { display: false },
            afterBuildTicks: (axis) => {
              const most = Math.max(2, Math.floor(axis.width / TICK_WIDTH));
              axis.ticks = ticksOf(scene.window, most).map(({ value, label }) => ({ value, label }));
            },
            ticks: {
              autoSkip: false,
              maxRotation: 0,
              align: "inner",
              callback: (_, index, ticks) => ticks[index]?.label ?? "",
            },
          },
          ...Object.fromEntries(SCALES.map((id, index) => [id, valueScale(index)])),
        },
      },
    };
  }

  function valueScale(index: number) {
    return {
      type: "linear" as const,
      position: index === 0 ? ("left" as const) : ("right" as const),
      border: { display: false },
      afterBuildTicks: (axis: { ticks: unknown[] }): void => {
        axis.ticks = scene.axes[index]?.axis.ticks.map(({ value, label }) => ({ value, label })) ?? [];
      },
      // A fixed width, so that the charts' edges stand one under the other and nothing jitters.
      afterFit: (axis: { width: number }): void => {
        axis.width = AXIS_WIDTH;
      },
      ticks: {
        autoSkip: false,
        callback: (_: unknown, at: number, ticks: readonly { label?: string | string[] | undefined }[]) =>
          ticks[at]?.label ?? "",
      },
    };
  }

  function drawScene(on: Chart<"line">): void {
    // Drawn from within its own making too: `chart` is not there yet.
    const { ctx: context, chartArea: area } = on;
    context.save();
    clipTo(context, area);
    const frames = scene.axes.map(({ axis }) => ({ area, window: scene.window, axis }));
    const all = scene.axes.flatMap((one, index) =>
      one.lines.map((line) => ({ line, frame: frames[index], look: lookOf(line.series.slot, palette) })),
    );
    const dim = (key: string): boolean => highlighted !== null && key !== highlighted;
    for (const { line, frame, look } of all) {
      if (frame !== undefined && !dim(line.key)) drawBand(context, line, frame, look, all.length);
    }
    context.restore();
    context.save();
    scene.axes.forEach(({ thresholds, unit }, index) => {
      const frame = frames[index];
      if (frame !== undefined) drawThresholds(context, thresholds, unit, frame, palette);
    });
    const [alerts, others] = [true, false].map((wanted) => scene.marks.filter(({ alert }) => alert === wanted));
    drawMarks(on, others ?? [], palette, 4);
    drawMarks(on, alerts ?? [], palette, 18);
    clipTo(context, area);
    // The one that stands out is drawn last, over the others.
    const order = all.toSorted((a, b) => Number(dim(b.line.key)) - Number(dim(a.line.key)));
    for (const { line, frame, look } of order) {
      if (frame === undefined) continue;
      context.globalAlpha = dim(line.key) ? 0.25 : 1;
      drawLine(context, line, frame, look, palette.highContrast || line.key === highlighted ? 2.5 : 1.5);
    }
    context.restore();
    context.save();
    const left = area.right + (scene.roomRight ? AXIS_WIDTH : 0);
    const ends = all.flatMap(({ line, frame, look }) => (frame === undefined ? [] : [{ line, frame, look }]));
    if (labelRoom(on.width) > 0) drawEnds(context, ends, area, left, palette, highlighted);
    context.restore();
  }

  function labelRoom(width: number): number {
    return width < NARROW ? 0 : LABEL_ROOM;
  }

  function apply(): void {
    const font = { family: palette.fontFamily, size: TICK_FONT };
    const { x, y, y2 } = chart.options.scales ?? {};
    const { from, to } = scene.window;
    Object.assign(x ?? {}, { min: from, max: to });
    Object.assign(x?.ticks ?? {}, { color: palette.muted, font });
    [y, y2].forEach((scale, index) => {
      if (scale === undefined) return;
      const axis = scene.axes[index]?.axis;
      Object.assign(scale, { display: axis !== undefined, min: axis?.min ?? 0, max: axis?.max ?? 1 });
      Object.assign(scale, {
        grid: { color: palette.grid, drawTicks: false, lineWidth: 1, display: index === 0 },
      });
      Object.assign(scale.ticks ?? {}, { color: palette.muted, font });
    });
    chart.options.layout = {
      padding: { top: HEADROOM, right: Math.max(8, labelRoom(chart.width)), bottom: 0, left: 0 },
    };
    chart.update("none");
  }

  return {
    draw(next, key) {
      scene = next;
      highlighted = key;
      apply();
    },
    retheme(next) {
      palette = next;
      apply();
    },
    area: () => chart.chartArea,
    dispose: () => chart.destroy(),
  };
}
