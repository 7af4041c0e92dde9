/** Reads a notebook file: its cells in order, what tells them apart, and the records that are kept in it. */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { CELL_MIME } from "../../../protocol/cell.ts";
import { reasonOf } from "../../octopus/store/sqlite-errors.ts";

/** A file that cannot be read as a notebook; the message says why. */
export class NotebookUnreadable extends Error {
  override readonly name = "NotebookUnreadable";
}

/** A code cell. */
export interface CodeCell {
  /** Its place among the notebook's code cells, from 1. */
  readonly number: number;
  /** As the file names it; null in old files, and where another cell before it has the same. */
  readonly id: string | null;
  readonly executionCount: number | null;
  readonly source: string;
  /** SHA-1 of the source, hexadecimal. */
  readonly hash: string;
  /** What its outputs and its metadata hold as records, unchecked. */
  readonly inOutputs: readonly unknown[];
  readonly inMetadata: readonly unknown[];
}

/** A notebook's code cells; other cells cost nothing. */
export interface Notebook {
  /** The file's name without its folder. */
  readonly name: string;
  readonly cells: readonly CodeCell[];
}

/** A JSON document of this size is no notebook that a front end could open. */
const MOST_BYTES = 500_000_000;

/** Rejects with NotebookUnreadable. */
export async function readNotebook(file: string): Promise<Notebook> {
  const text = await textOf(file);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new NotebookUnreadable(`${file} is not a notebook: it is no JSON (${reasonOf(error)}).`);
  }
  const cells = cellsOf(document);
  if (cells === null) {
    throw new NotebookUnreadable(`${file} is not a notebook: it has no list of cells (nbformat 3 or 4).`);
  }
  const known = new Set<string>();
  const code: CodeCell[] = [];
  for (const cell of cells) {
    if (!isObject(cell) || cell["cell_type"] !== "code") continue;
    const source = sourceOf(cell["source"] ?? cell["input"]);
    const named = typeof cell["id"] === "string" && cell["id"] !== "" ? cell["id"] : null;
    const count = cell["execution_count"] ?? cell["prompt_number"];
    code.push({
      number: code.length + 1,
      id: named !== null && known.has(named) ? null : named,
      executionCount: Number.isInteger(count) ? (count as number) : null,
      source,
      hash: createHash("sha1").update(source).digest("hex"),
      inOutputs: recordsInOutputs(cell["outputs"]),
      inMetadata: isObject(cell["metadata"]) ? listOf(cell["metadata"]["gorgon"]) : [],
    });
    if (named !== null) known.add(named);
  }
  return { name: path.basename(file), cells: code };
}

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MOST_BYTES) throw new NotebookUnreadable(`${file} is too large for a notebook: ${String(size)} bytes.`);
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof NotebookUnreadable) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new NotebookUnreadable(`There is no file ${file}.`);
    if (code === "EISDIR") throw new NotebookUnreadable(`${file} is a folder: name a notebook in it.`);
    throw new NotebookUnreadable(`${file} cannot be read: ${reasonOf(error)}.`);
  }
}

/** nbformat 4 has cells at its top; nbformat 3 in worksheets. */
function cellsOf(document: unknown): readonly unknown[] | null {
  if (!isObject(document)) return null;
  if (Array.isArray(document["cells"])) return document["cells"] as unknown[];
  if (!Array.isArray(document["worksheets"])) return null;
  return (document["worksheets"] as unknown[]).flatMap((sheet) =>
    isObject(sheet) && Array.isArray(sheet["cells"]) ? (sheet["cells"] as unknown[]) : [],
  );
}

/** Texts are one string, or a list of lines that end in line breaks. */
function sourceOf(source: unknown): string {
  if (typeof source === "string") return source;
  return Array.isArray(source) ? source.filter((line) => typeof line === "string").join("") : "";
}

function recordsInOutputs(outputs: unknown): unknown[] {
  if (!Array.isArray(outputs)) return [];
  return (outputs as unknown[]).flatMap((output) => {
    const data = isObject(output) && isObject(output["data"]) ? output["data"] : {};
    return listOf(data[CELL_MIME]);
  });
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
