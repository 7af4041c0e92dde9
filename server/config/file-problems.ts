/** What is wrong with a configuration file as a whole: it cannot be read, or it says what is not its to say. */
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
    const message = `Line ${at}: ${words}. Nothing of this file is used; what was in force before stays.`;
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
        `${key} holds for the whole host, so a workspace cannot set it. ` +
        `It belongs in VS Code's user settings or in ${own}.`;
      found.push(problem(file, key, raw, message, { place: { path: [key], part: "key" } }));
    } else {
      found.push(unknownKey(file, "", key, raw, WORKSPACE_KEYS));
    }
  }
  return found;
}
