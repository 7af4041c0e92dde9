/** A line chart on a canvas that follows a plot in place: chart.js with its own axes, marks and theme. */
import { t } from "@vscode/l10n";
import {
  Chart,
  type ChartConfiguration,
  type ChartDataset,
  LineController,
  LineElement,
  LinearScale,
  PointElement,
  Tooltip,
} from "chart.js";
import { formatValue } from "../../protocol/format.ts";
import { type Line, type Plot, drawnLines } from "../plots.ts";
import type { Point } from "../series.ts";
import { timeOfDay, timeTicks } from "../ticks.ts";
import { dashOf, labelRoom, marksPlugin } from "./marks.ts";
import type { Palette } from "./palette.ts";

/** A chart that follows. */
export interface LineChart {
  update(plot: Plot): void;
  retheme(palette: Palette): void;
  dispose(): void;
}

/** Registers the few parts of chart.js that are used. Once. */
export function registerCharts(): void {
  Chart.register(LineController, LineElement, PointElement, LinearScale, Tooltip);
}

/** Pixels a time label needs, with air. */
const TICK_WIDTH = 64;
/** Pixels between two value labels. */
const TICK_HEIGHT = 30;
const TICK_FONT = 10;
/** Above the plot: a threshold near 100 % has its name there. */
const HEADROOM = 12;
const MINUTE = 60_000;

/** Draws on a canvas until disposed. */
export function lineChart(canvas: HTMLCanvasElement, first: Plot, theme: Palette): LineChart {
  let plot = first;
  let palette = theme;
  const chart = new Chart<"line", Point[]>(canvas, configuration());
  dress();

  function configuration(): ChartConfiguration<"line", Point[]> {
    return {
      type: "line",
      data: { datasets: [] },
      plugins: [marksPlugin(() => ({ plot, palette }))],
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        parsing: false,
        normalized: true,
        interaction: { mode: "nearest", axis: "x", intersect: false },
        scales: {
          x: {
            type: "linear",
            border: { display: false },
            grid: { display: false },
            afterBuildTicks: (axis) => {
              const most = Math.max(2, Math.floor(axis.width / TICK_WIDTH));
              axis.ticks = timeTicks(plot.from, plot.to, most).map((tick) => ({
                value: tick.value,
                label: tick.label,
              }));
            },
            ticks: {
              autoSkip: false,
              maxRotation: 0,
              align: "inner",
              callback: (_, index, ticks) => ticks[index]?.label ?? "",
            },
          },
          y: {
            type: "linear",
            border: { display: false },
            afterBuildTicks: (axis) => {
              const spacing = axis.height / Math.max(1, plot.axis.ticks.length - 1);
              const every = spacing < TICK_HEIGHT ? 2 : 1;
              axis.ticks = plot.axis.ticks
                .filter((_, index) => index % every === 0)
                .map((tick) => ({ value: tick.value, label: tick.label }));
            },
            afterFit: (axis) => {
              // A fixed width, so that the charts' edges stand one under the other and nothing jitters.
              axis.width = plot.unit === "1" ? 44 : 60;
            },
            ticks: { autoSkip: false, callback: (_, index, ticks) => ticks[index]?.label ?? "" },
          },
        },
        plugins: {
          tooltip: {
            displayColors: true,
            boxWidth: 8,
            boxHeight: 2,
            caretSize: 0,
            caretPadding: 8,
            cornerRadius: 3,
            padding: 8,
            callbacks: {
              title: (items) =>
                items[0] === undefined ? "" : timeOfDay(items[0].parsed.x ?? NaN, plot.to - plot.from <= 60 * MINUTE),
              label: (item) => {
                const line = drawnLines(plot)[item.datasetIndex];
                const point = line?.points[item.dataIndex];
                return line === undefined || point === undefined ? "" : ` ${line.title}  ${valueText(point)}`;
              },
              labelColor: (item) => {
                const line = drawnLines(plot)[item.datasetIndex];
                const colour = line === undefined ? palette.muted : palette.ink[line.ink];
                return { borderColor: colour, backgroundColor: colour };
              },
            },
          },
        },
      },
    };
  }

  function valueText(point: Point): string {
    const value = formatValue(point.y, plot.unit);
    return point.high > point.low
      ? t("{0}  ({1} to {2})", value, formatValue(point.low, plot.unit), formatValue(point.high, plot.unit))
      : value;
  }

  function dataset(line: Line): ChartDataset<"line", Point[]> {
    const colour = palette.ink[line.ink];
    return {
      label: line.title,
      data: [...line.points],
      borderColor: colour,
      backgroundColor: colour,
      borderWidth: palette.highContrast ? 2 : 1.5,
      borderDash: dashOf(line, palette),
      borderJoinStyle: "round",
      pointRadius: 0,
      pointHoverRadius: 3,
      pointHitRadius: 0,
      spanGaps: false,
    };
  }

  function fill(): void {
    const lines = drawnLines(plot);
    const { datasets } = chart.data;
    datasets.length = Math.min(datasets.length, lines.length);
    lines.forEach((line, index) => {
      const there = datasets[index];
      if (there === undefined) datasets.push(dataset(line));
      else Object.assign(there, dataset(line));
    });
    const { x, y } = chart.options.scales ?? {};
    if (x !== undefined) Object.assign(x, { min: plot.from, max: plot.to });
    if (y !== undefined) Object.assign(y, { min: 0, max: plot.axis.max });
    chart.options.layout = { padding: { top: HEADROOM, right: labelRoom(plot, chart.width), bottom: 0, left: 0 } };
  }

  function dress(): void {
    const font = { family: palette.fontFamily, size: TICK_FONT };
    for (const scale of Object.values(chart.options.scales ?? {})) {
      if (scale?.ticks !== undefined) Object.assign(scale.ticks, { color: palette.muted, font });
      if (scale?.grid !== undefined) Object.assign(scale.grid, { color: palette.grid });
    }
    const y = chart.options.scales?.["y"];
    if (y !== undefined) Object.assign(y, { grid: { color: palette.grid, drawTicks: false, lineWidth: 1 } });
    const tooltip = chart.options.plugins?.tooltip;
    if (tooltip !== undefined) {
      Object.assign(tooltip, {
        backgroundColor: palette.tooltip.background,
        borderColor: palette.tooltip.border,
        borderWidth: 1,
        titleColor: palette.tooltip.text,
        bodyColor: palette.tooltip.text,
        titleFont: { family: palette.fontFamily, size: 12, weight: "normal" },
        bodyFont: { family: palette.fontFamily, size: 12 },
      });
    }
    fill();
    chart.update("none");
  }

  return {
    update(next) {
      plot = next;
      fill();
      chart.update("none");
    },
    retheme(next) {
      palette = next;
      dress();
    },
    dispose: () => chart.destroy(),
  };
}
