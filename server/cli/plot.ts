/** Draws one series as blocks in the terminal: a column or more for each sample, gaps left empty. */
import type { Level } from "../../protocol/level.ts";
import { LEVEL_PAINTS, type Paint, paint, type TerminalStyle } from "../bell/terminal-style.ts";

const EIGHTHS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/** What is drawn. */
export interface PlotOptions {
  /** Null: no value then. */
  readonly values: readonly (number | null)[];
  /** The value at the top edge; must be over 0. */
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** For the colour of a column; none: one colour for all. */
  readonly levelOf?: (value: number) => Level;
}

/** Lines from top to bottom, each `width` columns at most. */
export function plot(options: PlotOptions, style: TerminalStyle): string[] {
  const { values, top, width, height } = options;
  const columns = spread(values, width);
  const lines: string[] = [];
  for (let row = height - 1; row >= 0; row--) {
    lines.push(
      columns
        .map((value) => {
          if (value === null) return row === 0 ? paint(style, style.unicode ? "·" : ".", "dim") : " ";
          const level = options.levelOf?.(value) ?? "OK";
          const paints: readonly Paint[] = level === "OK" ? ["cyan"] : LEVEL_PAINTS[level];
          return paint(style, cell((value / top) * height - row, row === 0, style), ...paints);
        })
        .join("")
        .trimEnd(),
    );
  }
  return lines;
}

/** The part of one row that is filled, 0..1. The lowest row always shows something: a zero is a value too. */
function cell(filled: number, lowest: boolean, style: TerminalStyle): string {
  const eighths = Math.max(lowest ? 1 : 0, Math.min(8, Math.round(filled * 8)));
  if (style.unicode) return EIGHTHS[eighths] ?? "";
  return eighths >= 6 ? "#" : eighths >= 3 ? ":" : eighths >= 1 ? "." : " ";
}

/** One value for each column. Of several samples in one column the highest counts, so that no peak is lost. */
function spread(values: readonly (number | null)[], width: number): (number | null)[] {
  if (values.length === 0) return [];
  if (values.length <= width) {
    const each = Math.floor(width / values.length);
    return values.flatMap((value) => Array.from({ length: each }, () => value));
  }
  return Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * values.length) / width);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / width));
    const known = values.slice(from, to).filter((one) => one !== null);
    return known.length === 0 ? null : Math.max(...known);
  });
}
