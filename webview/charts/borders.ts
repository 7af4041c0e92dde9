/** A rule's borders in a chart: their lines, the area beyond them, their names. */
import { MARKS } from "../words.ts";
import { type DrawFrame, clipTo, down } from "./frame.ts";
import { type Box, drawHaloed, isWide } from "./lettering.ts";
import type { Palette } from "./palette.ts";

/** One border. */
export interface Border {
  readonly level: "WARN" | "CRIT";
  readonly value: number;
  readonly direction: "above" | "below";
  /** What it is called, without its shape; at a hint the shape comes behind it. */
  readonly name: string;
  /** Over the whole width, or hinted at from the right, as another series' is. */
  readonly whole: boolean;
  /** The area beyond it is tinted up to this value, Infinity: to the end; null: it is not. */
  readonly until: number | null;
}

/** Length of a hint. */
const HINT = 24;
const NAME_HEIGHT = 12;

/** The lines, and the tint beyond them. */
export function drawBorders(
  context: CanvasRenderingContext2D,
  borders: readonly Border[],
  frame: DrawFrame,
  palette: Palette,
): void {
  const { area } = frame;
  context.save();
  clipTo(context, area, 1);
  for (const { level, value, direction, whole, until } of borders) {
    const y = down(frame, value);
    const colour = palette.level[level];
    if (until !== null) {
      const edge = direction === "above" ? area.top : area.bottom;
      const end = Number.isFinite(until) ? down(frame, until) : edge;
      context.globalAlpha = palette.highContrast ? 0.18 : 0.07;
      context.fillStyle = colour;
      context.fillRect(area.left, Math.min(y, end), area.right - area.left, Math.abs(end - y));
    }
    context.globalAlpha = whole || palette.highContrast ? 0.9 : 0.55;
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.setLineDash(level === "WARN" ? [2, 4] : [6, 3]);
    context.beginPath();
    context.moveTo(whole ? area.left : area.right - HINT, Math.round(y) + 0.5);
    context.lineTo(area.right, Math.round(y) + 0.5);
    context.stroke();
  }
  context.restore();
}

/** WARN is named on its good side and CRIT on its bad side, so that close borders keep their names apart. */
export function drawBorderNames(
  context: CanvasRenderingContext2D,
  borders: readonly Border[],
  frame: DrawFrame,
  palette: Palette,
  width: number,
): void {
  const { area, axis } = frame;
  context.font = `10px ${palette.fontFamily}`;
  const taken: Box[] = [];
  for (const { level, value, direction, name, whole } of borders.toSorted((a, b) => b.value - a.value)) {
    if (value < axis.min || value > axis.max || (!whole && !isWide(width))) continue;
    const y = down(frame, value);
    if (!whole) {
      const over = (level === "CRIT") === (direction === "above");
      context.textAlign = "right";
      context.textBaseline = over ? "bottom" : "top";
      const hint = `${name} ${MARKS[level]}`;
      drawHaloed(context, hint, area.right - HINT - 4, y + (over ? 5 : -5), palette.muted, palette);
      continue;
    }
    const wanted = (level === "CRIT") === (direction === "above");
    const over = taken.some((box) => touches(box, boxOf(y, wanted))) ? !wanted : wanted;
    taken.push(boxOf(y, over));
    // Close under the top the name goes over it, clear of the grid.
    const edge = over && y - NAME_HEIGHT < area.top ? Math.min(y, area.top) : y;
    context.textAlign = "left";
    context.textBaseline = over ? "bottom" : "top";
    const text = `${MARKS[level]} ${name}`;
    drawHaloed(context, text, area.left + 6, edge + (over ? -1 : 3), palette.levelText[level], palette);
  }

  function boxOf(y: number, over: boolean): Box {
    return over ? { top: y - NAME_HEIGHT, bottom: y } : { top: y, bottom: y + NAME_HEIGHT };
  }
}

function touches(a: Box, b: Box): boolean {
  return a.top < b.bottom && b.top < a.bottom;
}
