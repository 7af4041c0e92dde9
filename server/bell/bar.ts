/** A bar for one value, with marks where its thresholds are. */
import type { Verdict } from "../../protocol/bell.ts";
import { LEVEL_PAINTS, paint, type TerminalStyle } from "./terminal-style.ts";

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/** `width` columns. Ratios span 0 to 100 %; other units up to a quarter over the outermost threshold or the value. */
export function bar(verdict: Verdict, width: number, style: TerminalStyle): string {
  const { value, rule, unit } = verdict;
  const marks = [rule.warn, rule.crit].filter((one) => one !== null);
  const span = unit === "1" ? 1 : Math.max(value ?? 0, ...marks) * 1.25;
  const place = (at: number) => Math.min(width - 1, Math.floor((at / span) * width));
  const filled = value === null || !(span > 0) ? 0 : Math.min(1, Math.max(0, value / span)) * width;
  const whole = Math.floor(filled);
  const part = EIGHTHS[Math.floor((filled - whole) * 8)] ?? "";

  const cells = Array.from({ length: width }, (_, column) => {
    if (column < whole) return { text: style.unicode ? "█" : "=", level: true };
    if (column === whole && style.unicode && part !== "") return { text: part, level: true };
    return { text: style.unicode ? "·" : "-", level: false };
  });
  if (span > 0) {
    if (rule.warn !== null) cells[place(rule.warn)] = { text: style.unicode ? "┆" : "|", level: false };
    if (rule.crit !== null) cells[place(rule.crit)] = { text: style.unicode ? "┃" : "!", level: false };
  }
  // Neighbours of one kind are painted together: fewer escapes a line.
  let out = "";
  for (let start = 0; start < cells.length;) {
    const kind = cells[start]?.level ?? false;
    let end = start;
    let run = "";
    while (end < cells.length && cells[end]?.level === kind) run += cells[end++]?.text ?? "";
    out += kind ? paint(style, run, ...LEVEL_PAINTS[verdict.level]) : paint(style, run, "dim");
    start = end;
  }
  return out;
}
