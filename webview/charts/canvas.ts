/** A chart on a canvas: chart.js lays out and draws the axes, everything between them is drawn here, the same for every chart. */
import { Chart, type ChartConfiguration, LinearScale } from "chart.js";
import type { Tick } from "../ticks.ts";
import type { Mark } from "../time-marks.ts";
import { type Border, drawBorderNames, drawBorders } from "./borders.ts";
import { type Curve, drawBand, drawLine } from "./curves.ts";
import { type PlacedCurve, drawEnds } from "./ends.ts";
import { type Area, type TimeSpan, type ValueSpan, clipTo } from "./frame.ts";
import { drawMarks } from "./marks.ts";
import type { Palette } from "./palette.ts";
import { OVER, Strip } from "./strip.ts";

/** One value axis and what stands on it. */
export interface PictureAxis {
  readonly span: ValueSpan;
  readonly ticks: readonly Tick[];
  readonly curves: readonly Curve[];
  readonly borders: readonly Border[];
}

/** What a chart shows. */
export interface Picture {
  readonly window: TimeSpan;
  /** The left axis, and the right one where there are two. */
  readonly axes: readonly PictureAxis[];
  readonly marks: readonly Mark[];
  /** Ticks of the time axis, at most so many. */
  readonly timeTicks: (most: number) => readonly Tick[];
  /** Pixels that a time label needs, with air. */
  readonly timeTickWidth: number;
  /** Of a value axis: fixed, so that the charts' edges stand one under the other and nothing jitters. */
  readonly axisWidth: number;
  /** Room for a right axis is kept, also where this chart has none. */
  readonly roomRight: boolean;
  /** Pixels right of the plot for the lines' names in a chart of this width; 0: they are not written. */
  readonly endRoom: (width: number) => number;
  /** What stands for the names that have no room. */
  readonly moreEnds: (count: number) => string;
}

/** A canvas that follows. */
export interface ChartCanvas {
  draw(picture: Picture, palette: Palette): void;
  /** Where the plot is, CSS pixels. */
  area(): Area;
  dispose(): void;
}

/** Registers the one part of chart.js that is used besides its core. Once. */
export function registerCharts(): void {
  Chart.register(LinearScale);
}

const TICK_FONT = 10;
/** Pixels between two value labels. */
const TICK_HEIGHT = 30;
/** Above the plot: a threshold near the top has its name there. */
const HEADROOM = 12;
/** Right of the plot where no names are. */
const EDGE = 8;
/** Below this, lines are drawn anew each time, which is sharper; above, bitmaps of them are moved. */
const MANY_POINTS = 4000;
/** The ids of the value axes. */
const SCALES = ["y", "y2"] as const;

/** Draws on a canvas until disposed, anew when its size changes. */
export function chartCanvas(canvas: HTMLCanvasElement, first: Picture, theme: Palette): ChartCanvas {
  let picture = first;
  let palette = theme;
  const bands = new Strip((context, { curve, frame }) => drawBand(context, curve, frame, curveCount()));
  const lines = new Strip((context, { curve, frame }) => drawLine(context, curve, frame));
  const chart = new Chart<"line">(canvas, configuration());

  function curveCount(): number {
    return picture.axes.reduce((sum, { curves }) => sum + curves.length, 0);
  }

  function configuration(): ChartConfiguration<"line"> {
    return {
      // A name only: without data no controller is asked for.
      type: "line",
      data: { datasets: [] },
      plugins: [{ id: "gorgon", beforeDatasetsDraw: drawPicture }],
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
              const most = Math.max(2, Math.floor(axis.width / picture.timeTickWidth));
              axis.ticks = picture.timeTicks(most).map(({ value, label }) => ({ value, label }));
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
      afterBuildTicks: (axis: { height: number; ticks: unknown[] }): void => {
        const ticks = picture.axes[index]?.ticks ?? [];
        const every = axis.height / Math.max(1, ticks.length - 1) < TICK_HEIGHT ? 2 : 1;
        axis.ticks = ticks.filter((_, at) => at % every === 0).map(({ value, label }) => ({ value, label }));
      },
      afterFit: (axis: { width: number }): void => {
        // chart.js makes room for an axis that is not shown too.
        axis.width = picture.axes[index] !== undefined || picture.roomRight ? picture.axisWidth : 0;
      },
      ticks: {
        autoSkip: false,
        callback: (_: unknown, at: number, ticks: readonly { label?: string | string[] | undefined }[]) =>
          ticks[at]?.label ?? "",
      },
    };
  }

  function drawPicture(on: Chart<"line">): void {
    // Drawn from within its own making too: `chart` is not there yet.
    const { ctx: context, chartArea: area, width, currentDevicePixelRatio: ratio } = on;
    const { window, axes, marks } = picture;
    const placed = axes.flatMap(({ curves, span }): PlacedCurve[] =>
      curves.map((curve) => ({ curve, frame: { area, window, axis: span } })),
    );
    // The one that stands out is drawn last, over the others.
    const order = placed.toSorted((a, b) => Number(b.curve.faint) - Number(a.curve.faint));
    context.save();
    for (const { span, borders } of axes) drawBorders(context, borders, { area, window, axis: span }, palette);
    drawLayer(bands, order);
    // Under the lines: a name never hides data.
    for (const { span, borders } of axes) {
      drawBorderNames(context, borders, { area, window, axis: span }, palette, width);
    }
    drawMarks(context, marks, { area, window }, palette);
    drawLayer(lines, order);
    if (picture.endRoom(width) > 0) {
      const left = area.right + (picture.roomRight ? picture.axisWidth : 0);
      drawEnds(context, placed, { left, width, more: picture.moreEnds }, palette);
    }
    context.restore();

    function drawLayer(layer: Strip, curves: readonly PlacedCurve[]): void {
      const points = curves.reduce((sum, { curve }) => sum + curve.columns.times.length, 0);
      if (points > MANY_POINTS) {
        layer.draw(context, curves, { area, window, ratio });
        return;
      }
      layer.clear();
      context.save();
      clipTo(context, area, OVER);
      for (const one of curves) layer.paint(context, one);
      context.restore();
    }
  }

  function apply(): void {
    const font = { family: palette.fontFamily, size: TICK_FONT };
    const { x, y, y2 } = chart.options.scales ?? {};
    const { from, to } = picture.window;
    Object.assign(x ?? {}, { min: from, max: to });
    Object.assign(x?.ticks ?? {}, { color: palette.muted, font });
    [y, y2].forEach((scale, index) => {
      if (scale === undefined) return;
      const span = picture.axes[index]?.span;
      Object.assign(scale, { display: span !== undefined, min: span?.min ?? 0, max: span?.max ?? 1 });
      Object.assign(scale, { grid: { color: palette.grid, drawTicks: false, lineWidth: 1, display: index === 0 } });
      Object.assign(scale.ticks ?? {}, { color: palette.muted, font });
    });
    const right = Math.max(EDGE, picture.endRoom(chart.width));
    chart.options.layout = { padding: { top: HEADROOM, right, bottom: 0, left: 0 } };
    chart.update("none");
  }

  apply();
  return {
    draw(next, theme) {
      picture = next;
      palette = theme;
      apply();
    },
    area: () => chart.chartArea,
    dispose: () => chart.destroy(),
  };
}
