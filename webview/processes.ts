/** The processes that stand out, as rows of a table: sorted, shortened and in words. Pure. */
import { ABSENT, formatBytes, formatRatio, formatValue } from "../protocol/format.ts";
import type { ProcessRow, WorkerState } from "../protocol/state.ts";
import { absolute, ago, clip, count } from "./words.ts";

/** What the table is sorted by, the largest first. */
export type ProcessSort = "cpu" | "memory";

/** How many rows are shown; the rest is what `top` is for. */
export const MOST_ROWS = 8;

/** One process, formatted. */
export interface ProcessLine {
  readonly id: string;
  readonly name: string;
  readonly detail: string;
  readonly memory: string;
  readonly cpu: string;
  readonly io: string;
  readonly title: string;
}

/** The whole table. */
export interface ProcessTable {
  readonly note: string;
  readonly lines: readonly ProcessLine[];
  /** Why there is none; empty when there is one. */
  readonly empty: string;
}

/** The processes of a state. `now` by the sender's clock. */
export function processTable(state: WorkerState | null, sort: ProcessSort, now: number): ProcessTable {
  const by = sort === "cpu" ? "by CPU" : "by memory";
  const list = state?.processes ?? null;
  if (list === null) {
    const failing = state?.sensors.find((one) => one.sensor === "process" && one.reason !== "");
    return { note: by, lines: [], empty: failing?.reason ?? "Waiting for the first look at the processes." };
  }
  const valueOf = (row: ProcessRow): number => (sort === "cpu" ? (row.cpu ?? -1) : row.memoryBytes);
  // Equal values keep their order by pid, so that idle processes do not change places.
  const rows = list.rows.toSorted((a, b) => valueOf(b) - valueOf(a) || a.pid - b.pid).slice(0, MOST_ROWS);
  const old = now - list.time > 3 * list.intervalMs;
  return {
    note: old ? `${by} · ${ago(now - list.time)}` : by,
    lines: rows.map(lineOf),
    empty: rows.length === 0 ? "No process can be seen from here." : "",
  };
}

function lineOf(row: ProcessRow): ProcessLine {
  return {
    id: `${String(row.pid)} ${String(row.startedAt)}`,
    name: clip(row.name === "" ? ABSENT : row.name, 28),
    detail: clip(row.detail, 28),
    memory: formatBytes(row.memoryBytes),
    cpu: formatRatio(row.cpu),
    io: formatValue(row.ioRate, "By/s"),
    title: [
      row.name + (row.detail === "" ? "" : ` ${row.detail}`),
      `pid ${String(row.pid)}`,
      row.threads === null ? "" : count(row.threads, "thread"),
      row.startedAt === 0 ? "" : `since ${absolute(row.startedAt)}`,
    ]
      .filter(Boolean)
      .join(" · "),
  };
}
