/** What is wrong with a configuration file as a whole: it cannot be read, or it says what is not its to say. */
import { t } from "@vscode/l10n";
import type { Key } from "./keys.ts";
import { unknownKey } from "./layer.ts";
import { type PlacedProblem, problem } from "./problem.ts";
import type { YamlFault } from "./yaml.ts";

/** What a workspace's file may hold. */
export const WORKSPACE_KEYS = ["rules", "watches"] as const;

/** A problem for each thing that makes the file unusable. */
export function brokenFile(file: string, faults: readonly YamlFault[]): PlacedProblem[] {
  return faults.map(({ reason, range }) => {
    const at = `${String(range.line)}:${String(range.column)}`;
    const words = reason.charAt(0).toUpperCase() + reason.slice(1);
    const message = t("Line {0}: {1}. Nothing of this file is used; what was in force before stays.", at, words);
    return problem(file, at, "", message, { range });
  });
}

/** A workspace may add rules and watches; what holds for the whole host is not its to say. `own`: the user's file. */
export function refusedInWorkspace(
  file: string,
  root: ReadonlyMap<unknown, unknown>,
  keys: readonly Key[],
  own: string,
): PlacedProblem[] {
  const hostWide = new Set(["sql", ...keys.map((one) => one.key.split(".")[0] ?? "")]);
  const found: PlacedProblem[] = [];
  for (const [name, raw] of root) {
    const key = String(name);
    if ((WORKSPACE_KEYS as readonly string[]).includes(key)) continue;
    if (hostWide.has(key)) {
      const message =
        t("{0} holds for the whole host, so a workspace cannot set it.", key) +
        ` ${t("It belongs in VS Code's user settings or in {0}.", own)}`;
      found.push(problem(file, key, raw, message, { place: { path: [key], part: "key" } }));
    } else {
      found.push(unknownKey(file, "", key, raw, WORKSPACE_KEYS));
    }
  }
  return found;
}
