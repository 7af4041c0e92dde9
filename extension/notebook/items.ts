/** The items under a cell as VS Code draws them: icons, tooltips and commands for what protocol/cell-items.ts says. */
import { t } from "@vscode/l10n";
import type { CellCost } from "../../protocol/cell-cost.ts";
import * as parts from "../../protocol/cell-items.ts";
import type { CellPart, ItemOptions, Mark } from "../../protocol/cell-items.ts";
import * as words from "../../protocol/cell-words.ts";
import type { CellMeasure, Shown } from "../../protocol/cell.ts";
import { formatBytes } from "../../protocol/format.ts";
import type { GuardState, KernelDeath, KernelState } from "../../protocol/kernel.ts";
import { plain, statusText } from "../escape.ts";
import { NOTEBOOK_COMMANDS, type NotebookCommand } from "./names.ts";

export type { ItemOptions };

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

/** A cell that runs, as far as it is known. */
export interface LiveCell {
  readonly startedAt: number;
  readonly kernel: KernelState | null;
}

const ICONS: Readonly<Record<Mark, string>> = {
  none: "",
  done: "$(check)",
  stopped: "$(stop-circle)",
  failed: "$(error)",
  runs: "$(sync~spin)",
  warn: "$(warning)",
  crit: "$(error)",
  frozen: "$(debug-pause)",
  go: "$(debug-continue)",
  stop: "$(debug-stop)",
  end: "$(trash)",
};

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

/** The items of a run that ended; none where the user does not want to see it. */
export function costItems(cost: CellCost, options: ItemOptions): readonly CellItem[] {
  const tooltip = tooltipOf(cost);
  return parts.costParts(cost, options).map((part) => item(part, tooltip, NOTEBOOK_COMMANDS.showCellCost));
}

/** The items of a cell that runs now. */
export function liveItems({ startedAt, kernel }: LiveCell, now: number, show: readonly Shown[]): readonly CellItem[] {
  const usage = kernel?.usage ?? null;
  const tooltip = [
    t("Looked at from outside while it runs; the exact numbers come when it ends."),
    ...(usage === null || kernel === null
      ? []
      : [t("Kernel: process {0}, {1} children, {2} threads", kernel.kernel.pid, usage.children, usage.threads)]),
  ].join("\n");
  return parts
    .liveParts(kernel, now - startedAt, show)
    .map((part) => item(part, tooltip, NOTEBOOK_COMMANDS.showCellCost));
}

/** The items of a cell in which the kernel died. */
export function deathItems(death: KernelDeath): readonly CellItem[] {
  const { whyKernelDied, restartWithLimit } = NOTEBOOK_COMMANDS;
  const tooltip = plain(death.sentence, 400);
  const bare = (text: string): CellPart => ({ mark: "none", text });
  return [
    ...[...parts.deathParts(death), bare(t("Why?"))].map((part) => item(part, tooltip, whyKernelDied, death.id)),
    ...(death.cause === "oom" ? [item(bare(t("Restart with a limit")), tooltip, restartWithLimit, death.id)] : []),
  ];
}

/** The items of a cell whose kernel its guard holds frozen. */
export function frozenItems(guard: GuardState): readonly CellItem[] {
  const tooltip = plain(guard.reason, 400);
  const { answerGuard } = NOTEBOOK_COMMANDS;
  return [
    item(parts.frozenPart(guard), tooltip, answerGuard),
    item({ mark: "go", text: t("Continue") }, tooltip, answerGuard, "continue"),
    item({ mark: "stop", text: t("Interrupt") }, tooltip, answerGuard, "interrupt"),
    item({ mark: "end", text: t("End Kernel") }, tooltip, answerGuard, "end"),
  ];
}

/** Longest text of an item, characters. */
const MOST_TEXT = 200;

function item(part: CellPart, tooltip: string, command: NotebookCommand, argument?: string): CellItem {
  const words = statusText(part.text, MOST_TEXT);
  const text = [ICONS[part.mark], words].filter((one) => one !== "").join(" ");
  return { text, tooltip, command, spoken: words, ...(argument === undefined ? {} : { argument }) };
}
