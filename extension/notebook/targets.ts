/** What a command is about: VS Code hands over a cell, an editor's address, one of our names, or nothing at all. */
import type * as vscode from "vscode";
import { cellOfUri } from "./cells.ts";
import { NOTEBOOK_TYPES } from "./names.ts";

interface Given {
  /** A cell, from its toolbar. */
  readonly notebook?: vscode.NotebookDocument;
  readonly document?: unknown;
  /** From the notebook's toolbar. */
  readonly notebookEditor?: { readonly notebookUri?: { toString(): string } };
}

function activeNotebook(vs: typeof vscode): vscode.NotebookDocument | null {
  const editor = vs.window.activeNotebookEditor ?? vs.window.visibleNotebookEditors[0];
  const { notebook } = editor ?? {};
  return notebook !== undefined && NOTEBOOK_TYPES.includes(notebook.notebookType) ? notebook : null;
}

/** The notebook; the one in front where nothing is named. */
export function notebookOf(vs: typeof vscode, given: unknown): vscode.NotebookDocument | null {
  if (typeof given === "string" && given !== "") return cellOf(vs, given)?.notebook ?? null;
  if (typeof given !== "object" || given === null) return activeNotebook(vs);
  const { notebook, notebookEditor } = given as Given;
  const uri = notebookEditor?.notebookUri?.toString() ?? notebook?.uri.toString();
  return vs.workspace.notebookDocuments.find((one) => one.uri.toString() === uri) ?? activeNotebook(vs);
}

/** The cell; the selected one where nothing is named. */
export function cellOf(vs: typeof vscode, given: unknown): vscode.NotebookCell | null {
  if (typeof given === "string") {
    for (const notebook of vs.workspace.notebookDocuments) {
      const cell = cellOfUri(notebook, given);
      if (cell !== undefined) return cell;
    }
    return null;
  }
  if (typeof given === "object" && given !== null && "document" in given) return given as vscode.NotebookCell;
  if (given === null) return null;
  const editor = vs.window.activeNotebookEditor;
  return editor === undefined ? null : editor.notebook.cellAt(editor.selection.start);
}
