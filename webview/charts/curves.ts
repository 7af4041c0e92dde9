/** Lines and their min-max bands, drawn straight from columns: gaps stay gaps, and never more points than pixels. */
import { type Columns, indexAt } from "../series.ts";
import { type DrawFrame, across, down } from "./frame.ts";

/** Colour, dashes, and a shape that tells it apart where neither may; null: none. */
export interface Look {
  readonly colour: string;
  readonly dash: readonly number[];
  readonly marker: number | null;
}

/** One line of a chart. */
export interface Curve {
  readonly key: string;
  /** Times rise; a value that is no number is a gap. */
  readonly columns: Columns;
  /** How far apart two times may be before there is a gap, milliseconds. */
  readonly tolerance: number;
  readonly look: Look;
  /** Of the line, pixels. */
  readonly width: number;
  /** Another line stands out. */
  readonly faint: boolean;
  /** For its end: what it is, and its last value where the chart writes it there. */
  readonly label: string;
  readonly value: string;
}

/** Of many bands on one another nothing is seen: the more lines, the fainter. */
const BAND_ALPHA = 0.22;
const LEAST_BAND_ALPHA = 0.06;
const FAINT_ALPHA = 0.25;
/** Half of its width, pixels. */
const DOT = 2;
const MARKER = 3.5;
/** One marker about so many pixels. */
const MARKER_EVERY = 48;
/** With more points a pixel than these, each pixel has its lowest and its highest only. */
const CROWDED = 2;

/** Indexes from `begin` up to, not including, `end`. */
export interface Stretch {
  readonly begin: number;
  readonly end: number;
}

/** What a window needs, one more to either side, so that lines reach its edges. */
export function stretchOf({ times }: Columns, { from, to }: DrawFrame["window"]): Stretch {
  return { begin: Math.max(0, indexAt(times, from) - 1), end: Math.min(times.length, indexAt(times, to) + 1) };
}

/** The stretches without a gap. */
export function runsIn({ columns, tolerance }: Pick<Curve, "columns" | "tolerance">, within: Stretch): Stretch[] {
  const { times, values } = columns;
  const runs: Stretch[] = [];
  let begin = within.begin;
  for (let index = within.begin; index < within.end; index += 1) {
    const gap = Number.isNaN(values[index]);
    const far = index > begin && (times[index] ?? NaN) - (times[index - 1] ?? NaN) > tolerance;
    if (!gap && !far) continue;
    if (index > begin) runs.push({ begin, end: index });
    begin = gap ? index + 1 : index;
  }
  if (within.end > begin) runs.push({ begin, end: within.end });
  return runs;
}

/**
 * A run with two points at most for each of `pixels` equal shares of the time between its ends: the lowest and the
 * highest there, in their order. As it is where it has no more than that.
 */
export function decimated(columns: Columns, run: Stretch, pixels: number): { columns: Columns; run: Stretch } {
  const { times, values, min, max } = columns;
  const first = times[run.begin] ?? NaN;
  const width = ((times[run.end - 1] ?? NaN) - first) / Math.max(1, pixels);
  if (run.end - run.begin <= CROWDED * pixels || !(width > 0)) return { columns, run };
  const thin = { times: [] as number[], values: [] as number[], min: [] as number[], max: [] as number[] };
  for (let start = run.begin; start < run.end;) {
    const share = Math.floor(((times[start] ?? NaN) - first) / width);
    let lowest = start;
    let highest = start;
    let low = min[start] ?? NaN;
    let high = max[start] ?? NaN;
    let next = start + 1;
    for (; next < run.end && Math.floor(((times[next] ?? NaN) - first) / width) === share; next += 1) {
      if ((values[next] ?? NaN) < (values[lowest] ?? NaN)) lowest = next;
      if ((values[next] ?? NaN) > (values[highest] ?? NaN)) highest = next;
      low = Math.min(low, min[next] ?? NaN);
      high = Math.max(high, max[next] ?? NaN);
    }
    for (const index of lowest === highest ? [lowest] : [Math.min(lowest, highest), Math.max(lowest, highest)]) {
      thin.times.push(times[index] ?? NaN);
      thin.values.push(values[index] ?? NaN);
      thin.min.push(low);
      thin.max.push(high);
    }
    start = next;
  }
  return { columns: thin, run: { begin: 0, end: thin.times.length } };
}

/** Every run, thin enough for the frame. */
function drawnRuns(curve: Curve, frame: DrawFrame): { columns: Columns; run: Stretch; alone: boolean }[] {
  const { window } = frame;
  const perPixel = (window.to - window.from) / Math.max(1, frame.area.right - frame.area.left);
  const within = stretchOf(curve.columns, window);
  return runsIn(curve, within).map((run) => {
    const { times } = curve.columns;
    const pixels = Math.ceil(((times[run.end - 1] ?? NaN) - (times[run.begin] ?? NaN)) / perPixel);
    // At the edge of what is drawn it may go on beyond.
    const cut = (run.begin === within.begin && run.begin > 0) || (run.end === within.end && run.end < times.length);
    return { ...decimated(curve.columns, run, pixels), alone: run.end - run.begin === 1 && !cut };
  });
}

/** Strokes one line; nothing across a gap, a dot for a value that stands alone. */
export function drawLine(context: CanvasRenderingContext2D, curve: Curve, frame: DrawFrame): void {
  const { look } = curve;
  context.globalAlpha = curve.faint ? FAINT_ALPHA : 1;
  context.strokeStyle = look.colour;
  context.fillStyle = look.colour;
  context.lineWidth = curve.width;
  context.lineJoin = "bevel";
  context.setLineDash([...look.dash]);
  context.beginPath();
  const shapes: { readonly shape: number; readonly x: number; readonly y: number; readonly size: number }[] = [];
  let marked = -Infinity;
  for (const { columns, run, alone } of drawnRuns(curve, frame)) {
    for (let index = run.begin; index < run.end; index += 1) {
      const x = across(frame, columns.times[index] ?? NaN);
      const y = down(frame, columns.values[index] ?? NaN);
      if (index === run.begin) context.moveTo(x, y);
      else context.lineTo(x, y);
      if (alone) shapes.push({ shape: 0, x, y, size: DOT });
      if (look.marker === null || x - marked < MARKER_EVERY || !isInside(x, frame)) continue;
      marked = x;
      shapes.push({ shape: look.marker, x, y, size: MARKER });
    }
  }
  context.stroke();
  context.setLineDash([]);
  for (const { shape, x, y, size } of shapes) drawMarker(context, shape, x, y, size);
  context.globalAlpha = 1;
}

/** Whether a marker there is whole. */
function isInside(x: number, { area }: DrawFrame): boolean {
  return x - MARKER >= area.left && x + MARKER <= area.right;
}

/** Circle, square, triangle. */
export function drawMarker(context: CanvasRenderingContext2D, shape: number, x: number, y: number, size: number): void {
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

/** Fills between the lowest and the highest of each step, where they differ. `beside`: how many lines the chart has. */
export function drawBand(context: CanvasRenderingContext2D, curve: Curve, frame: DrawFrame, beside: number): void {
  if (curve.faint) return;
  context.fillStyle = curve.look.colour;
  context.globalAlpha = Math.max(LEAST_BAND_ALPHA, BAND_ALPHA / Math.max(1, beside / 4));
  for (const { columns, run } of drawnRuns(curve, frame)) {
    const { times, min, max } = columns;
    let wide = false;
    for (let index = run.begin; index < run.end && !wide; index += 1) wide = (max[index] ?? 0) > (min[index] ?? 0);
    if (!wide) continue;
    context.beginPath();
    for (let index = run.begin; index < run.end; index += 1) {
      context.lineTo(across(frame, times[index] ?? NaN), down(frame, max[index] ?? NaN));
    }
    for (let index = run.end - 1; index >= run.begin; index -= 1) {
      context.lineTo(across(frame, times[index] ?? NaN), down(frame, min[index] ?? NaN));
    }
    context.fill();
  }
  context.globalAlpha = 1;
}
