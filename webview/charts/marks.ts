/** What happened meanwhile: a thin line across the chart for each mark, named at the foot where the name has room. */
import type { Mark } from "../time-marks.ts";
import { MARKS } from "../words.ts";
import { type DrawFrame, across } from "./frame.ts";
import { drawHaloed } from "./lettering.ts";
import type { Palette } from "./palette.ts";

/** Between a mark's line and its name. */
const MARK_GAP = 4;
/** Over the time axis. Alerts have a row of names to themselves: no epoch takes their room. */
const FOOT = 4;
const ALERT_FOOT = 18;

/** Draws the marks, alerts over the others. */
export function drawMarks(
  context: CanvasRenderingContext2D,
  marks: readonly Mark[],
  frame: Pick<DrawFrame, "area" | "window">,
  palette: Palette,
): void {
  const row = (alert: boolean): readonly Mark[] => marks.filter((mark) => mark.alert === alert);
  drawRow(context, row(false), frame, palette, FOOT);
  drawRow(context, row(true), frame, palette, ALERT_FOOT);
}

function drawRow(
  context: CanvasRenderingContext2D,
  marks: readonly Mark[],
  frame: Pick<DrawFrame, "area" | "window">,
  palette: Palette,
  foot: number,
): void {
  const { area } = frame;
  context.font = `10px ${palette.fontFamily}`;
  context.textBaseline = "bottom";
  context.textAlign = "left";
  let taken = area.left;
  marks.forEach(({ time, label, alert }, index) => {
    const x = Math.round(across(frame, time)) + 0.5;
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
    const limit = next === undefined ? area.right : across(frame, next.time) - MARK_GAP;
    const right = x + MARK_GAP + width <= limit;
    const left = right ? x + MARK_GAP : x - MARK_GAP - width;
    if (left >= taken) {
      drawHaloed(context, text, left, area.bottom - foot, alert ? palette.levelText.CRIT : palette.muted, palette);
    }
    taken = right ? left + width : x + MARK_GAP;
  });
}
