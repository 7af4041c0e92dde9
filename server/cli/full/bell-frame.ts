/** The bell's full screen as lines: a pure function of the state, the last minutes, the view and the place there is. */
import type { Alert } from "../../../protocol/alert.ts";
import type { Verdict } from "../../../protocol/bell.ts";
import { ABSENT, formatDuration, formatValue } from "../../../protocol/format.ts";
import { LEVELS } from "../../../protocol/level.ts";
import type { WorkerState } from "../../../protocol/state.ts";
import { cut, pad, widthOf } from "../../bell/columns.ts";
import { printable } from "../../bell/printable.ts";
import { costParts, dash, joined, machineParts, titleOf } from "../../bell/terminal.ts";
import { LEVEL_PAINTS, paint, shapeOf, type TerminalStyle } from "../../bell/terminal-style.ts";
import { plot } from "../plot.ts";
import { alertDetail, alertLine, isQuiet } from "./alert-line.ts";
import { processTable } from "./process-table.ts";
import { headLines, ROOMY } from "./head-line.ts";
import { share } from "./share.ts";
import { TRAIL_MS, Trail } from "./trail.ts";
import { type BellView, type Question, selectedOf } from "./view.ts";

/** What is shown, and on how many lines. */
export interface BellFrame {
  /** Null before the first poll has ended. */
  readonly state: WorkerState | null;
  readonly trail: Trail;
  readonly view: BellView;
  readonly rows: number;
  /** Whose alerts these are, e.g. `of the leading window`; empty for this process' own. */
  readonly whose: string;
  readonly hasKeys: boolean;
}

const NARROW = 60;
const MOST_SPARK = 60;
const LEAST_SPARK = 8;
const GAP = "  ";
/** Rates are drawn against at least this much, so that a few bytes do not look like a flood. */
const HEADROOM = 1.25;

/** `rows` lines at most, none wider than the terminal; the last one says which keys there are. */
export function bellFrame(frame: BellFrame, style: TerminalStyle): string[] {
  const { state, rows } = frame;
  const body = state === null ? headLines(null, rows, style) : stateLines(frame, state, style);
  const keys = keyLine(frame, style);
  const help = frame.view.help ? helpLines(style).slice(0, Math.max(0, rows - 2)) : [];
  const room = Math.max(1, rows - 1 - help.length);
  const above = body.slice(0, room);
  const lines = [...above, ...Array<string>(room - above.length).fill(""), ...help, keys].slice(-rows);
  // The only letter beyond ASCII that cutting adds.
  return style.unicode ? lines : lines.map((line) => line.replaceAll("…", "~"));
}

function stateLines(frame: BellFrame, state: WorkerState, style: TerminalStyle): string[] {
  const { view, rows } = frame;
  const space = rows >= ROOMY ? 1 : 0;
  const head = headLines(state, rows, style);
  const { verdicts, alerts } = state.bell;
  const processes = state.processes?.rows ?? [];
  const machine = joined(machineParts(state, style), style);
  const cost = joined(costParts(state, style), style);
  const selected = selectedOf(view, alerts);
  const problems = state.problems.map((one) => `${one.source}: ${one.key}: ${one.message}`);
  const [forLevels, forAlerts, forMachine, forCost, forProblems, forProcesses] = share(rows - 1 - head.length, [
    { least: Math.min(3, verdicts.length), most: verdicts.length + space },
    { least: Math.min(2, alerts.length + 1), most: 1 + alerts.length + (selected === undefined ? 0 : 1) + space },
    { least: 1, most: machine.length + space },
    { least: 1, most: 1 },
    { least: 0, most: Math.min(2, problems.length) },
    { least: 0, most: processes.length === 0 ? 0 : processes.length + 1 + space },
  ] as const);
  const dim = (lines: readonly string[]) => lines.map((line) => paint(style, line, "dim"));
  const first = (line: string | undefined) => (line === undefined ? [] : [line]);
  return [
    ...head,
    ...spaced(forLevels, space, (room) => levelLines(frame, state, room, style)),
    ...spaced(forAlerts, space, (room) => alertLines(frame, state, room, style)),
    ...spaced(forProcesses, space, (room) =>
      room < 2 ? [] : processTable(processes, { sort: "cpu", from: 0, most: room - 1 }, style),
    ),
    ...spaced(forMachine, space, (room) => dim(machine.slice(0, room))),
    ...dim(first(forCost > 0 ? cost[0] : undefined)),
    ...problems.slice(0, forProblems).map((text) => paint(style, cut(printable(text, 500), style.columns), "yellow")),
  ];
}

/** A part with an empty line above it, where there is room for both. */
function spaced(room: number, space: number, lines: (room: number) => readonly string[]): readonly string[] {
  if (room <= 0) return [];
  const shown = lines(room).slice(0, room);
  const gap = shown.length > 0 && shown.length + space <= room ? space : 0;
  return [...Array<string>(gap).fill(""), ...shown];
}

function levelLines({ trail }: BellFrame, state: WorkerState, room: number, style: TerminalStyle): string[] {
  const { verdicts } = state.bell;
  // Where not all have room the worst are shown; those that are come in their usual order.
  const worst = [...verdicts].sort((one, other) => LEVELS.indexOf(other.level) - LEVELS.indexOf(one.level));
  const kept = new Set(verdicts.length <= room ? verdicts : worst.slice(0, room));
  const shown = verdicts.filter((one) => kept.has(one));
  const narrow = style.columns < NARROW;
  const valueOf = (one: Verdict) => {
    const text = formatValue(one.value, one.unit);
    return text === ABSENT ? dash(style) : text;
  };
  const values = shown.map(valueOf);
  const width = (texts: readonly string[]) => Math.max(0, ...texts.map(widthOf));
  const [levelWidth, valueWidth] = [width(shown.map(({ level }) => level)), width(values)];
  const gap = narrow ? " " : GAP;
  const others = 2 + levelWidth + gap.length + gap.length + valueWidth + gap.length;
  const titles = shown.map((one) => cut(titleOf(one), Math.min(narrow ? 12 : 28, Math.max(1, style.columns - others))));
  const titleWidth = width(titles);
  const before = others + titleWidth;
  const left = style.columns - before;
  // Beside a reason half the room, else all of it.
  const half = shown.some(({ reason }) => reason !== "") ? Math.floor(left / 2) : left;
  const spark = narrow ? left : Math.min(MOST_SPARK, Math.max(LEAST_SPARK, half));
  return shown.map((one, index) => {
    const lead = `${shapeOf(style, one.level)} ${pad(one.level, levelWidth)}`;
    const drawn = spark < LEAST_SPARK ? "" : sparkline(one, trail, state.time, spark, style);
    const line = [
      paint(style, lead, ...LEVEL_PAINTS[one.level]),
      pad(titles[index] ?? "", titleWidth),
      pad(values[index] ?? "", valueWidth, "start"),
      drawn,
    ].join(gap);
    const reason = narrow ? "" : cut(printable(one.reason, 500), left - spark - GAP.length);
    return reason === "" ? line.trimEnd() : `${line}${GAP}${paint(style, reason, "dim")}`;
  });
}

function sparkline(verdict: Verdict, trail: Trail, now: number, width: number, style: TerminalStyle): string {
  const { rule, unit, level } = verdict;
  const values = trail.columns(Trail.of(rule), now, width);
  const known = values.flatMap((value) => value ?? []);
  const marks = [rule.warn, rule.crit].flatMap((mark) => mark ?? []);
  const top = unit === "1" ? 1 : Math.max(...known, ...marks) * HEADROOM;
  const [line = ""] = plot({ values, top: top > 0 ? top : 1, width, height: 1, levelOf: () => level }, style);
  return line;
}

function alertLines(frame: BellFrame, state: WorkerState, room: number, style: TerminalStyle): string[] {
  const { alerts } = state.bell;
  const open = alerts.filter(({ status }) => status !== "resolved");
  const heading = paint(style, cut(alertHeading(frame, open), style.columns), "bold");
  const selected = selectedOf(frame.view, alerts);
  if (selected === undefined || room < 2) return [heading];
  const at = alerts.indexOf(selected);
  const detail = room >= 4 ? 1 : 0;
  const most = room - 1 - detail;
  const from = Math.max(0, Math.min(at - Math.floor(most / 2), alerts.length - most));
  return [
    heading,
    ...alerts.slice(from, from + most).flatMap((alert) => {
      const chosen = alert === selected && frame.hasKeys;
      const lead = chosen ? (style.unicode ? "▸ " : "> ") : "  ";
      const line = alertLine(alert, state.time, lead, style);
      return alert === selected && detail > 0 ? [line, alertDetail(alert, style)] : [line];
    }),
  ];
}

function alertHeading({ whose }: BellFrame, open: readonly Alert[]): string {
  const of = whose === "" ? "" : ` ${whose}`;
  if (open.length === 0) return `No open alerts${of}`;
  const quiet = open.filter(isQuiet).length;
  const some = quiet === 0 ? "" : quiet === open.length ? ", all quiet" : `, ${String(quiet)} of them quiet`;
  return `${String(open.length)} open ${open.length === 1 ? "alert" : "alerts"}${of}${some}`;
}

function keyLine({ view, state, hasKeys }: BellFrame, style: TerminalStyle): string {
  if (view.question !== null) {
    return paint(style, cut(questionWords(view.question, state?.time ?? 0), style.columns), "yellow", "bold");
  }
  if (view.message !== "") return paint(style, cut(printable(view.message, 500), style.columns), "bold");
  if (!hasKeys) return paint(style, cut("Ctrl+C quits", style.columns), "dim");
  const keys = ["q quit", "? help", "j k choose", "a acknowledge", "s silence"];
  const some = (state?.bell.alerts.length ?? 0) > 0 ? keys : keys.slice(0, 2);
  const [line = ""] = joined([...some, `graphs: last ${formatDuration(TRAIL_MS)}`], style);
  return paint(style, line, "dim");
}

/** What is asked, first the choice: the end may be cut. */
function questionWords(question: Question, now: number): string {
  const name = printable(question.alert.message === "" ? question.alert.title : question.alert.message, 200);
  switch (question.about) {
    case "acknowledge":
      return question.undo
        ? `Take the acknowledgement back? y yes, any other key no: ${name}`
        : `Acknowledge? y yes, any other key no: ${name}`;
    case "silence":
      return `Silence for h 1 hour, 8 8 hours, d 1 day; any other key no: ${name}`;
    case "endSilence": {
      const left = formatDuration(Math.max(0, question.silence.endsAt - now));
      return `End the silence, which would last ${left} more? y yes, any other key no: ${name}`;
    }
  }
}

function helpLines(style: TerminalStyle): string[] {
  const arrows = style.unicode ? "j k ↑ ↓     " : "j k arrows  ";
  return [
    "q Esc Ctrl+C  quit",
    `${arrows}  choose an alert`,
    "a             acknowledge, or take back",
    "s             silence, or end a silence",
  ].map((line) => cut(line, style.columns));
}
