/** The bell's terminal face: the worker's whole state as lines of text. Pure: the same state gives the same lines. */
import type { Verdict } from "../../protocol/bell.ts";
import { ABSENT, formatBytes, formatDuration, formatRatio, formatValue } from "../../protocol/format.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { bar } from "./bar.ts";
import { cut, pad, widthOf, wrap } from "./columns.ts";
import { printable } from "./printable.ts";
import { seriesName } from "./series-name.ts";
import { LEVEL_PAINTS, paint, shapeOf, type TerminalStyle } from "./terminal-style.ts";

/** Below this there is no room for bars and columns. */
const NARROW = 60;
const WIDEST_TITLE = 28;
const LEVEL_WIDTH = "UNKNOWN".length;
const MOST_BAR = 32;
const LEAST_BAR = 10;
const GAP = "  ";

/** Everything a person wants to know now, worst first in words, then every rule, then what Gorgon costs. */
export function renderBell(state: WorkerState, style: TerminalStyle): string[] {
  return [
    ...headlineLines(state, style),
    "",
    ...verdictLines(state.bell.verdicts, style),
    "",
    ...footerLines(state, style),
  ];
}

/** What stands there before the first poll has ended. */
export function renderStarting(style: TerminalStyle): string[] {
  return [`${paint(style, shapeOf(style, "UNKNOWN"), "magenta")} Starting: waiting for the first readings`];
}

/** Level and headline, on as many lines as they need. */
export function headlineLines(state: Pick<WorkerState, "bell">, style: TerminalStyle): string[] {
  const { level, headline } = state.bell;
  const lead = `${shapeOf(style, level)} ${level} `;
  return wrap(printable(headline, 500), style.columns - widthOf(lead)).map((line, index) =>
    index === 0
      ? `${paint(style, lead, ...LEVEL_PAINTS[level])}${paint(style, line, "bold")}`
      : `${" ".repeat(widthOf(lead))}${paint(style, line, "bold")}`,
  );
}

/** A rule's title with the series that was judged, e.g. `Disk /data`. */
export function titleOf({ rule, attributes }: Pick<Verdict, "rule" | "attributes">): string {
  const name = seriesName(attributes, rule.match);
  return cut(`${printable(rule.title, 60)}${name === "" ? "" : ` ${name}`}`, WIDEST_TITLE);
}

function verdictLines(verdicts: readonly Verdict[], style: TerminalStyle): string[] {
  const titles = verdicts.map(titleOf);
  const values = verdicts.map((one) => (one.value === null ? dash(style) : formatValue(one.value, one.unit)));
  if (style.columns < NARROW) {
    return verdicts.flatMap((one, index) => [
      cut(
        `${shapeOf(style, one.level)} ${one.level} ${titles[index] ?? ""} ${values[index] ?? ""}`,
        style.columns,
      ).replace(/^\S+ \S+/, (lead) => paint(style, lead, ...LEVEL_PAINTS[one.level])),
      ...reasonLines(one, style, 4),
    ]);
  }
  const titleWidth = Math.max(0, ...titles.map(widthOf));
  const valueWidth = Math.max(0, ...values.map(widthOf));
  // Shape, space, level, then the gaps before title, value, bar.
  const before = 2 + LEVEL_WIDTH + GAP.length + titleWidth + GAP.length + valueWidth + GAP.length;
  const barWidth = Math.min(MOST_BAR, Math.max(LEAST_BAR, Math.floor((style.columns - before) / 2)));
  return verdicts.flatMap((one, index) => {
    const lead = `${shapeOf(style, one.level)} ${pad(one.level, LEVEL_WIDTH)}`;
    const line = [
      paint(style, lead, ...LEVEL_PAINTS[one.level]),
      pad(titles[index] ?? "", titleWidth),
      pad(values[index] ?? "", valueWidth, "start"),
      bar(one, barWidth, style),
    ].join(GAP);
    const reason = printable(one.reason, 500);
    if (reason === "") return [line];
    const room = style.columns - before - barWidth - GAP.length;
    if (widthOf(reason) <= room) return [`${line}${GAP}${paint(style, reason, "dim")}`];
    return [line, ...reasonLines(one, style, 2 + LEVEL_WIDTH + GAP.length)];
  });
}

function reasonLines(verdict: Verdict, style: TerminalStyle, indent: number): string[] {
  const lines = wrap(printable(verdict.reason, 500), style.columns - indent);
  return lines.map((line) => `${" ".repeat(indent)}${paint(style, line, "dim")}`);
}

/** The machine at a glance: load, memory, network, pressure where it is told. */
export function machineParts({ glance }: WorkerState, style: TerminalStyle): string[] {
  const or = (text: string) => (text === ABSENT ? dash(style) : text);
  const rate = (bytes: number | null) => (bytes === null ? dash(style) : formatValue(bytes, "By/s"));
  const [down, up] = style.unicode ? ["↓", "↑"] : ["in", "out"];
  const limit = glance.memory.limitedBy === "host" ? "" : ` (${printable(glance.memory.limitedBy, 60)})`;
  const load = glance.cpu.load1 === null ? dash(style) : glance.cpu.load1.toFixed(2);
  const { cpu, memory, io } = glance.pressure;
  const share = (ratio: number | null) => (ratio === null ? dash(style) : formatRatio(ratio));
  const told = cpu !== null || memory !== null || io !== null;
  return [
    `load ${load} on ${String(glance.cpu.cores)} ${glance.cpu.cores === 1 ? "core" : "cores"}`,
    `memory ${or(formatBytes(glance.memory.used))} of ${or(formatBytes(glance.memory.limit))}${limit}`,
    `network ${down} ${rate(glance.network.receive)} ${up} ${rate(glance.network.transmit)}`,
    ...(told ? [`pressure cpu ${share(cpu)} memory ${share(memory)} io ${share(io)}`] : []),
  ];
}

/** What Gorgon itself costs, how often it looks, and when it did. */
export function costParts({ self, intervalMs, node, time }: WorkerState, style: TerminalStyle): string[] {
  return [
    `Gorgon ${self.cpuRatio === null ? dash(style) : formatRatio(self.cpuRatio)} of a core`,
    formatBytes(self.rssBytes),
    `every ${formatDuration(intervalMs)} on ${printable(node, 60)}`,
    new Date(time).toISOString().slice(11, 19) + " UTC",
  ];
}

function footerLines(state: WorkerState, style: TerminalStyle): string[] {
  const problems = state.problems.map((one) => `${one.source}: ${one.key}: ${one.message}`);
  return [
    ...joined(machineParts(state, style), style).map((line) => paint(style, line, "dim")),
    ...joined(costParts(state, style), style).map((line) => paint(style, line, "dim")),
    ...problems.flatMap((text) =>
      wrap(printable(text, 500), style.columns).map((line) => paint(style, line, "yellow")),
    ),
  ];
}

/** The parts beside each other with a separator, on as many lines as they need; no part is torn apart if it fits. */
export function joined(parts: readonly string[], style: TerminalStyle): string[] {
  const separator = style.unicode ? " · " : ", ";
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : line + separator + part;
    if (line !== "" && widthOf(longer) > style.columns) {
      lines.push(line);
      line = part;
    } else {
      line = longer;
    }
  }
  return [...lines, line].map((one) => cut(one, style.columns));
}

/** What stands where there is no value. */
export function dash(style: TerminalStyle): string {
  return style.unicode ? ABSENT : "-";
}
