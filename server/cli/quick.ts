/** `gorgon quick`: a stethoscope. A short buffer of fast samples, drawn while it fills. */
import { ABSENT, formatDuration, formatValue } from "../../protocol/format.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { pad } from "../bell/columns.ts";
import { levelOf } from "../bell/thresholds.ts";
import { printable } from "../bell/printable.ts";
import { rulesOf } from "../bell/rules.ts";
import { Screen } from "../bell/screen.ts";
import { LEVEL_PAINTS, paint, shapeOf, type TerminalStyle } from "../bell/terminal-style.ts";
import { parseInterval } from "../config/values.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { type CliIo, styleNow, UsageError } from "./io.ts";
import { plot } from "./plot.ts";
import { extremes, type QuickSeries, quickSeries } from "./quick-series.ts";
import { beats, openSession } from "./session.ts";

/** The flags as commander gives them. */
export interface QuickFlags {
  readonly seconds: string;
  readonly interval: string;
  readonly json?: boolean;
}

const HEIGHT = 3;
const WIDEST = 80;
const AXIS = 12;
/** Rates are drawn against at least this, so that a few bytes do not look like a flood. */
const LEAST_RATE = 1024;
const MAX_SECONDS = 3600;

/** Fills the buffer, draws it and ends with 0. */
export async function quickCommand(flags: QuickFlags, io: CliIo): Promise<number> {
  const interval = parseInterval(flags.interval);
  if (!interval.ok)
    throw new UsageError(`--interval must be ${interval.allowed}, not ${JSON.stringify(flags.interval)}.`);
  const seconds = Number(flags.seconds);
  if (!(seconds >= interval.value / 1000 && seconds <= MAX_SECONDS)) {
    throw new UsageError(
      `--seconds must be a number from the interval up to ${String(MAX_SECONDS)}, not ${JSON.stringify(flags.seconds)}.`,
    );
  }
  const count = Math.max(2, Math.round((seconds * 1000) / interval.value));
  const { stack, config, host } = await openSession(io, { interval: flags.interval });
  const series = quickSeries(rulesOf(config.config));
  const screen = flags.json !== true && styleNow(io).live ? new Screen(io.stdout) : null;
  let last: WorkerState | null = null;
  try {
    const options = { count, intervalMs: interval.value, signal: io.signal };
    let before = host.clock.now();
    for await (const { state } of beats(stack, host.clock, options)) {
      for (const one of series) one.samples.push({ time: state.time, value: one.take(stack.hub, before) });
      before = state.time;
      last = state;
      screen?.draw(renderQuick(series, state, count, styleNow(io)));
    }
  } finally {
    screen?.end();
    await stack.close();
  }
  if (last === null) return EXIT_OK;
  if (flags.json === true) io.stdout.write(`${JSON.stringify(report(series, last, interval.value))}\n`);
  else if (screen === null) io.stdout.write(`${renderQuick(series, last, count, styleNow(io)).join("\n")}\n`);
  return EXIT_OK;
}

/** The whole picture: the headline, then a title line and a plot for each series. */
export function renderQuick(
  series: readonly QuickSeries[],
  state: WorkerState,
  count: number,
  style: TerminalStyle,
): string[] {
  const { level, headline } = state.bell;
  const width = Math.max(8, Math.min(WIDEST, style.columns - AXIS - 1));
  const got = series[0]?.samples.length ?? 0;
  const lines = [
    `${paint(style, `${shapeOf(style, level)} ${level}`, ...LEVEL_PAINTS[level])} ${paint(style, printable(headline), "bold")}`,
    paint(style, `${String(got)} of ${String(count)} samples, one every ${formatDuration(state.intervalMs)}`, "dim"),
  ];
  const filled = Math.max(1, Math.round((width * got) / count));
  for (const one of series) {
    const { min, avg, max, last } = extremes(one.samples);
    const number = (value: number | null) => {
      const text = formatValue(value, one.unit);
      return text === ABSENT && !style.unicode ? "-" : text;
    };
    const words = `min ${number(min)}  avg ${number(avg)}  max ${number(max)}  now ${number(last)}`;
    lines.push(
      "",
      `${paint(style, one.title, "bold")}  ${paint(style, max === null ? "no values here" : words, "dim")}`,
    );
    if (max === null) continue;
    const top = one.unit === "1" ? 1 : Math.max(LEAST_RATE, max);
    const { rule } = one;
    const drawn = plot(
      {
        values: one.samples.map((sample) => sample.value),
        top,
        width: filled,
        height: HEIGHT,
        ...(rule === null ? {} : { levelOf: (value: number) => levelOf(rule, value) }),
      },
      style,
    );
    const labels = [number(top), ...Array<string>(HEIGHT - 2).fill(""), number(0)];
    const edge = style.unicode ? "┤" : "|";
    drawn.forEach((line, index) =>
      lines.push(`${paint(style, pad(labels[index] ?? "", AXIS - 1, "start") + edge, "dim")}${line}`),
    );
  }
  return lines;
}

/** One JSON object: the short buffer, its extremes and the last verdicts. */
function report(series: readonly QuickSeries[], state: WorkerState, intervalMs: number) {
  return {
    time: state.time,
    node: state.node,
    intervalMs,
    bell: state.bell,
    series: series.map(({ id, title, unit, samples }) => ({ id, title, unit, ...extremes(samples), samples })),
  };
}
