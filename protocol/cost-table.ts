/** All that is known of one cell's cost, as lines and tables of texts: every measure with its quality in words, beside the run before. */
import { t } from "@vscode/l10n";
import type { CellCost } from "./cell-cost.ts";
import * as words from "./cell-words.ts";
import { CELL_MEASURES, type CellMeasure, type CellRecord } from "./cell.ts";
import { ABSENT, formatBytes } from "./format.ts";
import type { Level } from "./level.ts";
import { moment } from "./moment.ts";

/** What it is about. */
export interface CostTableInput {
  readonly cost: CellCost;
  readonly shares: words.Shares;
  /** The cell's text is another than the one that ran. */
  readonly edited: boolean;
  /** It stands by itself: whether there was a run before is not known. */
  readonly alone?: true;
}

/** What was measured, this run, its quality, the run before, the change. */
export type CostLine = readonly [name: string, value: string, quality: string, was: string, change: string];

/** Lines under one caption. */
export interface CostTable {
  readonly caption: string;
  readonly heads: CostLine;
  /** Never empty. */
  readonly lines: readonly CostLine[];
}

/** A sentence; with a level it is drawn like one, without it is beside the point. */
export interface CostFact {
  readonly text: string;
  readonly level: Level | null;
  readonly muted: boolean;
}

/** Everything, in the order in which it is read. The texts are data. */
export interface CostSheet {
  readonly facts: readonly CostFact[];
  readonly tables: readonly CostTable[];
  /** What a reader must know. */
  readonly notes: readonly string[];
}

function differenceOf(name: CellMeasure, now: number | null, before: number | null): string {
  if (now === null || before === null) return "";
  const change = now - before;
  // What is written alike is alike to a reader.
  if (words.amount(name, now) === words.amount(name, before)) return "=";
  const ratio = before > 0 ? ` (${change < 0 ? "−" : "+"}${words.share(Math.abs(change) / before)})` : "";
  return `${change < 0 ? "−" : "+"}${words.amount(name, Math.abs(change))}${ratio}`;
}

function lineOf(name: CellMeasure, { now, before }: CellCost): readonly CostLine[] {
  const here = words.measureOf(now, name);
  const there = before === null ? null : words.measureOf(before, name);
  if (here === null && there === null) return [];
  return [
    [
      words.nameOf(name),
      words.written(now, name) ?? ABSENT,
      words.qualityWords(here?.quality ?? "none", name),
      before === null ? "" : (words.written(before, name) ?? ABSENT),
      differenceOf(name, here?.value ?? null, there?.value ?? null),
    ],
  ];
}

function gpuLines({ now, before }: CellCost): readonly CostLine[] {
  return now.gpus.map((gpu) => {
    const old = before?.gpus.find((one) => one.index === gpu.index && one.scope === gpu.scope);
    const peak = words.known(gpu.peakBytes);
    const was = old === undefined ? null : words.known(old.peakBytes);
    const scope =
      gpu.scope === "allocator"
        ? t("of the allocator of {0}", gpu.source)
        : gpu.scope === "process"
          ? t("of this process, by {0}", gpu.source)
          : t("of the whole device, others included, by {0}", gpu.source);
    return [
      `GPU ${String(gpu.index)} ${gpu.name}`,
      peak === null ? ABSENT : `${words.markOf(peak.quality, "peakBytes")}${formatBytes(peak.value)}`,
      `${words.qualityWords(peak?.quality ?? "none", "peakBytes")}; ${scope}`,
      was === null ? "" : formatBytes(was.value),
      differenceOf("peakBytes", peak?.value ?? null, was?.value ?? null),
    ];
  });
}

function tableOf(caption: string, lines: readonly CostLine[]): readonly CostTable[] {
  const heads = [t("measured"), t("this run"), t("quality"), t("run before"), t("change")] as const;
  return lines.length === 0 ? [] : [{ caption, heads, lines }];
}

function limitFact(record: CellRecord, shares: words.Shares): CostFact {
  const { limit } = record;
  if (limit === null) return muted(t("No limit of memory is known for its kernel."));
  const level = words.levelOf(record, shares);
  const text = t("{level}: the peak was {share} of {limit} ({source}).", {
    ...{ level, share: words.share(limit.share), limit: formatBytes(limit.bytes), source: limit.source },
  });
  return { text, level, muted: false };
}

function muted(text: string): CostFact {
  return { text, level: null, muted: true };
}

function beforeWords(before: CellRecord | null): string {
  return before === null
    ? t("There was no run before this one.")
    : t("The run before: {0}, {1}.", words.outcomeWords(before), moment(before.endedAt));
}

/** All of it. */
export function costSheet({ cost, shares, edited, alone }: CostTableInput): CostSheet {
  const { now, before } = cost;
  const by =
    now.by === "kernel"
      ? t("Measured inside the kernel, process {0} on {1}.", now.kernel.pid, now.kernel.host)
      : t("Measured from outside, as samples, from process {0}.", now.kernel.pid);
  const marks = t("≥ is at least, ~ is about; a number without a mark is exact.");
  return {
    facts: [
      { text: `${words.outcomeWords(now)}, ${moment(now.endedAt)}`, level: null, muted: false },
      limitFact(now, shares),
      muted(`${by} ${marks}`),
      ...(alone === true ? [] : [muted(beforeWords(before))]),
    ],
    tables: [
      ...tableOf(
        t("Time, memory, input and output"),
        CELL_MEASURES.flatMap((one) => lineOf(one, cost)),
      ),
      ...tableOf(t("Memory of GPUs"), gpuLines(cost)),
    ],
    notes: [
      ...(edited ? [t("The cell has been edited since this run.")] : []),
      ...(now.overlap ? [t("Another cell ran at the same time: what was used cannot be told apart.")] : []),
      ...now.notes,
    ],
  };
}
