/** Which documents the worker gets the text of: open `gorgon.yaml` files on this machine's disk, and nothing else. */
import type * as vscode from "vscode";

/**
 * By scheme too: a notebook's cells, a page of the source control and a file in a virtual folder have others. The
 * user's own file has the same name.
 */
export const CONFIG_FILES: { scheme: string; language: string; pattern: string }[] = [
  { scheme: "file", language: "yaml", pattern: "**/gorgon.yaml" },
] satisfies vscode.DocumentFilter[];
