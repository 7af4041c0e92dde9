/** Puts a proposed change of `gorgon.yaml` into an editor, where the user reads, saves or undoes it. */
import type * as vscode from "vscode";
import type { ConfigEdit } from "../../protocol/config.ts";

/** Opens the file with the new text, not saved, and the cursor where the added part begins. */
export async function applyConfigEdit(vs: typeof vscode, edit: ConfigEdit): Promise<void> {
  const file = vs.Uri.file(edit.path);
  // A file that is not there yet is made when it is saved.
  const document = await vs.workspace.openTextDocument(edit.exists ? file : file.with({ scheme: "untitled" }));
  const change = new vs.WorkspaceEdit();
  change.replace(document.uri, new vs.Range(0, 0, document.lineCount, 0), edit.text);
  await vs.workspace.applyEdit(change);
  const cursor = new vs.Position(edit.line, 0);
  await vs.window.showTextDocument(document, { selection: new vs.Range(cursor, cursor) });
}
