/**
 * Reads every layer of configuration into one that is always usable. Order of strength: flag, environment, VS Code
 * setting, (workspace file: further rules and watches only,) user file, default. A refused value is told, and the last good one
 * stays in force.
 */
import path from "node:path";
import type { Rule } from "../../protocol/bell.ts";
import type { ClientContext } from "../../protocol/settings.ts";
import type { Host } from "../host/host.ts";
import { configFolder } from "../host/paths.ts";
import type { LoadedConfig, Origin, Provenance } from "./config.ts";
import { readYaml } from "./file.ts";
import { brokenFile, refusedInWorkspace } from "./file-problems.ts";
import { configFrom, GUARDED, keysOf } from "./keys.ts";
import { environmentLayer, flagLayer, type Layer, settingLayer, userFileLayer } from "./layer.ts";
import { located, type PlacedProblem } from "./problem.ts";
import type { KnownMetrics } from "./rule.ts";
import { resolve } from "./resolve.ts";
import { readRules, workspaceOrigin } from "./rules.ts";
import type { Watch } from "./watch.ts";
import { readWatches, type WatchFile } from "./watches.ts";
import { readSql, type SqlQuery } from "./sql.ts";

/** The name of a configuration file, in a workspace folder and in the user's own. */
export const FILE_NAME = "gorgon.yaml";

/** From what the configuration is made. */
export interface ConfigInputs {
  readonly host: Host;
  /** Unchecked; from VS Code. */
  readonly settings?: ClientContext["settings"];
  /** Folders of a trusted workspace. */
  readonly workspaceFolders?: ClientContext["workspaceFolders"];
  /** Flags of the command line by key, unchecked, e.g. `{interval: "2s"}`. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** 2,000 in VS Code, 5,000 elsewhere. */
  readonly defaultIntervalMs: number;
  /** What is in force now, so that its values can stay; null at the start. */
  readonly previous: LoadedConfig | null;
  /** What is sensed; absent: rules on metrics that nobody knows are not told of. */
  readonly metrics?: KnownMetrics;
}

/** The user's own file. */
export function userFile(host: Host): string {
  const rules = host.platform === "win32" ? path.win32 : path.posix;
  return rules.join(configFolder(host), FILE_NAME);
}

/** Every file that `loadConfig` would read, whether it is there or not. */
export function configFiles(inputs: Pick<ConfigInputs, "host" | "workspaceFolders">): string[] {
  return [userFile(inputs.host), ...(inputs.workspaceFolders ?? []).map(workspaceFile)];
}

function workspaceFile(folder: { readonly path: string }): string {
  return path.join(folder.path, FILE_NAME);
}

/** Reads all layers. Never rejects; what is wrong is in `problems`. */
export async function loadConfig(inputs: ConfigInputs): Promise<LoadedConfig> {
  const keys = keysOf(inputs.defaultIntervalMs);
  let problems: PlacedProblem[] = [];
  const layers: Layer[] = [
    flagLayer(inputs.flags ?? {}),
    environmentLayer(inputs.host.env, keys),
    settingLayer(inputs.settings ?? {}, keys, problems),
  ];
  const previousRules = inputs.previous?.config.rules ?? [];
  const taken = new Map<string, string>(GUARDED.map((id) => [id, "built in"]));
  const rules: Rule[] = [];
  const ruleOrigins: Provenance[] = [];
  const addRules = (raw: unknown, file: { path: string; origin: string }, origin: Origin) => {
    const read = readRules(raw, file, taken, previousRules, inputs.metrics);
    rules.push(...read.found);
    problems.push(...read.problems);
    ruleOrigins.push(...read.found.map((one) => ruleProvenance(one, origin, file.path)));
  };
  const keepRules = (file: { path: string; origin: string }, origin: Origin) => {
    const kept = previousRules.filter((one) => one.origin === file.origin && !taken.has(one.id));
    for (const one of kept) taken.set(one.id, file.origin);
    rules.push(...kept);
    ruleOrigins.push(...kept.map((one) => ruleProvenance(one, origin, file.path)));
  };

  const previousWatches = inputs.previous?.config.watches ?? [];
  const takenWatches = new Map<string, string>();
  const watches: Watch[] = [];
  const addWatches = (found: readonly Watch[], file: WatchFile, origin: Origin) => {
    watches.push(...found);
    ruleOrigins.push(...found.map((one) => watchProvenance(one, origin, file.path)));
  };
  const readWatchesOf = (raw: unknown, file: WatchFile, origin: Origin) => {
    const read = readWatches(raw, file, inputs.host, takenWatches, previousWatches);
    problems.push(...read.problems);
    addWatches(read.found, file, origin);
  };
  const keepWatches = (file: WatchFile, origin: Origin) => {
    const kept = previousWatches.filter((one) => one.origin === file.origin && !takenWatches.has(one.id));
    for (const one of kept) takenWatches.set(one.id, file.origin);
    addWatches(kept, file, origin);
  };

  let sql = inputs.previous?.config.sql ?? [];
  const own = userFile(inputs.host);
  const ownRead = await readYaml(own);
  const ownFile = { path: own, origin: "user file", workspace: null };
  if (ownRead.status === "read") {
    layers.push(userFileLayer(own, ownRead.root, keys, problems));
    addRules(ownRead.root.get("rules"), ownFile, "user file");
    readWatchesOf(ownRead.root.get("watches"), ownFile, "user file");
    const read = readSql(ownRead.root.get("sql"), own);
    sql = read.queries;
    problems.push(...read.problems);
  } else if (ownRead.status === "broken") {
    problems.push(...brokenFile(own, ownRead.faults).slice(0, 1));
    layers.push({ origin: "user file", source: own, where: () => own, values: new Map(), broken: true });
    keepRules(ownFile, "user file");
    keepWatches(ownFile, "user file");
  }
  if (ownRead.status === "absent") sql = [];
  ruleOrigins.push(...sql.map((one) => sqlProvenance(one, own)));
  for (const folder of inputs.workspaceFolders ?? []) {
    const workspace = { name: folder.name, folder: folder.path };
    const file = { path: workspaceFile(folder), origin: workspaceOrigin(folder.name), workspace };
    const read = await readYaml(file.path);
    if (read.status === "read") {
      problems.push(...refusedInWorkspace(file.path, read.root, keys, own));
      addRules(read.root.get("rules"), file, "workspace file");
      readWatchesOf(read.root.get("watches"), file, "workspace file");
      problems = located(problems, file.path, read.locate);
    } else if (read.status === "broken") {
      problems.push(...brokenFile(file.path, read.faults).slice(0, 1));
      keepRules(file, "workspace file");
      keepWatches(file, "workspace file");
    }
  }

  const chosen = resolve(keys, layers, inputs.previous, problems);
  // Only now: a value of the file may have been refused because of another layer's.
  if (ownRead.status === "read") problems = located(problems, own, ownRead.locate);
  const byKey = new Map(chosen.map((one) => [one.key.key, one]));
  return {
    config: { ...configFrom((key) => byKey.get(key)?.value ?? 0, rules, watches), sql },
    provenance: [
      ...chosen.map(({ key, value, origin, where }) => ({ key: key.key, value: key.format(value), origin, where })),
      ...ruleOrigins,
    ],
    problems,
  };
}

function ruleProvenance(rule: Rule, origin: Origin, where: string): Provenance {
  return { key: `rules.${rule.id}`, value: `${rule.title} (${rule.metric})`, origin, where };
}

function watchProvenance(watch: Watch, origin: Origin, where: string): Provenance {
  const value =
    watch.kind === "file" ? watch.path : watch.pid === 0 ? `process ${watch.name}` : `pid ${String(watch.pid)}`;
  return { key: `watches.${watch.id}`, value, origin, where };
}

function sqlProvenance({ id, connection }: SqlQuery, where: string): Provenance {
  return { key: `sql.${id}`, value: `query through ${connection}`, origin: "user file", where };
}
