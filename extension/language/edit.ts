/** Puts a proposed configuration into an editor: as one edit that can be undone, not saved, with the cursor at it. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { ConfigEdit } from "../../protocol/config.ts";

/** The editor did not take the edit. */
export class EditRefused extends Error {
  override readonly name = "EditRefused";
  constructor(path: string) {
    super(t("{0} could not be changed. Is it open in another editor, or read-only?", path));
  }
}

/**
 * Shows the file with the edit. A file that is not there is made. Only what differs is replaced, so that undo, cursors
 * and folds of the rest stay. Rejects with EditRefused.
 */
export async function applyConfigEdit(vs: typeof vscode, edit: ConfigEdit): Promise<void> {
  const uri = vs.Uri.file(edit.path);
  if (!edit.exists) {
    const making = new vs.WorkspaceEdit();
    making.createFile(uri, { ignoreIfExists: true });
    if (!(await vs.workspace.applyEdit(making))) throw new EditRefused(edit.path);
  }
  const document = await vs.workspace.openTextDocument(uri);
  const before = document.getText();
  const { from, to, text } = difference(before, edit.text);
  if (from !== to || text !== "") {
    const change = new vs.WorkspaceEdit();
    change.replace(uri, new vs.Range(document.positionAt(from), document.positionAt(to)), text);
    if (!(await vs.workspace.applyEdit(change))) throw new EditRefused(edit.path);
  }
  const editor = await vs.window.showTextDocument(document);
  const place = new vs.Position(edit.line, 0);
  editor.selection = new vs.Selection(place, place);
  editor.revealRange(new vs.Range(place, place), vs.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** The one piece in which two texts differ: offsets into the first, and what stands there in the second. */
export function difference(before: string, after: string): { from: number; to: number; text: string } {
  const most = Math.min(before.length, after.length);
  let from = 0;
  while (from < most && before.charCodeAt(from) === after.charCodeAt(from)) from++;
  let behind = 0;
  while (
    behind < most - from &&
    before.charCodeAt(before.length - 1 - behind) === after.charCodeAt(after.length - 1 - behind)
  ) {
    behind++;
  }
  return { from, to: before.length - behind, text: after.slice(from, after.length - behind) };
}
