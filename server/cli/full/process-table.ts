/** Processes as a table that fits its place: the most first, columns that have no room left away. */
import { ABSENT, formatBytes, formatRatio } from "../../../protocol/format.ts";
import type { ProcessRow } from "../../../protocol/state.ts";
import { cut, pad, widthOf } from "../../bell/columns.ts";
import { printable } from "../../bell/printable.ts";
import { paint, type TerminalStyle } from "../../bell/terminal-style.ts";

/** By what they are sorted. */
export const PROCESS_SORTS = ["cpu", "memory", "io"] as const;
/** One of them. */
export type ProcessSort = (typeof PROCESS_SORTS)[number];

/** How a person calls it. */
export const SORT_WORDS: Readonly<Record<ProcessSort, string>> = { cpu: "CPU", memory: "memory", io: "disk traffic" };

const GAP = "  ";
const LEAST_NAME = 10;
const MOST_NAME = 200;

/** The rows with the most first; those of whom it is not known come last. */
export function sorted(rows: readonly ProcessRow[], sort: ProcessSort): readonly ProcessRow[] {
  const value = (row: ProcessRow) => ({ cpu: row.cpu, memory: row.memoryBytes, io: row.ioRate })[sort] ?? -1;
  return [...rows].sort((one, other) => value(other) - value(one) || one.pid - other.pid);
}

interface Column {
  readonly head: string;
  readonly text: (row: ProcessRow) => string;
  /** Sorted by it: always shown. */
  readonly sort?: ProcessSort;
}

const COLUMNS: readonly Column[] = [
  { head: "CPU", sort: "cpu", text: (row) => formatRatio(row.cpu) },
  { head: "MEMORY", sort: "memory", text: (row) => formatBytes(row.memoryBytes) },
  { head: "DISK", sort: "io", text: (row) => (row.ioRate === null ? ABSENT : `${formatBytes(row.ioRate)}/s`) },
  { head: "THREADS", text: (row) => (row.threads === null ? ABSENT : String(row.threads)) },
];

/** A heading and at most `most` rows, without the first `from`, of `style.columns` columns. The name is last: it takes what is left. */
export function processTable(
  rows: readonly ProcessRow[],
  { sort, from, most }: { readonly sort: ProcessSort; readonly from: number; readonly most: number },
  style: TerminalStyle,
): string[] {
  const shown = sorted(rows, sort).slice(from, from + Math.max(0, most));
  const plain = (text: string) => (style.unicode ? text : text.replace(ABSENT, "-"));
  const build = (column: Column) => {
    const cells = shown.map((row) => plain(column.text(row)));
    const width = Math.max(widthOf(column.head), ...cells.map(widthOf));
    return { ...column, cells, width };
  };
  const pid = build({ head: "PID", text: (row) => String(row.pid) });
  let columns = COLUMNS.map(build);
  const room = () => style.columns - [pid, ...columns].reduce((sum, { width }) => sum + width + GAP.length, 0);
  while (room() < LEAST_NAME && columns.length > 1) {
    const last = columns.findLast((one) => one.sort !== sort);
    columns = columns.filter((one) => one !== last);
  }
  const name = (row: ProcessRow) => printable(row.detail === "" ? row.name : `${row.name} ${row.detail}`, MOST_NAME);
  const line = (cells: readonly string[], text: string) => cut([...cells, text].join(GAP), style.columns);
  const all = [pid, ...columns];
  const head = line(
    all.map((one) => pad(one.head, one.width, "start")),
    "PROCESS",
  );
  return [
    paint(style, head, "dim"),
    ...shown.map((row, index) =>
      line(
        all.map((one) => pad(one.cells[index] ?? "", one.width, "start")),
        name(row),
      ),
    ),
  ];
}
