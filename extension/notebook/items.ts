/** What stands under a cell: its last run's cost, what runs now, a dead or a frozen kernel. Texts and commands only. */
import { t } from "@vscode/l10n";
import type { CellMeasure, CellRecord } from "../../protocol/cell.ts";
import { formatBytes, formatDuration } from "../../protocol/format.ts";
import type { GuardState, KernelDeath, KernelState } from "../../protocol/kernel.ts";
import { plain, statusText } from "../escape.ts";
import { NOTEBOOK_COMMANDS, type NotebookCommand, type Shown } from "./names.ts";
import type { CellCost } from "./stored.ts";
import * as words from "./words.ts";

/** One item under a cell. Its text may hold icons of ours, never of others. */
export interface CellItem {
  readonly text: string;
  readonly tooltip: string;
  readonly command: NotebookCommand;
  /** What the command gets after the cell. */
  readonly argument?: string;
  /** What a screen reader says. */
  readonly spoken: string;
}

/** What the user wants to see. */
export interface ItemOptions {
  readonly show: readonly Shown[];
  readonly minWallMs: number;
  readonly shares: words.Shares;
}

/** A cell that runs, as far as it is known. */
export interface LiveCell {
  readonly startedAt: number;
  readonly kernel: KernelState | null;
  /** VS Code counts its time beside our items. */
  readonly timed: boolean;
}

/** VS Code writes tenths of a second, cut off, milliseconds. */
const TENTH_MS = 100;
/** In so short a run the clocks of time and CPU tremble too much to be divided by one another, milliseconds. */
const DIVISIBLE_MS = 10;

/** Of the peak. What is less over the start is in the tooltip: the peak is written with three digits. */
const LEAST_DELTA = 0.002;

/** CPU time of a shorter run is not told from looks from outside, milliseconds. */
const SHORTEST_MS = 500;

const TOOLTIP_MEASURES: readonly CellMeasure[] = [
  ...([
    "wallMs",
    "cpuMs",
    "cores",
    "throttledMs",
    "peakBytes",
    "peakDeltaBytes",
    "treeBytes",
    "childPeakBytes",
  ] as const),
  ...(["diskReadBytes", "diskWriteBytes", "netRxBytes", "netTxBytes"] as const),
];

/** Everything that matters, for those who point at an item: VS Code shows it as plain text. */
export function tooltipOf(cost: CellCost): string {
  const { now } = cost;
  const lines = TOOLTIP_MEASURES.flatMap((name) => {
    const measure = words.measureOf(now, name);
    const value = words.written(now, name);
    if (measure === null || value === null || (measure.value === 0 && name !== "wallMs")) return [];
    return [`${words.nameOf(name)}: ${value} (${words.qualityWords(measure.quality, name)})`];
  });
  const limit =
    now.limit === null
      ? []
      : [
          t(
            "Limit: {0}, {1}; the peak was {2} of it",
            formatBytes(now.limit.bytes),
            plain(now.limit.source, 80),
            words.share(now.limit.share),
          ),
        ];
  return [
    now.by === "kernel" ? t("Measured inside the kernel") : t("Measured from outside, as samples"),
    ...lines,
    ...limit,
    ...(now.overlap ? [t("Another cell ran at the same time: what was used cannot be told apart.")] : []),
    ...now.notes.slice(0, 4).map((note) => plain(note, 160)),
    t("Click for all of it, and the run before."),
  ].join("\n");
}

function outcomeIcon({ outcome }: CellRecord): string {
  return outcome === "ok" ? "$(check)" : outcome === "interrupted" ? "$(stop-circle)" : "$(error)";
}

/** How long a run took, milliseconds. */
export function wallOf(record: CellRecord): number {
  return words.measureOf(record, "wallMs")?.value ?? record.endedAt - record.startedAt;
}

/** Whether VS Code's time tells what ours does. It begins sooner and ends later, and is nothing at all for some milliseconds. */
function saysAsMuch(shownMs: number, wallMs: number): boolean {
  const near = Math.abs(wallMs - shownMs) <= Math.max(TENTH_MS, shownMs * 0.05);
  return shownMs >= TENTH_MS && wallMs >= shownMs / 2 && near;
}

/** VS Code's sign and time of this run are not said twice. `shownMs`: the time that it shows; null where it shows none. */
function timeText(record: CellRecord, shownMs: number | null): string | null {
  const wallMs = wallOf(record);
  const time = words.written(record, "wallMs") ?? formatDuration(record.endedAt - record.startedAt);
  const wall = shownMs === null ? time : saysAsMuch(shownMs, wallMs) ? "" : t("took {0}", time);
  const error = record.outcome === "error" ? statusText(record.error, 40) : "";
  const ended = record.outcome === "died" || record.outcome === "interrupted" ? words.outcomeWords(record) : "";
  const parts = [shownMs === null ? outcomeIcon(record) : "", error, ended, wall].filter((part) => part !== "");
  return parts.length === 0 ? null : parts.join(" ");
}

function cpuText(record: CellRecord): string | null {
  const cpu = words.written(record, "cpuMs");
  const cores = words.measureOf(record, "cores");
  // Of so short a run the looks before and after tell what was around it.
  const short = record.by === "outside" && record.endedAt - record.startedAt < SHORTEST_MS;
  if (cpu === null || short) return null;
  if (cores === null || wallOf(record) < DIVISIBLE_MS) return t("CPU {0}", cpu);
  const amount = words.amount("cores", cores.value);
  if (amount === "0") return t("CPU {0}", cpu);
  return amount === "1" ? t("CPU {0} (1 core)", cpu) : t("CPU {0} ({1} cores)", cpu, amount);
}

function memoryText(record: CellRecord, shares: words.Shares): string | null {
  const tree = words.measureOf(record, "treeBytes");
  const own = words.measureOf(record, "peakBytes");
  // With children at work their sum is what the limit feels.
  const name = tree !== null && (own === null || tree.value > own.value * 1.1) ? "treeBytes" : "peakBytes";
  const peak = words.written(record, name);
  if (peak === null) return null;
  const value = words.measureOf(record, name)?.value ?? 0;
  const delta = name === "peakBytes" ? words.measureOf(record, "peakDeltaBytes") : null;
  const text =
    delta === null || Math.abs(delta.value) < value * LEAST_DELTA
      ? t("peak {0}", peak)
      : t("peak {0} ({1})", peak, words.difference(delta.value, value));
  const level = words.levelOf(record, shares);
  if ((level !== "WARN" && level !== "CRIT") || record.limit === null) return text;
  const said = t("{level} {text}, {share} of limit", { level, text, share: words.share(record.limit.share) });
  return `${level === "CRIT" ? "$(error)" : "$(warning)"} ${said}`;
}

function gpuText(record: CellRecord): string | null {
  const all = record.gpus.flatMap((gpu) => {
    const peak = words.known(gpu.peakBytes);
    return peak === null ? [] : [{ ...gpu, peak }];
  });
  const [most] = all.toSorted((a, b) => b.peak.value - a.peak.value);
  if (most === undefined) return null;
  const size = `${words.markOf(most.peak.quality, "peakBytes")}${formatBytes(most.peak.value)}`;
  // A device's memory is everybody's.
  return most.scope === "device" ? t("GPU {0} {1} ~device", most.index, size) : t("GPU {0} {1}", most.index, size);
}

function diskText(record: CellRecord): string | null {
  const read = words.measureOf(record, "diskReadBytes")?.value ?? 0;
  const write = words.measureOf(record, "diskWriteBytes")?.value ?? 0;
  // Below this it is the interpreter's own files.
  const worth = 1024 * 1024;
  const texts = [
    ...(read >= worth ? [t("read {0}", words.written(record, "diskReadBytes") ?? "")] : []),
    ...(write >= worth ? [t("wrote {0}", words.written(record, "diskWriteBytes") ?? "")] : []),
  ];
  return texts.length === 0 ? null : texts.join(", ");
}

function networkText(record: CellRecord): string | null {
  const down = words.measureOf(record, "netRxBytes")?.value ?? 0;
  const up = words.measureOf(record, "netTxBytes")?.value ?? 0;
  return down + up < 1024 * 1024 ? null : `↓ ${formatBytes(down)} ↑ ${formatBytes(up)}`;
}

/** What is worth saying of the run before: its peak, where that is known, else its time. */
function previousText({ now, before }: CellCost): string | null {
  if (before === null) return null;
  const peak = words.measureOf(now, "peakBytes") === null ? null : words.written(before, "peakBytes");
  const text = peak ?? words.written(before, "wallMs");
  return text === null ? null : t("was {0}", text);
}

/**
 * The items of a run that ended; none where the user does not want to see it. `shownMs`: the time that VS Code itself shows of
 * the cell's last run; null where it shows none.
 */
export function costItems(cost: CellCost, options: ItemOptions, shownMs: number | null): readonly CellItem[] {
  const { now } = cost;
  const level = words.levelOf(now, options.shares);
  if (wallOf(now) < options.minWallMs && now.outcome === "ok" && level !== "WARN" && level !== "CRIT") return [];
  const makers: Readonly<Record<Shown, () => string | null>> = {
    time: () => timeText(now, shownMs),
    cpu: () => cpuText(now),
    memory: () => memoryText(now, options.shares),
    gpu: () => gpuText(now),
    disk: () => diskText(now),
    network: () => networkText(now),
    previous: () => previousText(cost),
  };
  const tooltip = tooltipOf(cost);
  return options.show.flatMap((one) => {
    const text = makers[one]();
    return text === null ? [] : [item(text, tooltip, NOTEBOOK_COMMANDS.showCellCost)];
  });
}

/** The items of a cell that runs now. */
export function liveItems(
  { startedAt, kernel, timed }: LiveCell,
  now: number,
  show: readonly Shown[],
): readonly CellItem[] {
  const { showCellCost } = NOTEBOOK_COMMANDS;
  const usage = kernel?.usage ?? null;
  const peak = kernel?.running?.peakBytes ?? null;
  const size = usage === null ? null : Math.max(usage.treeBytes ?? 0, usage.rssBytes);
  const tooltip = [
    t("Looked at from outside while it runs; the exact numbers come when it ends."),
    ...(usage === null || kernel === null
      ? []
      : [t("Kernel: process {0}, {1} children, {2} threads", kernel.kernel.pid, usage.children, usage.threads)]),
  ].join("\n");
  const texts: string[] = timed ? [] : [`$(sync~spin) ${words.elapsed(now - startedAt)}`];
  const cores = usage?.cores ?? null;
  if (show.includes("cpu") && cores !== null) {
    const amount = words.amount("cores", cores);
    if (amount !== "0") texts.push(amount === "1" ? t("1 core") : t("{0} cores", amount));
  }
  if (show.includes("memory") && size !== null) {
    const limit = kernel?.limit ?? null;
    const text = limit === null ? t("now {0}", formatBytes(size)) : t("now {0}", words.ofLimit(size, limit.bytes));
    const level = kernel?.level ?? "UNKNOWN";
    const warned = level === "WARN" || level === "CRIT";
    texts.push(warned ? `${level === "CRIT" ? "$(error)" : "$(warning)"} ${level} ${text}` : text);
    if (peak !== null && peak > size * 1.05) texts.push(t("peak {0}", `≥ ${formatBytes(peak)}`));
  }
  return texts.map((text) => item(text, tooltip, showCellCost));
}

/** Without the path of a control group, which is in the tooltip and on the page: `cgroup`. */
function shortSource(source: string): string {
  return source.split(" /")[0] ?? source;
}

/** The items of a cell in which the kernel died. */
export function deathItems(death: KernelDeath): readonly CellItem[] {
  const { whyKernelDied, restartWithLimit } = NOTEBOOK_COMMANDS;
  const tooltip = plain(death.sentence, 400);
  const { lastBytes, limit } = death;
  const last =
    lastBytes === null
      ? null
      : limit === null
        ? t("last {0}", formatBytes(lastBytes))
        : t("last {0} ({1})", words.ofLimit(lastBytes, limit.bytes), statusText(shortSource(limit.source), 40));
  const why = (text: string): CellItem => item(text, tooltip, whyKernelDied, death.id);
  return [
    why(`$(error) ${statusText(words.causeWords(death), 80)}`),
    ...(last === null ? [] : [why(last)]),
    why(t("Why?")),
    ...(death.cause === "oom" ? [item(t("Restart with a limit"), tooltip, restartWithLimit, death.id)] : []),
  ];
}

/** The items of a cell whose kernel its guard holds frozen. */
export function frozenItems(guard: GuardState): readonly CellItem[] {
  const tooltip = plain(guard.reason, 400);
  const { answerGuard } = NOTEBOOK_COMMANDS;
  return [
    item(
      `$(debug-pause) ${t("kernel frozen at {0}", words.ofLimit(guard.treeBytes, guard.limitBytes))}`,
      tooltip,
      answerGuard,
    ),
    item(`$(debug-continue) ${t("Continue")}`, tooltip, answerGuard, "continue"),
    item(`$(debug-stop) ${t("Interrupt")}`, tooltip, answerGuard, "interrupt"),
    item(`$(trash) ${t("End Kernel")}`, tooltip, answerGuard, "end"),
  ];
}

function item(text: string, tooltip: string, command: NotebookCommand, argument?: string): CellItem {
  const spoken = text.replaceAll(/\$\([\w~-]+\) ?/g, "");
  return { text, tooltip, command, spoken, ...(argument === undefined ? {} : { argument }) };
}
