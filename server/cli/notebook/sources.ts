/** Where a notebook's records are looked for: in its outputs, its metadata, a log, and what the worker keeps. */
import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { CellRecord } from "../../../protocol/cell.ts";
import { sameKernel } from "../../../protocol/kernel.ts";
import type { Host } from "../../host/host.ts";
import { statePaths } from "../../host/paths.ts";
import { reasonOf } from "../../octopus/store/sqlite-errors.ts";
import { parseCellRecord } from "../../wire/cells.ts";
import { openHistory } from "../history-file.ts";
import { match } from "./matching.ts";
import { type CodeCell, type Notebook, NotebookUnreadable } from "./notebook-file.ts";

/** In the order in which they are asked; the first that knows a cell is believed. */
export const SOURCES = ["outputs", "metadata", "log", "history"] as const;
/** One of them. */
export type Source = (typeof SOURCES)[number];

/** What is known of one cell. */
export interface CellRuns {
  readonly cell: CodeCell;
  /** Oldest first; empty: not measured. */
  readonly runs: readonly CellRecord[];
  readonly source: Source | null;
}

/** What was found for a notebook. */
export interface Findings {
  readonly cells: readonly CellRuns[];
  /** Runs in the notebook or its log of cells that have another text now, or are gone. */
  readonly strangers: readonly CellRecord[];
  /** What could not be used, each a sentence. */
  readonly problems: readonly string[];
}

/** Looks everywhere. Rejects with NotebookUnreadable when the log cannot be read. */
export async function findRuns(notebook: Notebook, log: string | null, host: Host): Promise<Findings> {
  const { cells } = notebook;
  const problems: string[] = [];
  const inside = (source: "inOutputs" | "inMetadata") => {
    let refused = 0;
    const found = cells.flatMap((cell) =>
      cell[source].flatMap((raw) => {
        const parsed = parseCellRecord(raw);
        if (!parsed.ok) refused += 1;
        return parsed.ok ? [{ record: parsed.value, host: cell }] : [];
      }),
    );
    if (refused > 0)
      problems.push(`In the notebook's ${PLACE[source]} ${records(refused)} not of a form that is known here.`);
    return match(cells, found);
  };
  const logged = log === null ? [] : await readLog(log, problems);
  const known = {
    outputs: inside("inOutputs"),
    metadata: inside("inMetadata"),
    log: match(
      cells,
      logged.map((record) => ({ record, host: null })),
    ),
    history: match(
      cells,
      (await kept(cells, host, problems)).map((record) => ({ record, host: null })),
    ),
  };
  return {
    cells: cells.map((cell) => {
      const source = SOURCES.find((one) => known[one].runs.has(cell)) ?? null;
      return { cell, source, runs: source === null ? [] : (known[source].runs.get(cell) ?? []) };
    }),
    strangers: [...known.outputs.strangers, ...known.metadata.strangers, ...known.log.strangers],
    problems,
  };
}

const PLACE = { inOutputs: "outputs", inMetadata: "metadata" } as const;
const lines = (count: number) => (count === 1 ? "one line is" : `${String(count)} lines are`);
const records = (count: number) => (count === 1 ? "one record is" : `${String(count)} records are`);

/** The records of a log, one a line. A line that is none is counted. */
async function readLog(file: string, problems: string[]): Promise<CellRecord[]> {
  const found: CellRecord[] = [];
  let refused = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      if (line.trim() === "") continue;
      const record = recordIn(line);
      if (record === null) refused += 1;
      else found.push(record);
    }
  } catch (error) {
    throw new NotebookUnreadable(`The log ${file} cannot be read: ${reasonOf(error)}.`);
  }
  if (refused > 0) problems.push(`Of the log ${lines(refused)} not the record of a cell.`);
  return found;
}

function recordIn(line: string): CellRecord | null {
  try {
    const parsed = parseCellRecord(JSON.parse(line));
    return parsed.ok ? parsed.value : null;
  } catch {
    return null; // A line that was cut off when the disk was full, or another program's.
  }
}

/** As many as a notebook of two thousand cells has, each run some times. */
const MOST_KEPT = 10_000;

/**
 * What the worker keeps of the one kernel that ran most of these cells, the last one of equals: a short cell such as an
 * import stands in many notebooks.
 */
async function kept(cells: readonly CodeCell[], host: Host, problems: string[]): Promise<readonly CellRecord[]> {
  if (!existsSync((await statePaths(host)).history)) return [];
  const hashes = [...new Set(cells.filter(({ source }) => source.trim() !== "").map(({ hash }) => hash))];
  if (hashes.length === 0) return [];
  try {
    const store = await openHistory(host);
    try {
      const to = host.clock.now() + 1;
      return mostOfThese(store.cells.list({ from: 0, to, kernel: null, hashes, limit: MOST_KEPT }));
    } finally {
      await store.close();
    }
  } catch (error) {
    problems.push(`What the worker keeps could not be read: ${reasonOf(error)}`);
    return [];
  }
}

function mostOfThese(records: readonly CellRecord[]): readonly CellRecord[] {
  const kernels: CellRecord[][] = [];
  for (const record of records) {
    const { kernel } = record;
    const runs = kernels.find(([one]) => one?.kernel.host === kernel.host && sameKernel(one.kernel, kernel));
    if (runs === undefined) kernels.push([record]);
    else runs.push(record);
  }
  const cellsOf = (runs: readonly CellRecord[]) => new Set(runs.map(({ cell }) => cell.hash)).size;
  // The newest kernel comes first, and stays first among equals.
  return kernels.toSorted((one, other) => cellsOf(other) - cellsOf(one))[0] ?? [];
}
