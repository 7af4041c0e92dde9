/** What the user's `gorgon.yaml` would be with a rule or watch more. Nothing is written. */
import { t } from "@vscode/l10n";
import type { ConfigEdit } from "../../../protocol/config.ts";
import { rulesOf } from "../../bell/rules.ts";
import { checkText } from "../../config/check.ts";
import type { LoadedConfig } from "../../config/config.ts";
import { type Addition, addTo, freeId, NotEditable } from "../../config/edit.ts";
import { readText } from "../../config/file.ts";
import { userFile } from "../../config/load.ts";
import { parseYaml } from "../../config/yaml.ts";
import type { Host } from "../../host/host.ts";
import type { LiveMetrics } from "./metrics.ts";
import { textsOfIds } from "./ids.ts";

/** From what a proposal is made. */
export interface Proposing {
  readonly host: Host;
  readonly config: LoadedConfig;
  readonly metrics: LiveMetrics;
  readonly defaultIntervalMs: number;
  /** The text of a file as it is in the editor; null when it is not open. */
  readonly textOf: (path: string) => string | null;
}

/** Rejects with NotEditable: the file is broken, or what is to be added would be refused. */
export async function proposeEdit(add: Addition, parts: Proposing): Promise<ConfigEdit> {
  const { host, config, metrics, defaultIntervalMs } = parts;
  const path = userFile(host);
  const onDisk = await readText(path);
  if (onDisk.status === "broken") throw new NotEditable(t("{0} cannot be used: {1}.", path, onDisk.faults[0].reason));
  const text = parts.textOf(path) ?? (onDisk.status === "read" ? onDisk.text : "");

  const [title, inForce] =
    "rule" in add ? [add.rule.title, rulesOf(config.config)] : [add.watch.title, config.config.watches];
  const read = parseYaml(text);
  const written = read.status === "read" ? textsOfIds(read.root.get("rule" in add ? "rules" : "watches")) : [];
  const id = freeId(title, new Set([...inForce.map((one) => one.id), ...written]));
  const edited = addTo(text, id, add);

  // What a face asks for is data: it must be what the user could have written, and no more.
  const inputs = { host, config: null, metrics, defaultIntervalMs, own: path };
  const key = "rule" in add ? `rules.${id}` : `watches.${id}`;
  const refused = checkText(edited.text, { path, workspace: null }, inputs).find(
    (one) => one.severity === undefined && (one.key === key || one.key.startsWith(`${key}.`)),
  );
  if (refused !== undefined) throw new NotEditable(`${refused.key}: ${refused.message}`);
  return { path, exists: onDisk.status === "read", ...edited, id };
}
