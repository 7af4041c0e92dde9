/** What a notebook cost: each cell's newest run, totals, the worst of it, and which cells cost most. */
import type { CellMeasure, CellRecord, KernelRef } from "../../../protocol/cell.ts";
import { measureOf } from "../../../protocol/cell-words.ts";
import { type Level, worst } from "../../../protocol/level.ts";
import type { CodeCell, Notebook } from "./notebook-file.ts";
import type { CellRuns, Findings, Source } from "./sources.ts";

/** One cell of a report. */
export interface ReportCell {
  readonly cell: CodeCell;
  /** Its newest run; null: not measured. */
  readonly record: CellRecord | null;
  /** The run before that. */
  readonly before: CellRecord | null;
  readonly runs: number;
}

/** A cell that was measured. */
export type MeasuredCell = ReportCell & { readonly record: CellRecord };

/** A sum over cells; `atLeast` when one of them is a lower bound, null when none has a value. */
export interface Total {
  readonly value: number;
  readonly atLeast: boolean;
}

/** All that a report says. */
export interface Summary {
  readonly name: string;
  readonly cells: readonly ReportCell[];
  readonly measured: readonly MeasuredCell[];
  readonly level: Level;
  /** One sentence: how the worst cell fared. */
  readonly headline: string;
  /** From the first run's start to the last one's end. */
  readonly from: number;
  readonly to: number;
  readonly kernels: readonly KernelRef[];
  readonly totals: Readonly<Partial<Record<CellMeasure, Total>>>;
  /** The cell whose peak was highest; null where none is known. */
  readonly peak: MeasuredCell | null;
  /** Those that did not end well, in order. */
  readonly ended: readonly MeasuredCell[];
  readonly sources: readonly Source[];
  readonly strangers: number;
  readonly problems: readonly string[];
}

/** What is summed over the cells. */
const SUMMED: readonly CellMeasure[] = [
  ...(["wallMs", "cpuMs", "throttledMs", "diskReadBytes", "diskWriteBytes"] as const),
  ...(["readBytes", "writeBytes", "netRxBytes", "netTxBytes"] as const),
];

/** Sums up. Null when no cell was measured. */
export function summarize(notebook: Notebook, findings: Findings): Summary | null {
  const cells = findings.cells.map(({ cell, runs }) => ({
    cell,
    record: runs.at(-1) ?? null,
    before: runs.at(-2) ?? null,
    runs: runs.length,
  }));
  const measured = cells.filter((one): one is MeasuredCell => one.record !== null);
  const records = measured.map(({ record }) => record);
  if (records.length === 0) return null;
  const peak = most(measured, "peakBytes", 1)[0] ?? null;
  const level = records.some(({ outcome }) => outcome === "died") ? "CRIT" : worst(records.map((one) => one.level));
  return {
    name: notebook.name,
    cells,
    measured,
    level,
    headline: headline(measured, level, peak),
    from: Math.min(...records.map(({ startedAt }) => startedAt)),
    to: Math.max(...records.map(({ endedAt }) => endedAt)),
    kernels: [...new Map(records.map(({ kernel }) => [`${kernel.host} ${String(kernel.pid)}`, kernel])).values()],
    totals: Object.fromEntries(
      SUMMED.flatMap((name) => {
        const total = sum(records, name);
        return total === null ? [] : [[name, total]];
      }),
    ),
    peak,
    ended: measured.filter(({ record }) => record.outcome !== "ok"),
    sources: [...new Set(findings.cells.flatMap(({ source }: CellRuns) => (source === null ? [] : [source])))],
    strangers: findings.strangers.length,
    problems: findings.problems,
  };
}

/** The cells with the highest values of a measure, at most `count`, highest first; those without a value are left out. */
export function most(cells: readonly MeasuredCell[], name: CellMeasure, count: number): readonly MeasuredCell[] {
  const valueOf = ({ record }: MeasuredCell) => measureOf(record, name)?.value ?? 0;
  return cells
    .filter((cell) => valueOf(cell) > 0)
    .toSorted((one, other) => valueOf(other) - valueOf(one))
    .slice(0, count);
}

/** `Cell 3`, with `In [7]` where the run's count is known, and the name that the user gave. */
export function titleOf({ cell, record }: ReportCell): string {
  const count = record?.cell.executionCount ?? cell.executionCount;
  const label = record?.cell.label ?? "";
  const run = count === null ? "" : ` · In [${String(count)}]`;
  return `Cell ${String(cell.number)}${run}${label === "" ? "" : ` · ${label}`}`;
}

function sum(records: readonly CellRecord[], name: CellMeasure): Total | null {
  const values = records.flatMap((record) => measureOf(record, name) ?? []);
  if (values.length === 0) return null;
  return {
    value: values.reduce((total, { value }) => total + value, 0),
    atLeast: values.length < records.length || values.some(({ quality }) => quality === "sampled"),
  };
}

function headline(measured: readonly MeasuredCell[], level: Level, peak: MeasuredCell | null): string {
  const died = measured.find(({ record }) => record.outcome === "died");
  if (died !== undefined) return `The kernel died in ${titleOf(died)}.`;
  const near = measured
    .flatMap((one) => (one.record.limit === null ? [] : [{ one, limit: one.record.limit }]))
    .sort((a, b) => b.limit.share - a.limit.share)[0];
  if (near === undefined) {
    return peak === null ? "No memory was measured." : "No limit of memory is known: nothing says how near it came.";
  }
  const share = `${(near.limit.share * 100).toFixed(0)} %`;
  const words = level === "OK" ? "at most" : "up to";
  return `Memory came to ${words} ${share} of its limit, in ${titleOf(near.one)}.`;
}
