/** Whose `gorgon.yaml` an open document is, and whether it counts. */
import nodePath from "node:path";
import { fileURLToPath } from "node:url";
import { t } from "@vscode/l10n";
import type { ClientContext } from "../../../protocol/settings.ts";
import type { TextFile } from "../../config/check.ts";
import { FILE_NAME } from "../../config/load.ts";

/** An open configuration file. */
export interface OpenFile extends TextFile {
  /** Why nothing in it has an effect, in a sentence; empty when it has one. */
  readonly idle: string;
}

/** Null: not a configuration file on this machine. `own` is the path of the user's file. */
export function openFile(uri: string, context: ClientContext, own: string, windows: boolean): OpenFile | null {
  let path: string;
  try {
    path = fileURLToPath(uri, { windows });
  } catch {
    return null;
  }
  const rules = windows ? nodePath.win32 : nodePath.posix;
  if (rules.basename(path) !== FILE_NAME) return null;
  const same = (one: string, other: string) => {
    const normal = [one, other].map((each) => rules.normalize(each));
    return windows ? normal[0]?.toLowerCase() === normal[1]?.toLowerCase() : normal[0] === normal[1];
  };
  if (same(path, own)) return { path, workspace: null, idle: "" };
  const folder = context.workspaceFolders.find((one) => same(rules.join(one.path, FILE_NAME), path));
  const workspace = { name: folder?.name ?? "", folder: folder?.path ?? rules.dirname(path) };
  if (folder !== undefined) return { path, workspace, idle: "" };
  const idle =
    context.trusted === true
      ? t(
          "Nothing in this file has an effect: only {0} directly in a folder of the workspace counts, and {1}.",
          FILE_NAME,
          own,
        )
      : t("Nothing in this file has an effect, because this workspace is not trusted.");
  return { path, workspace, idle };
}
