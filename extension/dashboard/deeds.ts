/** What the dashboard's page has done in VS Code: an edit of `gorgon.yaml`, a file saved. */
import os from "node:os";
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import { applyConfigEdit } from "../language/edit.ts";
import type { Deeds } from "./answers.ts";

/** Picture or table, by the name's end. */
function filtersOf(name: string): Record<string, string[]> | undefined {
  switch (name.split(".").at(-1)) {
    case "png":
      return { [t("Picture")]: ["png"] };
    case "csv":
      return { [t("Table")]: ["csv"] };
    default:
      return undefined;
  }
}

/** The deeds in a window. */
export function windowDeeds(vs: typeof vscode): Deeds {
  return {
    edit: (edit) => applyConfigEdit(vs, edit),
    save: async (name, bytes) => {
      // Beside the work, where there is some; else at home, as VS Code's own dialogs begin.
      const folder = vs.workspace.workspaceFolders?.[0]?.uri ?? vs.Uri.file(os.homedir());
      const filters = filtersOf(name);
      const target = await vs.window.showSaveDialog({
        defaultUri: vs.Uri.joinPath(folder, name),
        ...(filters === undefined ? {} : { filters }),
      });
      if (target === undefined) return false;
      await vs.workspace.fs.writeFile(target, bytes);
      return true;
    },
  };
}

/** The name of who works here, for acknowledgements and silences; it is shown on this machine only. */
export function authorName(): string {
  try {
    return os.userInfo().username || t("you");
  } catch {
    // A container may run under a number that no account has.
    return t("you");
  }
}
