/** The first line of every screen: is it all right, and if not what is the matter. */
import type { WorkerState } from "../../../protocol/state.ts";
import { cut, widthOf } from "../../bell/columns.ts";
import { printable } from "../../bell/printable.ts";
import { headlineLines, renderStarting } from "../../bell/terminal.ts";
import { LEVEL_PAINTS, paint, shapeOf, type TerminalStyle } from "../../bell/terminal-style.ts";

/** From this many lines on there is space between the parts of a screen, and for a headline of several lines. */
export const ROOMY = 24;
const MOST_HEAD = 3;

/** Level and headline: on several lines where there is room, else what fits on one. Null: nothing was read yet. */
export function headLines(state: Pick<WorkerState, "bell"> | null, rows: number, style: TerminalStyle): string[] {
  if (state === null) {
    const [line = ""] = renderStarting({ ...style, colour: false });
    return [paint(style, cut(line, style.columns), "magenta")];
  }
  const { level, headline } = state.bell;
  const whole = headlineLines(state, style);
  if (rows >= ROOMY && whole.length <= MOST_HEAD) return whole;
  const lead = `${shapeOf(style, level)} ${level} `;
  const text = cut(printable(headline, 500), style.columns - widthOf(lead));
  return [`${paint(style, lead, ...LEVEL_PAINTS[level])}${paint(style, text, "bold")}`];
}
