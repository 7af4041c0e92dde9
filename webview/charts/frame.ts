/** Where times and values are on a canvas: one frame for one value axis. */

/** Edges of a plot, CSS pixels. chart.js' `ChartArea` is one. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Milliseconds since the epoch. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** Both ends of a value axis. */
export interface ValueSpan {
  readonly min: number;
  readonly max: number;
}

/** Times across, values down. */
export interface DrawFrame {
  readonly area: Area;
  readonly window: TimeSpan;
  readonly axis: ValueSpan;
}

/** Milliseconds to pixels. */
export function across({ area, window }: Pick<DrawFrame, "area" | "window">, time: number): number {
  return area.left + ((time - window.from) / (window.to - window.from)) * (area.right - area.left);
}

/** A value to pixels. */
export function down({ area, axis }: Pick<DrawFrame, "area" | "axis">, value: number): number {
  return area.bottom - ((value - axis.min) / (axis.max - axis.min)) * (area.bottom - area.top);
}

/** Nothing outside is drawn on; `over`: pixels around it that are, so that a line or a dot on its border is whole. */
export function clipTo(context: CanvasRenderingContext2D, area: Area, over = 0): void {
  context.beginPath();
  context.rect(area.left - over, area.top - over, area.right - area.left + 2 * over, area.bottom - area.top + 2 * over);
  context.clip();
}
