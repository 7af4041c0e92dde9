/** The lines' names beside their last values, in place of a legend. */
import { indexAt } from "../series.ts";
import { type Curve, drawMarker } from "./curves.ts";
import { type DrawFrame, down } from "./frame.ts";
import { isWide, labelHeights } from "./lettering.ts";
import type { Palette } from "./palette.ts";

const FONT = 11;
const SAMPLE = 12;
const GAP = 8;
const HEIGHT = 16;
const FAINT_ALPHA = 0.4;
/** A letter's mean width, of the font's size. */
const LETTER = 0.56;

/** Room for names of so many letters and values of so many, so that the chart does not jitter with them. */
export function endRoom(name: number, value: number, width: number): number {
  const letters = isWide(width) ? name + 1 + value : Math.max(name, value);
  return GAP + SAMPLE + 4 + Math.ceil(letters * FONT * LETTER) + 4;
}

/** One line with where it is. */
export interface PlacedCurve {
  readonly curve: Curve;
  readonly frame: DrawFrame;
}

/**
 * As many names as have room: the ones that stand out, then the highest; `more` says how many are left out. `left`:
 * where the room for them begins, `width`: of the whole chart.
 */
export function drawEnds(
  context: CanvasRenderingContext2D,
  curves: readonly PlacedCurve[],
  { left, width, more }: { readonly left: number; readonly width: number; readonly more: (count: number) => string },
  palette: Palette,
): void {
  const [first] = curves;
  if (first === undefined) return;
  const { area } = first.frame;
  // The order in the chart is the markers' order in high contrast too: it is kept.
  const placed = curves.flatMap(({ curve, frame }) => {
    const at = lastIndex(curve, frame.window);
    return at === null ? [] : [{ curve, y: down(frame, curve.columns.values[at] ?? NaN) }];
  });
  const under = placed.some(({ curve }) => curve.value !== "") && !isWide(width);
  const height = under ? 2 * HEIGHT : HEIGHT;
  const bottom = area.bottom - (under ? 14 : 0);
  const room = Math.max(1, Math.floor((area.bottom - area.top) / height));
  const crowded = placed.length > room;
  const named = placed
    .toSorted((a, b) => Number(a.curve.faint) - Number(b.curve.faint) || a.y - b.y)
    .slice(0, crowded ? Math.max(1, room - 1) : room);
  const heights = labelHeights(
    named.map(({ y }) => Math.min(area.bottom, Math.max(area.top, y))),
    area.top,
    crowded ? bottom - height : bottom,
    height,
  );
  const from = left + GAP;
  const text = from + SAMPLE + 4;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.font = `${String(FONT)}px ${palette.fontFamily}`;
  named.forEach(({ curve: { look, label, value, faint } }, index) => {
    const y = heights[index] ?? NaN;
    context.globalAlpha = faint ? FAINT_ALPHA : 1;
    context.strokeStyle = look.colour;
    context.lineWidth = 2;
    context.setLineDash([...look.dash]);
    context.beginPath();
    context.moveTo(from, y);
    context.lineTo(from + SAMPLE, y);
    context.stroke();
    context.setLineDash([]);
    if (look.marker !== null) {
      context.fillStyle = look.colour;
      drawMarker(context, look.marker, from + SAMPLE / 2, y, 3);
    }
    context.fillStyle = palette.text;
    context.fillText(label, text, y + 0.5);
    if (value === "") return;
    context.fillStyle = palette.muted;
    const beside = under ? 0 : context.measureText(`${label} `).width;
    context.fillText(value, text + beside, y + (under ? 14.5 : 0.5));
  });
  context.globalAlpha = 1;
  if (!crowded) return;
  context.fillStyle = palette.muted;
  context.fillText(more(placed.length - named.length), from, area.bottom - 4);
}

/** The last value in the window; null when there is none. */
function lastIndex({ columns: { times, values } }: Curve, { from, to }: DrawFrame["window"]): number | null {
  let at = Math.min(times.length, indexAt(times, to) + 1) - 1;
  while (at >= 0 && Number.isNaN(values[at])) at -= 1;
  return at >= 0 && (times[at] ?? NaN) >= from ? at : null;
}
