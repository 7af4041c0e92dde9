/** A chart of the overview that follows a plot in place, with the values at the pointer. */
import { t } from "@vscode/l10n";
import { formatThreshold, formatValue } from "../../protocol/format.ts";
import { type Line, type Plot, type Threshold, drawnLines } from "../plots.ts";
import { type Columns, type Point, nearestIndex } from "../series.ts";
import { timeOfDay, timeTicks } from "../ticks.ts";
import type { Border } from "./borders.ts";
import { type Picture, chartCanvas } from "./canvas.ts";
import type { Curve } from "./curves.ts";
import { endRoom } from "./ends.ts";
import { across } from "./frame.ts";
import type { Palette } from "./palette.ts";
import { readout } from "./readout.ts";

/** A chart that follows. */
export interface LineChart {
  update(plot: Plot): void;
  retheme(palette: Palette): void;
  dispose(): void;
}

const TICK_WIDTH = 64;
const MINUTE = 60_000;
/** Letters of the widest value; it is assumed, so that the chart does not jitter. */
const RATIO_LETTERS = 7;
const VALUE_LETTERS = 9;
/** Further from the pointer than this share of the window a line has no value at it. */
const FAR = 0.05;

/** Draws on a canvas until disposed; the pointer's readout is put beside it. */
export function lineChart(canvas: HTMLCanvasElement, first: Plot, theme: Palette): LineChart {
  let plot = first;
  let palette = theme;
  let picture = pictureOf(plot, palette);
  let pointer: number | null = null;
  const chart = chartCanvas(canvas, picture, palette);
  const values = readout();
  canvas.after(...values.elements);
  canvas.addEventListener("pointermove", pointed);
  canvas.addEventListener("pointerdown", pointed);
  canvas.addEventListener("pointerleave", left);

  function pointed({ offsetX }: PointerEvent): void {
    pointer = offsetX;
    point();
  }

  function left(): void {
    pointer = null;
    values.hide();
  }

  /** The cursor stands at the time nearest to the pointer that has a value. */
  function point(): void {
    if (pointer === null) return;
    const area = chart.area();
    const { from, to } = plot;
    const wanted = from + ((pointer - area.left) / (area.right - area.left)) * (to - from);
    const lines = drawnLines(plot).flatMap((line) => {
      const index = nearestIndex(line.points, wanted);
      const found = index === null ? undefined : line.points[index];
      return found === undefined ? [] : [{ line, found, away: Math.abs(found.x - wanted) }];
    });
    const nearest = lines.toSorted((a, b) => a.away - b.away)[0];
    if (nearest === undefined || pointer < area.left || pointer > area.right) {
      values.hide();
      return;
    }
    const time = nearest.found.x;
    const rows = lines
      .filter(({ found }) => Math.abs(found.x - time) <= FAR * (to - from))
      .map(({ line, found }) => ({
        colour: palette.ink[line.ink],
        label: line.title,
        value: valueText(found, plot),
      }));
    const title = timeOfDay(time, to - from <= 60 * MINUTE);
    values.show(across({ area, window: { from, to } }, time), area, { title, rows, note: "" });
  }

  function draw(): void {
    picture = pictureOf(plot, palette);
    chart.draw(picture, palette);
    point();
  }

  return {
    update(next) {
      plot = next;
      draw();
    },
    retheme(next) {
      palette = next;
      draw();
    },
    dispose() {
      canvas.removeEventListener("pointermove", pointed);
      canvas.removeEventListener("pointerdown", pointed);
      canvas.removeEventListener("pointerleave", left);
      for (const element of values.elements) element.remove();
      chart.dispose();
    },
  };
}

function valueText(point: Point, { unit }: Plot): string {
  const value = formatValue(point.y, unit);
  return point.high > point.low
    ? t("{0}  ({1} to {2})", value, formatValue(point.low, unit), formatValue(point.high, unit))
    : value;
}

function pictureOf(plot: Plot, palette: Palette): Picture {
  const { unit, from, to, axis, thresholds, marks } = plot;
  const lines = drawnLines(plot);
  const name = Math.max(0, ...lines.map((line) => line.label.length));
  const value = unit === "1" ? RATIO_LETTERS : VALUE_LETTERS;
  return {
    window: { from, to },
    axes: [
      {
        span: { min: 0, max: axis.max },
        ticks: axis.ticks,
        curves: lines.map((line, index) => curveOf(line, index, plot, palette)),
        borders: thresholds.map((one) => borderOf(one, plot)),
      },
    ],
    marks,
    timeTicks: (most) => timeTicks(from, to, most),
    timeTickWidth: TICK_WIDTH,
    axisWidth: unit === "1" ? 44 : 60,
    roomRight: false,
    endRoom: (width) => (lines.length === 0 ? 0 : endRoom(name, value, width)),
    moreEnds: () => "",
  };
}

function curveOf(line: Line, index: number, { unit }: Plot, palette: Palette): Curve {
  const last = line.points.findLast((point) => !Number.isNaN(point.y));
  return {
    key: line.id,
    columns: columnsOf(line.points),
    // Their gaps are points of their own.
    tolerance: Infinity,
    look: {
      colour: palette.ink[line.ink],
      dash: dashOf(line, palette),
      marker: palette.highContrast ? index : null,
    },
    width: palette.highContrast ? 2 : 1.5,
    faint: false,
    label: line.label,
    value: last === undefined ? "" : formatValue(last.y, unit),
  };
}

function columnsOf(points: readonly Point[]): Columns {
  return {
    times: points.map(({ x }) => x),
    values: points.map(({ y }) => y),
    min: points.map(({ low }) => low),
    max: points.map(({ high }) => high),
  };
}

/** Line dashes by pattern; in high contrast longer, so that they are told apart without colour. */
function dashOf(line: Pick<Line, "pattern" | "ink">, palette: Palette): number[] {
  // CPU, memory and GPU differ by colour alone unless the theme forbids to rely on it.
  if ((line.ink === "memory" || line.ink === "gpu") && !palette.highContrast) return [];
  return line.pattern === 0 ? [] : line.pattern === 1 ? [5, 3] : [2, 3];
}

function borderOf({ level, value, direction, ink, of, main }: Threshold, { thresholds, unit }: Plot): Border {
  const next = thresholds.find((one) => one.ink === ink && one.level === "CRIT");
  const until = level === "WARN" && next !== undefined ? next.value : Infinity;
  return {
    ...{ level, value, direction, whole: main },
    name: main ? `${of} ${level} ${formatThreshold(value, unit)}` : of,
    until: main ? until : null,
  };
}
