/** What a chart draws besides its lines: threshold bands, min-max bands, lone points, markers, labels, the pointer. */
import type { Chart, ChartArea, Plugin } from "chart.js";
import { formatValue } from "../../protocol/format.ts";
import { type Line, type Plot, type Threshold, drawnLines } from "../plots.ts";
import { type Point, runsOf } from "../series.ts";
import type { Mark } from "../time-marks.ts";
import { MARKS, bare } from "../words.ts";
import type { Palette } from "./palette.ts";

/** What there is to draw now. */
export interface Scene {
  readonly plot: Plot;
  readonly palette: Palette;
}

/** Line dashes by pattern; in high contrast longer, so that they are told apart without colour. */
export function dashOf(line: Pick<Line, "pattern" | "ink">, palette: Palette): number[] {
  // CPU, memory and GPU differ by colour alone unless the theme forbids to rely on it.
  if ((line.ink === "memory" || line.ink === "gpu") && !palette.highContrast) return [];
  return line.pattern === 0 ? [] : line.pattern === 1 ? [5, 3] : [2, 3];
}

const LABEL_FONT = 11;
const LABEL_SAMPLE = 10;
const LABEL_GAP = 8;
/** Length of the hint at a threshold of a series that is not the main one. */
const HINT = 24;
/** Between a mark's line and its name. */
const MARK_GAP = 4;
/** One marker about so many pixels in high contrast. */
const MARKER_EVERY = 48;

/** Room to the right of the chart for the labels; the widest value is assumed, so that it does not jitter. */
export function labelRoom(plot: Plot, width: number): number {
  if (plot.lines.length === 0) return 8;
  const name = Math.max(...drawnLines(plot).map((line) => line.label.length));
  const value = plot.unit === "1" ? 7 : 9;
  const letters = isWide(width) ? name + 1 + value : Math.max(name, value);
  return LABEL_GAP + LABEL_SAMPLE + 4 + Math.ceil(letters * LABEL_FONT * 0.56) + 4;
}

/** Wide charts write a line's value beside its name, narrow ones under it. */
function isWide(width: number): boolean {
  return width >= 520;
}

/** Draws the scene's marks around chart.js's own lines. */
export function marksPlugin(scene: () => Scene): Plugin<"line"> {
  return {
    id: "gorgon-marks",
    beforeDatasetsDraw(chart) {
      const { plot, palette } = scene();
      const context = chart.ctx;
      context.save();
      clipTo(context, chart.chartArea);
      for (const threshold of plot.thresholds) drawThreshold(chart, threshold, plot, palette);
      for (const line of drawnLines(plot)) drawBand(chart, line, palette);
      context.restore();
      context.save();
      // Under the lines: a name never hides data.
      drawThresholdNames(chart, plot, palette);
      // Alerts have a row of names to themselves: no epoch takes their room.
      drawMarks(
        chart,
        plot.marks.filter(({ alert }) => !alert),
        palette,
        4,
      );
      drawMarks(
        chart,
        plot.marks.filter(({ alert }) => alert),
        palette,
        18,
      );
      context.restore();
    },
    afterDatasetsDraw(chart) {
      const { plot, palette } = scene();
      const context = chart.ctx;
      context.save();
      drawnLines(plot).forEach((line, index) => {
        drawDots(chart, line, index, palette);
      });
      drawPointer(chart, palette);
      drawLabels(chart, plot, palette);
      context.restore();
    },
  };
}

export function clipTo(context: CanvasRenderingContext2D, area: ChartArea): void {
  context.beginPath();
  context.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
  context.clip();
}

function across(chart: Chart, time: number): number {
  return chart.scales["x"]?.getPixelForValue(time) ?? NaN;
}

function down(chart: Chart, value: number): number {
  return chart.scales["y"]?.getPixelForValue(value) ?? NaN;
}

function drawThreshold(chart: Chart, threshold: Threshold, plot: Plot, palette: Palette): void {
  const { chartArea: area, ctx: context } = chart;
  const y = down(chart, threshold.value);
  const colour = palette.level[threshold.level];
  if (threshold.main) {
    const next = plot.thresholds.find((one) => one.ink === threshold.ink && one.level === "CRIT");
    const end = threshold.level === "WARN" && next !== undefined ? down(chart, next.value) : endOf(threshold, area);
    context.globalAlpha = palette.highContrast ? 0.18 : 0.07;
    context.fillStyle = colour;
    context.fillRect(area.left, Math.min(y, end), area.right - area.left, Math.abs(end - y));
  }
  context.globalAlpha = threshold.main || palette.highContrast ? 0.9 : 0.55;
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.setLineDash(threshold.level === "WARN" ? [2, 4] : [6, 3]);
  context.beginPath();
  context.moveTo(threshold.main ? area.left : area.right - HINT, Math.round(y) + 0.5);
  context.lineTo(area.right, Math.round(y) + 0.5);
  context.stroke();
  context.globalAlpha = 1;
  context.setLineDash([]);
}

function endOf(threshold: Threshold, area: ChartArea): number {
  return threshold.direction === "above" ? area.top : area.bottom;
}

/** WARN is named on its good side and CRIT on its bad side, so that close thresholds keep their names apart. */
function drawThresholdNames(chart: Chart, plot: Plot, palette: Palette): void {
  const { chartArea: area, ctx: context } = chart;
  context.font = `10px ${palette.fontFamily}`;
  for (const threshold of plot.thresholds) {
    if (!threshold.main && !isWide(chart.width)) continue;
    const y = down(chart, threshold.value);
    const over = (threshold.level === "CRIT") === (threshold.direction === "above");
    context.textBaseline = over ? "bottom" : "top";
    context.textAlign = threshold.main ? "left" : "right";
    const mark = MARKS[threshold.level];
    const value = bare(formatValue(threshold.value, plot.unit));
    const text = threshold.main ? `${mark} ${threshold.of} ${threshold.level} ${value}` : `${threshold.of} ${mark}`;
    const x = threshold.main ? area.left + 6 : area.right - HINT - 4;
    // Close under the top the name goes over it, clear of the grid.
    const edge = over && y - 12 < area.top ? Math.min(y, area.top) : y;
    const height = threshold.main ? edge + (over ? -1 : 3) : y + (over ? 5 : -5);
    // A halo keeps the words readable where a line runs behind them.
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.strokeStyle = palette.background;
    context.strokeText(text, x, height);
    context.fillStyle = threshold.main ? palette.levelText[threshold.level] : palette.muted;
    context.fillText(text, x, height);
  }
}

/** A thin line for each thing that happened, named at the foot where the name has room. */
export function drawMarks(chart: Chart, marks: readonly Mark[], palette: Palette, foot: number): void {
  const { chartArea: area, ctx: context } = chart;
  context.font = `10px ${palette.fontFamily}`;
  context.textBaseline = "bottom";
  context.textAlign = "left";
  context.lineJoin = "round";
  let taken = area.left;
  marks.forEach(({ time, label, alert }, index) => {
    const x = Math.round(across(chart, time)) + 0.5;
    if (x < area.left || x > area.right) return;
    context.strokeStyle = alert ? palette.level.CRIT : palette.muted;
    context.lineWidth = 1;
    context.globalAlpha = palette.highContrast ? 1 : 0.7;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(x, area.top);
    context.lineTo(x, area.bottom);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
    const text = alert ? `${MARKS.CRIT} ${label}` : label;
    const width = context.measureText(text).width;
    const next = marks[index + 1];
    const limit = next === undefined ? area.right : across(chart, next.time) - MARK_GAP;
    const right = x + MARK_GAP + width <= limit;
    const left = right ? x + MARK_GAP : x - MARK_GAP - width;
    if (left >= taken) {
      context.lineWidth = 4;
      context.strokeStyle = palette.background;
      context.strokeText(text, left, area.bottom - foot);
      context.fillStyle = alert ? palette.levelText.CRIT : palette.muted;
      context.fillText(text, left, area.bottom - foot);
    }
    taken = right ? left + width : x + MARK_GAP;
  });
}

function drawBand(chart: Chart, line: Line, palette: Palette): void {
  const context = chart.ctx;
  context.fillStyle = palette.ink[line.ink];
  context.globalAlpha = 0.22;
  for (const run of runsOf(line.points)) {
    if (!run.some((point) => point.high > point.low)) continue;
    context.beginPath();
    for (const point of run) context.lineTo(across(chart, point.x), down(chart, point.high));
    for (const point of run.toReversed()) context.lineTo(across(chart, point.x), down(chart, point.low));
    context.fill();
  }
  context.globalAlpha = 1;
}

function drawDots(chart: Chart, line: Line, index: number, palette: Palette): void {
  const context = chart.ctx;
  context.fillStyle = palette.ink[line.ink];
  let last = -Infinity;
  for (const run of runsOf(line.points)) {
    const [first] = run;
    if (run.length === 1 && first !== undefined) marker(context, 0, across(chart, first.x), down(chart, first.y), 2);
    if (!palette.highContrast) continue;
    for (const point of run) {
      const x = across(chart, point.x);
      if (x - last < MARKER_EVERY) continue;
      last = x;
      marker(context, index, x, down(chart, point.y), 3.5);
    }
  }
}

/** Circle, square, triangle. */
function marker(context: CanvasRenderingContext2D, shape: number, x: number, y: number, size: number): void {
  context.beginPath();
  if (shape === 0) context.arc(x, y, size, 0, 2 * Math.PI);
  else if (shape === 1) context.rect(x - size, y - size, 2 * size, 2 * size);
  else {
    context.moveTo(x, y - size);
    context.lineTo(x + size, y + size);
    context.lineTo(x - size, y + size);
  }
  context.fill();
}

function drawPointer(chart: Chart, palette: Palette): void {
  const [active] = chart.tooltip?.getActiveElements() ?? [];
  if (active === undefined) return;
  const { chartArea: area, ctx: context } = chart;
  const x = Math.round(active.element.x) + 0.5;
  context.strokeStyle = palette.muted;
  context.lineWidth = 1;
  context.globalAlpha = 0.6;
  context.beginPath();
  context.moveTo(x, area.top);
  context.lineTo(x, area.bottom);
  context.stroke();
  context.globalAlpha = 1;
}

/**
 * Where each line's label stands: beside its last point, pushed apart by `height` where they would touch, and inside
 * `top`..`bottom` as far as there is room.
 */
export function labelHeights(wanted: readonly number[], top: number, bottom: number, height: number): number[] {
  const order = wanted.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y);
  const placed = wanted.slice();
  let above = top - height;
  for (const one of order) {
    above = Math.max(one.y, above + height);
    placed[one.index] = above;
  }
  let below = bottom + height;
  for (const one of order.toReversed()) {
    below = Math.min(placed[one.index] ?? one.y, below - height);
    placed[one.index] = below;
  }
  return placed;
}

function drawLabels(chart: Chart, plot: Plot, palette: Palette): void {
  const { chartArea: area, ctx: context } = chart;
  const ends = drawnLines(plot).flatMap((line) => {
    const last = line.points.findLast((point: Point) => !Number.isNaN(point.y));
    return last === undefined ? [] : [{ line, last }];
  });
  const wide = isWide(chart.width);
  const heights = labelHeights(
    ends.map(({ last }) => down(chart, last.y)),
    area.top,
    area.bottom - (wide ? 0 : 14),
    wide ? 16 : 32,
  );
  context.textBaseline = "middle";
  context.textAlign = "left";
  ends.forEach(({ line, last }, index) => {
    const y = heights[index] ?? NaN;
    const left = area.right + LABEL_GAP;
    context.strokeStyle = palette.ink[line.ink];
    context.lineWidth = 2;
    context.setLineDash(dashOf(line, palette));
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(left + LABEL_SAMPLE, y);
    context.stroke();
    context.setLineDash([]);
    if (palette.highContrast) {
      context.fillStyle = palette.ink[line.ink];
      marker(context, index, left + LABEL_SAMPLE / 2, y, 3);
    }
    const text = left + LABEL_SAMPLE + 4;
    context.font = `${String(LABEL_FONT)}px ${palette.fontFamily}`;
    context.fillStyle = palette.text;
    context.fillText(line.label, text, y + 0.5);
    context.fillStyle = palette.muted;
    const beside = wide ? context.measureText(`${line.label} `).width : 0;
    context.fillText(formatValue(last.y, plot.unit), text + beside, y + (wide ? 0.5 : 14.5));
  });
}
