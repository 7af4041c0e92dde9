/** Notebook files as the cases need them. */
import { writeFileSync } from "node:fs";
import path from "node:path";

/** A code cell. */
export interface CellFile {
  readonly source: string;
  readonly outputs?: readonly unknown[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What kind of file. */
export interface NotebookOptions {
  /** The kernelspec; default `python3`. */
  readonly kernel?: string;
  /** False: format 4.4, whose cells have no ids. */
  readonly ids?: boolean;
}

/** Writes a notebook whose cells have the ids `cell-0`, `cell-1`, ... */
export function writeNotebook(
  folder: string,
  name: string,
  cells: readonly (string | CellFile)[],
  { kernel = "python3", ids = true }: NotebookOptions = {},
): void {
  const all = cells.map((cell, index) => {
    const { source, outputs = [], metadata = {} } = typeof cell === "string" ? { source: cell } : cell;
    const text = source.split(/(?<=\n)/);
    const id = ids ? { id: `cell-${String(index)}` } : {};
    return { cell_type: "code", execution_count: null, ...id, metadata, outputs, source: text };
  });
  const metadata = { kernelspec: { display_name: kernel, language: "python", name: kernel } };
  const text = JSON.stringify({ cells: all, metadata, nbformat: 4, nbformat_minor: ids ? 5 : 4 }, null, 1);
  writeFileSync(path.join(folder, name), text);
}

/** Holds so many MiB, each page touched, for as many seconds. */
export const hold = (mib: number, seconds = 0): string =>
  `import time\nblock = bytearray(${String(mib)} << 20)\nblock[::4096] = b"x" * len(block[::4096])\n` +
  `time.sleep(${String(seconds)})\ndel block`;
