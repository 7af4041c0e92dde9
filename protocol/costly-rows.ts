/** The most expensive cells of a notebook: the strip's marks and the rows, most expensive first. */
import { t } from "@vscode/l10n";
import type { CellCost } from "./cell-cost.ts";
import * as words from "./cell-words.ts";
import type { CellMeasure, CellRecord } from "./cell.ts";
import { formatBytes, formatDuration } from "./format.ts";
import type { KernelUsage } from "./kernel.ts";
import type { CostlySnapshot, CostOrder, CostRow } from "./messages/costly.ts";
import { plain } from "./plain.ts";

/** Rows beyond these nobody reads. */
const MOST_ROWS = 50;

/** A cell with a cost and its place in the notebook, from 0. */
export interface PlacedCost {
  readonly id: string;
  readonly index: number;
  readonly cost: CellCost;
  /** Its code's lines, the first ones. */
  readonly lines: () => readonly string[];
}

const MEASURES: Readonly<Record<CostOrder, CellMeasure>> = { time: "wallMs", memory: "peakBytes", cpu: "cpuMs" };

/** A cell's value in an order; null where it was not measured. */
function valueOf(record: CellRecord, order: CostOrder): number | null {
  const value = words.measureOf(record, MEASURES[order])?.value ?? null;
  return value === null && order === "time" ? record.endedAt - record.startedAt : value;
}

function writtenIn(record: CellRecord, order: CostOrder): string {
  const value = words.written(record, MEASURES[order]);
  return value ?? (order === "time" ? formatDuration(record.endedAt - record.startedAt) : "");
}

function othersOf(record: CellRecord, order: CostOrder): string {
  const texts: Readonly<Record<CostOrder, (text: string) => string>> = {
    time: (text) => text,
    memory: (text) => t("peak {0}", text),
    cpu: (text) => t("CPU {0}", text),
  };
  return (["time", "memory", "cpu"] as const)
    .filter((one) => one !== order)
    .flatMap((one) => {
      const text = writtenIn(record, one);
      return text === "" ? [] : [texts[one](text)];
    })
    .join(" · ");
}

/** The first line that is code. */
function firstLine(lines: readonly string[]): string {
  const found = lines.map((line) => line.trim()).find((line) => line !== "" && !line.startsWith("#"));
  return found === undefined ? "" : plain(found, 80);
}

function rowOf(placed: PlacedCost, value: number, most: number, order: CostOrder, shares: words.Shares): CostRow {
  const { id, index, cost } = placed;
  const { now } = cost;
  const { executionCount, label } = now.cell;
  const name = label === "" ? t("Cell {0}", index + 1) : plain(label, 60);
  return {
    ...{ id, index },
    name: executionCount === null ? name : `${name} [${String(executionCount)}]`,
    code: firstLine(placed.lines()),
    value: writtenIn(now, order),
    others: othersOf(now, order),
    part: most > 0 ? value / most : 0,
    level: words.levelOf(now, shares),
    failed: now.outcome === "error" || now.outcome === "died",
  };
}

/** Marks and rows of these cells. */
export function costlyRows(
  costs: readonly PlacedCost[],
  order: CostOrder,
  shares: words.Shares,
): Pick<CostlySnapshot, "order" | "marks" | "rows" | "more"> {
  const valued = costs.flatMap((one) => {
    const value = valueOf(one.cost.now, order);
    return value === null ? [] : [{ one, value }];
  });
  const sorted = valued.toSorted((a, b) => b.value - a.value || a.one.index - b.one.index);
  const most = sorted[0]?.value ?? 0;
  return {
    order,
    marks: valued.map(({ one, value }) => [one.index, value, words.levelOf(one.cost.now, shares)] as const),
    rows: sorted.slice(0, MOST_ROWS).map(({ one, value }) => rowOf(one, value, most, order, shares)),
    more: Math.max(0, sorted.length - MOST_ROWS),
  };
}

/** What runs, in one sentence. */
export function runningWords(index: number, milliseconds: number, usage: KernelUsage | null): string {
  const name = t("Cell {0}", index + 1);
  const time = words.elapsed(milliseconds);
  return usage === null
    ? t("{0} runs: {1}", name, time)
    : t("{0} runs: {1}, now {2}", name, time, formatBytes(Math.max(usage.treeBytes ?? 0, usage.rssBytes)));
}
