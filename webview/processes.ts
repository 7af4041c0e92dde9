/** The processes that stand out, as rows of a table: sorted, shortened and in words. Pure. */
import { t } from "@vscode/l10n";
import { ABSENT, formatBytes, formatRatio, formatValue } from "../protocol/format.ts";
import type { ProcessRow, WorkerState } from "../protocol/state.ts";
import { ago, clip, since } from "./words.ts";

/** What the table is sorted by, the largest first. */
export type ProcessSort = "cpu" | "memory" | "gpu";

/** How many rows are shown; the rest is what `top` is for. */
export const MOST_ROWS = 8;

/** Of these, so many are kept for those that hold most of a GPU, whatever the table is sorted by. */
const GPU_ROWS = 3;

function sortWords(sort: ProcessSort): string {
  return { cpu: t("by CPU"), memory: t("by memory"), gpu: t("by GPU memory") }[sort];
}

/** One process, formatted. */
export interface ProcessLine {
  readonly id: string;
  readonly name: string;
  readonly detail: string;
  readonly memory: string;
  readonly cpu: string;
  readonly io: string;
  /** Memory of GPUs; a dash where it holds none. */
  readonly gpu: string;
  readonly title: string;
}

/** The whole table. */
export interface ProcessTable {
  readonly note: string;
  readonly lines: readonly ProcessLine[];
  /** What it is sorted by: memory instead of a GPU's where no process holds any. */
  readonly sort: ProcessSort;
  /** Whether some process holds memory of a GPU, so that there is a column for it. */
  readonly hasGpu: boolean;
  /** Why there is none; empty when there is one. */
  readonly empty: string;
}

/** The processes of a state. `now` by the sender's clock. */
export function processTable(state: WorkerState | null, wanted: ProcessSort, now: number): ProcessTable {
  const list = state?.processes ?? null;
  const hasGpu = list?.rows.some((row) => row.gpuMemoryBytes !== null) ?? false;
  const sort = wanted === "gpu" && !hasGpu ? "memory" : wanted;
  const by = sortWords(sort);
  if (list === null) {
    const failing = state?.sensors.find((one) => one.sensor === "process" && one.reason !== "");
    return {
      note: by,
      lines: [],
      sort,
      hasGpu,
      empty: failing?.reason ?? t("Waiting for the first look at the processes."),
    };
  }
  const rows = shownRows(list.rows, sort);
  const old = now - list.time > 3 * list.intervalMs;
  return {
    note: old ? `${by} · ${ago(now - list.time)}` : by,
    lines: rows.map(lineOf),
    sort,
    hasGpu,
    empty: rows.length === 0 ? t("No process can be seen from here.") : "",
  };
}

function valueOf(row: ProcessRow, sort: ProcessSort): number {
  return { cpu: row.cpu, memory: row.memoryBytes, gpu: row.gpuMemoryBytes }[sort] ?? -1;
}

/** The largest first. Equal values keep their order by pid, so that idle processes do not change places. */
function sorted(rows: readonly ProcessRow[], sort: ProcessSort): readonly ProcessRow[] {
  return rows.toSorted((a, b) => valueOf(b, sort) - valueOf(a, sort) || a.pid - b.pid);
}

/** The first by what is asked for, and the first by GPU memory in place of the last of them. */
function shownRows(rows: readonly ProcessRow[], sort: ProcessSort): readonly ProcessRow[] {
  const kept = new Set(
    sorted(rows, "gpu")
      .slice(0, GPU_ROWS)
      .filter((row) => row.gpuMemoryBytes !== null),
  );
  for (const row of sorted(rows, sort)) if (kept.size < MOST_ROWS) kept.add(row);
  return sorted([...kept], sort);
}

function lineOf(row: ProcessRow): ProcessLine {
  return {
    id: `${String(row.pid)} ${String(row.startedAt)}`,
    name: clip(row.name === "" ? ABSENT : row.name, 28),
    detail: clip(row.detail, 28),
    memory: formatBytes(row.memoryBytes),
    cpu: formatRatio(row.cpu),
    io: formatValue(row.ioRate, "By/s"),
    gpu: formatBytes(row.gpuMemoryBytes),
    title: [
      row.name + (row.detail === "" ? "" : ` ${row.detail}`),
      t("pid {0}", row.pid),
      row.ioRate === null ? "" : `IO ${formatValue(row.ioRate, "By/s")}`,
      row.threads === null ? "" : row.threads === 1 ? t("1 thread") : t("{0} threads", row.threads),
      row.startedAt === 0 ? "" : since(row.startedAt),
    ]
      .filter(Boolean)
      .join(" · "),
  };
}
