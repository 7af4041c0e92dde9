/** Words on a chart's canvas: with a halo where a line runs behind them, and apart from one another. */
import type { Palette } from "./palette.ts";

/** From top to bottom, pixels. */
export interface Box {
  readonly top: number;
  readonly bottom: number;
}

/** Wide charts write a line's value beside its name and name the hints; narrow ones write it under it. */
export function isWide(width: number): boolean {
  return width >= 520;
}

/** The words stay readable where a line runs behind them. Font and alignment are the context's. */
export function drawHaloed(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  colour: string,
  palette: Palette,
): void {
  context.lineWidth = 4;
  context.lineJoin = "round";
  context.strokeStyle = palette.background;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
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
