/** Which cell is which: by the file's id, else by place and text. The text itself goes nowhere, only its hash is kept. */
import { createHash } from "node:crypto";
import type * as vscode from "vscode";

/** nbformat allows 64 characters; what is longer is no id. */
const MOST_ID = 64;

/** What a cell is known by from one session to the next. */
export interface CellPlace {
  /** nbformat's id; empty for files older than 4.5. */
  readonly id: string;
  readonly index: number;
  /** SHA-1 of the text. */
  readonly hash: string;
}

/** VS Code's name of a cell: the same as long as the notebook is open, also when the cell moves. */
export function cellUri(cell: vscode.NotebookCell): string {
  return cell.document.uri.toString();
}

/** The id in the file; empty without one. VS Code's serializer has had it at two places. */
export function fileId(cell: Pick<vscode.NotebookCell, "metadata">): string {
  const { metadata } = cell;
  const inner: unknown = metadata["metadata"];
  const candidates: readonly unknown[] = [metadata["id"], (inner as { id?: unknown } | null | undefined)?.id];
  const found = candidates.find((one) => typeof one === "string" && one !== "" && one.length <= MOST_ID);
  return typeof found === "string" ? found : "";
}

/** SHA-1 of a cell's text as the kernel gets it, hexadecimal. */
export function textHash(text: string): string {
  // Jupyter sends lines as Python ends them, whatever the editor does.
  return createHash("sha1").update(text.replaceAll("\r\n", "\n")).digest("hex");
}

/** SHA-1 of the cell's text now. */
export function cellHash(cell: vscode.NotebookCell): string {
  return textHash(cell.document.getText());
}

/** Where a cell stands now. */
export function placeOf(cell: vscode.NotebookCell): CellPlace {
  return { id: fileId(cell), index: cell.index, hash: cellHash(cell) };
}

/** `NotebookCellKind.Code`; as a value it would need the module. */
const CODE = 2;

/** Whether it can run. */
export function isCode(cell: vscode.NotebookCell): boolean {
  const kind: number = cell.kind;
  return kind === CODE;
}

/** Cells that run; of 2,000 most may be text. */
export function codeCells(notebook: vscode.NotebookDocument): readonly vscode.NotebookCell[] {
  return notebook.getCells().filter(isCode);
}

/** The cell of that name in this notebook. */
export function cellOfUri(notebook: vscode.NotebookDocument, uri: string): vscode.NotebookCell | undefined {
  return notebook.getCells().find((cell) => cellUri(cell) === uri);
}

/**
 * Finds for each place its cell, none twice. An id that one cell alone has decides; else the text does, and of several with that
 * text the nearest. A cell without an id whose text is another is not taken for the old one.
 */
export function matchPlaces<T extends CellPlace>(
  places: readonly T[],
  cells: readonly vscode.NotebookCell[],
): ReadonlyMap<T, vscode.NotebookCell> {
  const byId = new Map<string, vscode.NotebookCell[]>();
  for (const cell of cells) {
    const id = fileId(cell);
    byId.set(id, [...(id === "" ? [] : (byId.get(id) ?? [])), cell]);
  }
  const claims = new Map<string, number>();
  for (const { id } of places) claims.set(id, (claims.get(id) ?? 0) + 1);
  const found = new Map<T, vscode.NotebookCell>();
  const taken = new Set<vscode.NotebookCell>();
  const take = (place: T, cell: vscode.NotebookCell): void => {
    found.set(place, cell);
    taken.add(cell);
  };
  const rest: T[] = [];
  for (const place of places) {
    const same = place.id === "" ? undefined : byId.get(place.id);
    const [only] = same ?? [];
    if (same?.length === 1 && only !== undefined && claims.get(place.id) === 1) take(place, only);
    else if (place.id === "" || (same?.length ?? 0) > 0) rest.push(place);
  }
  if (rest.length === 0) return found;
  const key = (id: string, hash: string): string => `${id} ${hash}`;
  const byText = new Map<string, vscode.NotebookCell[]>();
  const ids = new Set(rest.map(({ id }) => id));
  for (const cell of cells) {
    const id = fileId(cell);
    if (taken.has(cell) || !ids.has(id)) continue;
    const name = key(id, cellHash(cell));
    const list = byText.get(name);
    if (list === undefined) byText.set(name, [cell]);
    else list.push(cell);
  }
  for (const place of rest) {
    const free = byText.get(key(place.id, place.hash))?.filter((cell) => !taken.has(cell)) ?? [];
    const [nearest] = free.sort((a, b) => Math.abs(a.index - place.index) - Math.abs(b.index - place.index));
    if (nearest !== undefined) take(place, nearest);
  }
  return found;
}
