/** Strokes of Explore's charts: lines with their gaps, min-max bands, thresholds, names at the lines' ends. */
import type { ChartArea } from "chart.js";
import { labelHeights } from "../charts/marks.ts";
import type { Palette } from "../charts/palette.ts";
import { MARKS } from "../words.ts";
import type { Axis } from "./axes.ts";
import type { Look } from "./colours.ts";
import { indexAt } from "./frames.ts";
import type { SceneLine, SceneThreshold } from "./scene.ts";
import type { ShownUnit } from "./units.ts";
import type { Span } from "./window.ts";

/** Where times and values are on the canvas. */
export interface DrawFrame {
  readonly area: ChartArea;
  readonly window: Span;
  readonly axis: Axis;
}

const LABEL_FONT = 11;
const LABEL_HEIGHT = 16;
const LABEL_GAP = 8;
const LABEL_SAMPLE = 12;
/** Of many bands on one another nothing is seen: the more lines, the fainter. */
const BAND_ALPHA = 0.22;

/** Milliseconds to pixels. */
export function across({ area, window }: DrawFrame, time: number): number {
  return area.left + ((time - window.from) / (window.to - window.from)) * (area.right - area.left);
}

/** A value to pixels. */
export function down({ area, axis }: DrawFrame, value: number): number {
  return area.bottom - ((value - axis.min) / (axis.max - axis.min)) * (area.bottom - area.top);
}

/** The indexes that the window needs, one more to either side, so that lines reach its edges. */
function shown({ columns }: SceneLine, { window }: DrawFrame): [number, number] {
  const begin = indexAt(columns.times, window.from);
  const end = indexAt(columns.times, window.to);
  return [Math.max(0, begin - 1), Math.min(columns.times.length, end + 1)];
}

/** Strokes one line; nothing across a gap, a dot for a value that stands alone. */
export function drawLine(
  context: CanvasRenderingContext2D,
  line: SceneLine,
  frame: DrawFrame,
  look: Look,
  width: number,
): void {
  const { times, values } = line.columns;
  const [begin, end] = shown(line, frame);
  context.strokeStyle = look.colour;
  context.fillStyle = look.colour;
  context.lineWidth = width;
  context.lineJoin = "bevel";
  context.setLineDash([...look.dash]);
  context.beginPath();
  const alone: number[] = [];
  let run = 0;
  for (let index = begin; index < end; index += 1) {
    const time = times[index] ?? NaN;
    const x = across(frame, time);
    const y = down(frame, values[index] ?? NaN);
    const follows = index > begin && time - (times[index - 1] ?? NaN) <= line.tolerance;
    if (follows) context.lineTo(x, y);
    else {
      if (run === 1) alone.push(index - 1);
      context.moveTo(x, y);
      run = 0;
    }
    run += 1;
  }
  if (run === 1) alone.push(end - 1);
  context.stroke();
  context.setLineDash([]);
  for (const index of alone) {
    context.beginPath();
    context.arc(across(frame, times[index] ?? NaN), down(frame, values[index] ?? NaN), 2, 0, 2 * Math.PI);
    context.fill();
  }
}

/** Fills between the lowest and the highest of each step, where they differ. */
export function drawBand(
  context: CanvasRenderingContext2D,
  line: SceneLine,
  frame: DrawFrame,
  look: Look,
  beside: number,
): void {
  const { times, min, max } = line.columns;
  const [begin, end] = shown(line, frame);
  context.fillStyle = look.colour;
  context.globalAlpha = Math.max(0.06, BAND_ALPHA / Math.max(1, beside / 4));
  let start = begin;
  for (let index = begin + 1; index <= end; index += 1) {
    const goesOn = index < end && (times[index] ?? NaN) - (times[index - 1] ?? NaN) <= line.tolerance;
    if (goesOn) continue;
    fillRun(start, index);
    start = index;
  }
  context.globalAlpha = 1;

  function fillRun(from: number, to: number): void {
    let wide = false;
    for (let index = from; index < to && !wide; index += 1) wide = (max[index] ?? 0) > (min[index] ?? 0);
    if (!wide) return;
    context.beginPath();
    for (let index = from; index < to; index += 1) {
      context.lineTo(across(frame, times[index] ?? NaN), down(frame, max[index] ?? NaN));
    }
    for (let index = to - 1; index >= from; index -= 1) {
      context.lineTo(across(frame, times[index] ?? NaN), down(frame, min[index] ?? NaN));
    }
    context.fill();
  }
}

/** The borders of the rules, each with its shape, rule and value. */
export function drawThresholds(
  context: CanvasRenderingContext2D,
  thresholds: readonly SceneThreshold[],
  unit: ShownUnit,
  frame: DrawFrame,
  palette: Palette,
): void {
  const { area, axis } = frame;
  context.font = `10px ${palette.fontFamily}`;
  context.lineJoin = "round";
  let taken = -Infinity;
  for (const { level, value, title } of thresholds.toSorted((a, b) => b.value - a.value)) {
    if (value < axis.min || value > axis.max) continue;
    const y = down(frame, value);
    context.strokeStyle = palette.level[level];
    context.lineWidth = 1;
    context.globalAlpha = 0.9;
    context.setLineDash(level === "WARN" ? [2, 4] : [6, 3]);
    context.beginPath();
    context.moveTo(area.left, Math.round(y) + 0.5);
    context.lineTo(area.right, Math.round(y) + 0.5);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
    const foot = y - 12 < taken ? y + 12 : y - 2;
    taken = foot;
    const text = `${MARKS[level]} ${title} ${level} ${unit.brief(value)}`;
    context.textAlign = "left";
    context.textBaseline = "bottom";
    // A halo keeps the words readable where a line runs behind them.
    context.lineWidth = 4;
    context.strokeStyle = palette.background;
    context.strokeText(text, area.left + 6, foot);
    context.fillStyle = palette.levelText[level];
    context.fillText(text, area.left + 6, foot);
  }
}

/** One line's end. */
interface End {
  readonly line: SceneLine;
  readonly frame: DrawFrame;
  readonly look: Look;
}

/** Each line's name beside its last value, as many as have room: the one that stands out, then the highest. */
export function drawEnds(
  context: CanvasRenderingContext2D,
  ends: readonly End[],
  area: ChartArea,
  left: number,
  palette: Palette,
  highlighted: string | null,
): void {
  const placed = ends.flatMap((end) => {
    const { times, values } = end.line.columns;
    const last = Math.min(times.length, indexAt(times, end.frame.window.to) + 1) - 1;
    const value = values[last];
    const inside = last >= 0 && (times[last] ?? NaN) >= end.frame.window.from;
    return value === undefined || !inside ? [] : [{ ...end, y: down(end.frame, value) }];
  });
  const room = Math.max(1, Math.floor((area.bottom - area.top) / LABEL_HEIGHT));
  const most = placed.length > room ? room - 1 : room;
  const order = placed.toSorted(
    (a, b) => Number(b.line.key === highlighted) - Number(a.line.key === highlighted) || a.y - b.y,
  );
  const named = order.slice(0, most);
  const heights = labelHeights(
    named.map(({ y }) => Math.min(area.bottom, Math.max(area.top, y))),
    area.top,
    placed.length > room ? area.bottom - LABEL_HEIGHT : area.bottom,
    LABEL_HEIGHT,
  );
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.font = `${String(LABEL_FONT)}px ${palette.fontFamily}`;
  named.forEach(({ line, look }, index) => {
    const y = heights[index] ?? NaN;
    const from = left + LABEL_GAP;
    context.globalAlpha = highlighted === null || line.key === highlighted ? 1 : 0.4;
    context.strokeStyle = look.colour;
    context.lineWidth = 2;
    context.setLineDash([...look.dash]);
    context.beginPath();
    context.moveTo(from, y);
    context.lineTo(from + LABEL_SAMPLE, y);
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = palette.text;
    context.fillText(line.label, from + LABEL_SAMPLE + 4, y + 0.5);
  });
  context.globalAlpha = 1;
  if (placed.length <= room) return;
  context.fillStyle = palette.muted;
  context.fillText(`and ${String(placed.length - named.length)} more`, left + LABEL_GAP, area.bottom - 4);
}
