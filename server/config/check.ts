/** Reads the text of one `gorgon.yaml` as the loader would, without any effect: for an editor, while it is typed. */
import type { ConfigProblem } from "../../protocol/state.ts";
import type { Host } from "../host/host.ts";
import type { LoadedConfig } from "./config.ts";
import { brokenFile, refusedInWorkspace } from "./file-problems.ts";
import { GUARDED, keysOf } from "./keys.ts";
import { userFileLayer } from "./layer.ts";
import { located, type PlacedProblem } from "./problem.ts";
import { resolve } from "./resolve.ts";
import type { KnownMetrics } from "./rule.ts";
import { readRules, workspaceOrigin } from "./rules.ts";
import { readSql } from "./sql.ts";
import { readWatches } from "./watches.ts";
import { parseYaml } from "./yaml.ts";

/** Whose file a text is. */
export interface TextFile {
  readonly path: string;
  /** The workspace's folder; null for the user's own file. */
  readonly workspace: { readonly name: string; readonly folder: string } | null;
}

/** What the text is checked against. */
export interface CheckInputs {
  readonly host: Pick<Host, "platform" | "env">;
  /** What is in force; null while nothing is. */
  readonly config: LoadedConfig | null;
  readonly metrics: KnownMetrics;
  readonly defaultIntervalMs: number;
  /** The path of the user's own file. */
  readonly own: string;
}

/** Every problem of the text, each with its range. */
export function checkText(text: string, file: TextFile, inputs: CheckInputs): readonly ConfigProblem[] {
  const read = parseYaml(text);
  if (read.status === "broken") return brokenFile(file.path, read.faults);
  const { config } = inputs;
  const origin = file.workspace === null ? "user file" : workspaceOrigin(file.workspace.name);
  const source = { path: file.path, origin, workspace: file.workspace };
  const keys = keysOf(inputs.defaultIntervalMs);
  const problems: PlacedProblem[] = [];
  // The user's file is read before any workspace's, so that nothing there can take an id from it.
  const others = (list: readonly { readonly id: string; readonly origin: string }[] = []) =>
    file.workspace === null
      ? []
      : list.filter((one) => one.origin !== origin).map((one) => [one.id, one.origin] as const);
  const taken = new Map<string, string>([
    ...GUARDED.map((id) => [id, "built in"] as const),
    ...others(config?.config.rules),
  ]);
  const takenWatches = new Map<string, string>(others(config?.config.watches));

  if (file.workspace === null) {
    const layer = userFileLayer(file.path, read.root, keys, problems);
    resolve(keys, [layer], config, problems);
    problems.push(...readSql(read.root.get("sql"), file.path).problems);
  } else problems.push(...refusedInWorkspace(file.path, read.root, keys, inputs.own));
  const rules = readRules(read.root.get("rules"), source, taken, config?.config.rules ?? [], inputs.metrics);
  const watches = readWatches(
    read.root.get("watches"),
    source,
    inputs.host,
    takenWatches,
    config?.config.watches ?? [],
  );
  return located([...problems, ...rules.problems, ...watches.problems], file.path, read.locate);
}
