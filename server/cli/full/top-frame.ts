/** The process list on the whole terminal: its view, what keys make of it, and its lines. Pure. */
import type { WorkerState } from "../../../protocol/state.ts";
import { cut } from "../../bell/columns.ts";
import { costParts, joined, machineParts } from "../../bell/terminal.ts";
import { paint, type TerminalStyle } from "../../bell/terminal-style.ts";
import { headLines } from "./head-line.ts";
import type { Key } from "./keys.ts";
import { processTable, type ProcessSort, SORT_WORDS } from "./process-table.ts";

/** What the person has chosen. */
export interface TopView {
  readonly sort: ProcessSort;
  /** Rows above the first that is shown. */
  readonly from: number;
  readonly help: boolean;
}

const PAGE = 10;
const SORT_KEYS: Readonly<Record<string, ProcessSort>> = { c: "cpu", m: "memory", i: "io" };
const STEPS: Readonly<Record<string, number>> = {
  up: -1,
  k: -1,
  down: 1,
  j: 1,
  pageup: -PAGE,
  pagedown: PAGE,
  home: -Infinity,
  end: Infinity,
};

/** The next view; null: the person has had enough. `count` is how many processes there are. */
export function pressTop(view: TopView, key: Key, count: number): TopView | null {
  const letter = key.name === "character" ? key.character : key.name;
  if (letter === "interrupt" || letter === "q") return null;
  if (letter === "escape") return view.help ? { ...view, help: false } : null;
  if (letter === "?") return { ...view, help: !view.help };
  const sort = SORT_KEYS[letter];
  if (sort !== undefined) return { ...view, sort, from: 0 };
  const step = STEPS[letter];
  if (step === undefined) return view;
  return { ...view, from: Math.max(0, Math.min(Math.max(0, count - 1), view.from + step)) };
}

/** At most `rows` lines. */
export function topFrame(
  { state, view, rows, hasKeys }: { state: WorkerState | null; view: TopView; rows: number; hasKeys: boolean },
  style: TerminalStyle,
): string[] {
  const keys = hasKeys ? ["q quit", "? help", "c CPU", "m memory", "i disk", "j k scroll"] : ["Ctrl+C quits"];
  const [keyLine = ""] = joined(keys, style);
  const help = view.help ? HELP.map((line) => cut(line, style.columns)).slice(0, Math.max(0, rows - 2)) : [];
  const room = Math.max(1, rows - 1 - help.length);
  const above = topLines(state, view, room, style).slice(0, room);
  const filler = Array<string>(room - above.length).fill("");
  const lines = [...above, ...filler, ...help, paint(style, keyLine, "dim")];
  return style.unicode ? lines : lines.map((line) => line.replaceAll("…", "~"));
}

const HELP: readonly string[] = [
  "q Esc Ctrl+C  quit",
  "c m i         most CPU, memory, disk first",
  "j k arrows    scroll (PgUp PgDn Home End)",
  "100 % of CPU is one core",
];

/** Machine, cost and table, without keys: what is printed where nothing can be redrawn. */
export function topLines(state: WorkerState | null, view: TopView, room: number, style: TerminalStyle): string[] {
  if (state === null) return headLines(null, room, style);
  const processes = state.processes?.rows ?? [];
  const machine = joined(machineParts(state, style), style).slice(0, room > 12 ? 2 : 1);
  const [cost = ""] = joined(costParts(state, style), style);
  const words = `Processes by ${SORT_WORDS[view.sort]}${view.from === 0 ? "" : `, from number ${String(view.from + 1)}`}`;
  const head = [
    ...headLines(state, 0, style),
    ...[...machine, cost].map((line) => paint(style, line, "dim")),
    paint(style, cut(words, style.columns), "bold"),
  ];
  if (processes.length === 0) return [...head, "Nothing is known about processes here: see gorgon doctor."];
  const most = Math.max(1, room - head.length - 1);
  return [...head, ...processTable(processes, { sort: view.sort, from: view.from, most }, style)];
}
