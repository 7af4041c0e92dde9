/** The last two runs of a cell, and what one more record makes of them: each run counts once, whoever tells of it. */
import type { CellRecord } from "./cell.ts";

/** Two clocks, the kernel's and the window's, may differ so much for one run, milliseconds. */
const SAME_RUN_MS = 1000;

/** What is known of a cell: its last run, the one before, and whether the user has cleared it since. */
export interface CellCost {
  readonly now: CellRecord;
  readonly before: CellRecord | null;
  readonly cleared: boolean;
}

/** Both tell of one run: the package and the look from outside, or one of them twice. */
function sameRun(a: CellRecord, b: CellRecord): boolean {
  if (a.id === b.id) return true;
  // A kernel runs one cell at a time; clocks of one observer need no tolerance.
  if (a.by === b.by) return a.by === "outside" && a.startedAt < b.endedAt && b.startedAt < a.endedAt;
  return a.startedAt <= b.endedAt + SAME_RUN_MS && b.startedAt <= a.endedAt + SAME_RUN_MS;
}

/** The cost after one more record; the same where the record brings nothing new. */
export function withRecord(cost: CellCost | null, record: CellRecord): CellCost {
  if (cost === null) return { now: record, before: null, cleared: false };
  const { now, before } = cost;
  if (sameRun(now, record)) {
    // What the kernel says of itself is better than what was seen of it; of a death both know, the worker knows why.
    const better =
      record.id !== now.id && (record.outcome === "died" || (now.by === "outside" && record.by === "kernel"));
    return better ? { now: record, before, cleared: false } : cost;
  }
  // Late ones, from a drain after a connection was lost.
  if (record.startedAt < now.startedAt) {
    return before === null || record.startedAt > before.startedAt ? { ...cost, before: record } : cost;
  }
  return { now: record, before: now, cleared: false };
}
