/** Finds the cell of a notebook that a record belongs to: by its text's hash, and by what else tells equal texts apart. */
import type { CellRecord } from "../../../protocol/cell.ts";
import type { CodeCell } from "./notebook-file.ts";

/** A record, and the cell in whose outputs or metadata it was found. */
export interface Found {
  readonly record: CellRecord;
  readonly host: CodeCell | null;
}

/** Which records belong to which cell; those of a cell in the order of the runs. */
export interface Matched {
  readonly runs: ReadonlyMap<CodeCell, readonly CellRecord[]>;
  /** Of cells that are not there any more, or have another text now. */
  readonly strangers: readonly CellRecord[];
}

/** Matches each record once. */
export function match(cells: readonly CodeCell[], found: readonly Found[]): Matched {
  const runs = new Map<CodeCell, CellRecord[]>();
  const strangers: CellRecord[] = [];
  const byHash = Map.groupBy(cells, ({ hash }) => hash);
  const byId = new Map(cells.flatMap((cell) => (cell.id === null ? [] : [[cell.id, cell] as const])));
  const known = new Set<string>();
  for (const one of found.toSorted((a, b) => a.record.startedAt - b.record.startedAt)) {
    if (known.has(one.record.id)) continue;
    known.add(one.record.id);
    const cell = cellOf(one, byHash, byId, runs);
    if (cell === null) strangers.push(one.record);
    else runs.set(cell, [...(runs.get(cell) ?? []), one.record]);
  }
  return { runs, strangers };
}

function cellOf(
  { record, host }: Found,
  byHash: ReadonlyMap<string, readonly CodeCell[]>,
  byId: ReadonlyMap<string, CodeCell>,
  runs: ReadonlyMap<CodeCell, readonly CellRecord[]>,
): CodeCell | null {
  const { id, hash, executionCount } = record.cell;
  // A kernel that could not tell the text says at least where it belongs.
  if (hash === "") return host ?? (id === null ? null : (byId.get(id) ?? null));
  const equal = byHash.get(hash) ?? [];
  if (host !== null && equal.includes(host)) return host;
  return (
    equal.find((cell) => cell.id !== null && cell.id === id) ??
    equal.find((cell) => cell.executionCount !== null && cell.executionCount === executionCount) ??
    // Cells of the same text run one after the other: the first that has fewer runs than the others is next.
    equal.toSorted((a, b) => (runs.get(a)?.length ?? 0) - (runs.get(b)?.length ?? 0))[0] ??
    // Shown in its own cell's output, the text edited since.
    (host !== null && executionCount !== null && host.executionCount === executionCount ? host : null)
  );
}
