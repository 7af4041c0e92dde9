/** Many lines kept as bitmaps: of a window that moves, and of values that come, only what is new is drawn. */
import type { Columns } from "../series.ts";
import { type Stretch, stretchOf } from "./curves.ts";
import type { PlacedCurve } from "./ends.ts";
import { type Area, type DrawFrame, type TimeSpan, clipTo } from "./frame.ts";

/** Draws one curve. */
export type Paint = (context: CanvasRenderingContext2D, placed: PlacedCurve) => void;

/** Width of a bitmap. A wider one is drawn anew for more than has changed, of narrower ones there are many. */
const TILE = 192;
/** Over and under the plot, so that a line on its border is whole. */
export const OVER = 2;
/** Bitmaps beside the window that are kept, so that a pan that turns round finds them. */
const KEPT = 3;
/** Two widths of a window that differ by less, of all, are the same. */
const SAME = 1e-6;

interface Tile {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  /** What each curve was when it was drawn. */
  drawn: readonly Part[];
}

interface Part extends Stretch {
  readonly columns: Columns;
}

/** Where it is drawn. */
export interface StripPlace {
  readonly area: Area;
  readonly window: TimeSpan;
  /** Device pixels a CSS pixel. */
  readonly ratio: number;
}

/** One layer of a chart. */
export class Strip {
  readonly paint: Paint;
  readonly #tiles = new Map<number, Tile>();
  #look = "";
  #origin = 0;
  #span = 0;

  constructor(paint: Paint) {
    this.paint = paint;
  }

  /** Draws the curves, in their order, where they are in the window. */
  draw(context: CanvasRenderingContext2D, curves: readonly PlacedCurve[], place: StripPlace): void {
    const { area, window, ratio } = place;
    this.#settle(curves, place);
    const wide = Math.round(TILE * ratio);
    const perTile = (wide / ratio / (area.right - area.left)) * this.#span;
    const first = Math.floor((window.from - this.#origin) / perTile);
    const last = Math.floor((window.to - this.#origin) / perTile);
    const shift = (this.#origin - window.from) / perTile;
    // On whole device pixels, else it would blur.
    const start = Math.round((area.left + (shift + first) * (wide / ratio)) * ratio);
    const top = Math.round((area.top - OVER) * ratio);
    const high = Math.ceil((area.bottom - area.top + 2 * OVER) * ratio) + 1;
    context.save();
    clipTo(context, area, OVER);
    for (let number = first; number <= last; number += 1) {
      const from = this.#origin + number * perTile;
      const tileArea = { left: 0, right: wide / ratio, top: area.top - top / ratio, bottom: area.bottom - top / ratio };
      const tile = this.#tile(number, curves, tileArea, { from, to: from + perTile }, { wide, high, ratio });
      const x = start + (number - first) * wide;
      if (tile !== null) context.drawImage(tile.canvas, x / ratio, top / ratio, wide / ratio, high / ratio);
    }
    context.restore();
    for (const number of this.#tiles.keys()) {
      if (number < first - KEPT || number > last + KEPT) this.#tiles.delete(number);
    }
  }

  /** Lets all go. */
  clear(): void {
    this.#tiles.clear();
  }

  /** Another scale, size or look: nothing that was drawn fits. */
  #settle(curves: readonly PlacedCurve[], { area, window, ratio }: StripPlace): void {
    const span = window.to - window.from;
    const look = JSON.stringify([
      [area, ratio],
      curves.map(({ curve: { key, look, width, faint, tolerance }, frame: { axis } }) => [
        ...[key, look, width, faint, tolerance],
        ...[axis.min, axis.max],
      ]),
    ]);
    if (look === this.#look && Math.abs(span - this.#span) <= SAME * span) return;
    this.#tiles.clear();
    this.#look = look;
    this.#span = span;
    this.#origin = window.from;
  }

  #tile(
    number: number,
    curves: readonly PlacedCurve[],
    area: Area,
    window: TimeSpan,
    { wide, high, ratio }: { readonly wide: number; readonly high: number; readonly ratio: number },
  ): Tile | null {
    const parts = curves.map(({ curve: { columns } }): Part => ({ columns, ...stretchOf(columns, window) }));
    const there = this.#tiles.get(number);
    if (there !== undefined && parts.every((part, index) => isSame(part, there.drawn[index]))) {
      // The newest columns hold the same: the old ones can go.
      there.drawn = parts;
      return there;
    }
    const tile = there ?? newTile(wide, high, ratio);
    if (tile === null) return null;
    tile.context.clearRect(0, 0, wide, high);
    tile.drawn = parts;
    for (const { curve, frame } of curves) {
      const own: DrawFrame = { area, window, axis: frame.axis };
      this.paint(tile.context, { curve, frame: own });
    }
    this.#tiles.set(number, tile);
    return tile;
  }
}

function newTile(wide: number, high: number, ratio: number): Tile | null {
  const canvas = document.createElement("canvas");
  canvas.width = wide;
  canvas.height = high;
  const context = canvas.getContext("2d");
  context?.scale(ratio, ratio);
  return context === null ? null : { canvas, context, drawn: [] };
}

function isSame(part: Part, drawn: Part | undefined): boolean {
  if (drawn?.columns === part.columns) return true;
  if (drawn?.columns === undefined || drawn.end - drawn.begin !== part.end - part.begin) return false;
  const { times, values, min, max } = part.columns;
  const by = drawn.begin - part.begin;
  for (let index = part.begin; index < part.end; index += 1) {
    if (
      times[index] !== drawn.columns.times[index + by] ||
      !Object.is(values[index], drawn.columns.values[index + by]) ||
      !Object.is(min[index], drawn.columns.min[index + by]) ||
      !Object.is(max[index], drawn.columns.max[index + by])
    ) {
      return false;
    }
  }
  return true;
}
