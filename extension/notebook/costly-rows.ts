/** What the view *Most Expensive Cells* shows of a notebook: the strip, the rows, what runs, and what would be better. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { CellMeasure, CellRecord } from "../../protocol/cell.ts";
import { formatBytes, formatDuration } from "../../protocol/format.ts";
import type { CostlySnapshot, CostOrder, CostRow } from "../../protocol/messages/costly.ts";
import { plain } from "../escape.ts";
import { cellUri } from "./cells.ts";
import type { Binding } from "./kernels.ts";
import type { CostedCell } from "./records.ts";
import type { CellRun } from "./tracker.ts";
import * as words from "./words.ts";

/** Rows beyond these nobody reads. */
const MOST_ROWS = 50;

/** What it is made from. */
export interface CostlyInput {
  readonly notebook: vscode.NotebookDocument | null;
  readonly costs: readonly CostedCell[];
  readonly run: CellRun | null;
  readonly binding: Binding | null;
  /** Something has run in this window. */
  readonly hasRun: boolean;
  /** How many kernels could be the notebook's. */
  readonly rivals: number;
  readonly order: CostOrder;
  readonly shares: words.Shares;
  readonly now: number;
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

/** The line by which a cell is known: the first that does something, of those that only import the first. */
function firstLine({ document }: vscode.NotebookCell): string {
  const lines = Array.from({ length: Math.min(document.lineCount, 20) }, (_, line) =>
    document.lineAt(line).text.trim(),
  );
  const code = lines.filter((text) => text !== "" && !text.startsWith("#"));
  return plain(code.find((text) => !/^(import|from|library|using)\b/.test(text)) ?? code[0] ?? "", 80);
}

function rowOf({ cell, cost }: CostedCell, value: number, most: number, input: CostlyInput): CostRow {
  const { now } = cost;
  const { executionCount, label } = now.cell;
  const name = label === "" ? t("Cell {0}", cell.index + 1) : plain(label, 60);
  return {
    id: cellUri(cell),
    index: cell.index,
    name: executionCount === null ? name : `${name} [${String(executionCount)}]`,
    code: firstLine(cell),
    value: writtenIn(now, input.order),
    others: othersOf(now, input.order),
    part: most > 0 ? value / most : 0,
    level: words.levelOf(now, input.shares),
    failed: now.outcome === "error" || now.outcome === "died",
  };
}

/** Why there is nothing, or what would make it better. */
function hintOf(input: CostlyInput): Pick<CostlySnapshot, "hint" | "command"> {
  const { notebook, costs, binding, hasRun, rivals } = input;
  const none = { hint: "", command: null };
  if (notebook === null) return { ...none, hint: t("Open a notebook: its cells stand here once they have run.") };
  if (hasRun && binding === null) {
    return rivals > 1
      ? { hint: t("Several kernels could be this notebook's, so none is measured."), command: "choose" }
      : {
          hint: t(
            "The kernel of this notebook is not found on this machine. Its package can still tell what cells cost.",
          ),
          command: "measure",
        };
  }
  if (hasRun && binding?.state?.measured === false) {
    return {
      hint: t("Measured from outside, as samples. Inside the kernel the numbers are exact."),
      command: "measure",
    };
  }
  return costs.length === 0 ? { ...none, hint: t("Run a cell: what it cost stands here and under the cell.") } : none;
}

function runningWords({ run, binding, now }: CostlyInput): string {
  if (run === null) return "";
  const name = t("Cell {0}", run.cell.index + 1);
  const time = words.elapsed(now - run.startedAt);
  const usage = binding?.state?.usage ?? null;
  return usage === null
    ? t("{0} runs: {1}", name, time)
    : t("{0} runs: {1}, now {2}", name, time, formatBytes(Math.max(usage.treeBytes ?? 0, usage.rssBytes)));
}

/** Everything the page needs. */
export function costlySnapshot(input: CostlyInput): CostlySnapshot {
  const { notebook, costs, order, shares, run } = input;
  const valued = costs.flatMap((one) => {
    const value = valueOf(one.cost.now, order);
    return value === null ? [] : [{ one, value }];
  });
  const sorted = valued.toSorted((a, b) => b.value - a.value || a.one.cell.index - b.one.cell.index);
  const most = sorted[0]?.value ?? 0;
  return {
    type: "snapshot",
    file: notebook?.uri.path.split("/").at(-1) ?? "",
    order,
    cells: notebook?.cellCount ?? 0,
    marks: valued.map(({ one, value }) => [one.cell.index, value, words.levelOf(one.cost.now, shares)] as const),
    rows: sorted.slice(0, MOST_ROWS).map(({ one, value }) => rowOf(one, value, most, input)),
    more: Math.max(0, sorted.length - MOST_ROWS),
    running: runningWords(input),
    runningIndex: run?.cell.index ?? null,
    ...hintOf(input),
  };
}
