/** Applies a proposed `gorgon.yaml` as an edit that can be undone: the file opens with it, not saved. */
import type * as vscode from "vscode";
import type { ConfigEdit } from "../../protocol/config.ts";

/** Opens the file (a new one, where there is none yet) with the proposed text and the cursor at what was added. */
export async function applyConfigEdit(vs: typeof vscode, edit: ConfigEdit): Promise<void> {
  const file = vs.Uri.file(edit.path);
  const document = await vs.workspace.openTextDocument(edit.exists ? file : file.with({ scheme: "untitled" }));
  const change = new vs.WorkspaceEdit();
  const everything = new vs.Range(0, 0, document.lineCount, 0);
  change.replace(document.uri, document.validateRange(everything), edit.text);
  if (!(await vs.workspace.applyEdit(change))) {
    throw new Error(`VS Code did not take the edit of ${edit.path}. Close other editors of it and try again.`);
  }
  const cursor = new vs.Position(edit.line, 0);
  await vs.window.showTextDocument(document, { selection: new vs.Range(cursor, cursor) });
}
