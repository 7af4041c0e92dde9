/** Notebooks with records for tests: files as a front end writes them. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { CELL_MIME, type CellRecord } from "../../../protocol/cell.ts";
import { cellRecord } from "../../wire/testing.ts";

/** A cell of a test's notebook. */
export interface TestCell {
  readonly source: string;
  readonly record?: CellRecord;
  /** Where the record is kept. */
  readonly kept?: "outputs" | "metadata";
}

/** The record of run number `index`, of a cell with this text. */
export function recordOf(source: string, index: number, more: Partial<CellRecord> = {}): CellRecord {
  const hash = createHash("sha1").update(source).digest("hex");
  return cellRecord(index, { cell: { id: null, executionCount: index, hash, label: "" }, ...more });
}

/** Writes a notebook of these cells into a folder; answers with its path. */
export function writeNotebook(folder: string, cells: readonly TestCell[], name = "analysis.ipynb"): string {
  const file = path.join(folder, name);
  const document = {
    nbformat: 4,
    nbformat_minor: 4,
    metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } },
    cells: [
      { cell_type: "markdown", metadata: {}, source: ["# Title"] },
      ...cells.map(({ source, record, kept = "outputs" }) => ({
        cell_type: "code",
        execution_count: record?.cell.executionCount ?? null,
        metadata: record !== undefined && kept === "metadata" ? { gorgon: record } : {},
        source: source.split(/(?<=\n)/),
        outputs:
          record !== undefined && kept === "outputs"
            ? [{ output_type: "display_data", metadata: {}, data: { "text/plain": "", [CELL_MIME]: record } }]
            : [],
      })),
    ],
  };
  writeFileSync(file, JSON.stringify(document));
  return file;
}
