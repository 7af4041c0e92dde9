/** One layer of configuration: raw values by key, from flags, the environment, settings or a file. */
import { t } from "@vscode/l10n";
import type { ClientSettings } from "../../protocol/settings.ts";
import type { ConfigProblem } from "../../protocol/state.ts";
import type { Origin } from "./config.ts";
import { GUARDED, type Key } from "./keys.ts";
import { nearest } from "./nearest.ts";
import { type PlacedProblem, problem } from "./problem.ts";

/** Raw values of one origin, unchecked. */
export interface Layer {
  readonly origin: Origin;
  /** For `ConfigProblem.source`. */
  readonly source: string;
  /** Where exactly a key came from: the variable, the setting, the file. */
  readonly where: (key: string) => string;
  readonly values: ReadonlyMap<string, unknown>;
  /** The file is there but cannot be read: its earlier values stay. */
  readonly broken: boolean;
}

/** Flags of the command line, by key. */
export function flagLayer(flags: Readonly<Record<string, unknown>>): Layer {
  const values = new Map(Object.entries(flags).filter(([, raw]) => raw !== undefined));
  return { origin: "flag", source: "flag", where: (key) => `--${key}`, values, broken: false };
}

/** Variables of the environment. An empty one counts as not set. */
export function environmentLayer(env: Readonly<Record<string, string | undefined>>, keys: readonly Key[]): Layer {
  const values = new Map<string, unknown>();
  for (const { key, variable } of keys) {
    const text = env[variable];
    if (text !== undefined && text.trim() !== "") values.set(key, text);
  }
  const where = (key: string) => keys.find((one) => one.key === key)?.variable ?? key;
  return { origin: "environment", source: "environment", where, values, broken: false };
}

/** VS Code's settings. */
export function settingLayer(settings: ClientSettings, keys: readonly Key[], problems: ConfigProblem[]): Layer {
  const values = new Map<string, unknown>();
  const put = (key: string, raw: unknown) => {
    if (raw !== undefined && raw !== null) values.set(key, raw);
  };
  put("interval", settings.interval);
  put("rate.adaptive", settings.rateAdaptive);
  put("sensors.disabled", settings.sensorsDisabled);
  put("history.enabled", settings.historyEnabled);
  put("history.days", settings.historyDays);
  for (const id of GUARDED) {
    const raw = settings[id];
    if (raw === undefined || raw === null) continue;
    const section = entriesOf(raw);
    if (section === null) {
      problems.push(
        problem("setting", `bell.${id}`, raw, t("It must be an object with warn and crit, in percent, and for.")),
      );
      continue;
    }
    for (const [name, value] of section) {
      if (name === "warn" || name === "crit" || name === "for") put(`bell.${id}.${name}`, value);
      else problems.push(unknownKey("setting", `bell.${id}.`, name, value, ["warn", "crit", "for"]));
    }
  }
  const where = (key: string) => keys.find((one) => one.key === key)?.setting ?? key;
  return { origin: "setting", source: "setting", where, values, broken: false };
}

/** The host-wide keys of the user's file. `rules`, `watches` and `sql` are read by themselves. */
export function userFileLayer(
  path: string,
  root: ReadonlyMap<unknown, unknown>,
  keys: readonly Key[],
  problems: ConfigProblem[],
): Layer {
  const values = new Map<string, unknown>();
  const known = keys.map((one) => one.key);
  const visit = (map: ReadonlyMap<unknown, unknown>, prefix: string) => {
    const names = namesUnder(known, prefix);
    if (prefix === "") names.push("rules", "watches", "sql");
    for (const [rawName, value] of map) {
      const name = String(rawName);
      const key = prefix + name;
      if (key === "rules" || key === "watches" || key === "sql" || value === null) continue;
      if (known.includes(key)) values.set(key, value);
      else if (!names.includes(name)) problems.push(unknownKey(path, prefix, name, value, names));
      else if (value instanceof Map) visit(value, `${key}.`);
      else problems.push(problem(path, key, value, t("It must hold {0}.", namesUnder(known, `${key}.`).join(", "))));
    }
  };
  visit(root, "");
  return { origin: "user file", source: path, where: () => path, values, broken: false };
}

/** Names that may stand directly under a prefix of dotted keys. */
function namesUnder(keys: readonly string[], prefix: string): string[] {
  const under = keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length).split(".")[0] ?? "");
  return [...new Set(under)];
}

/** A key that nobody knows, with the nearest that somebody does. */
export function unknownKey(
  source: string,
  prefix: string,
  name: string,
  raw: unknown,
  known: readonly string[],
): PlacedProblem {
  const suggestions = nearest(name, known);
  const [near] = suggestions;
  const message = [
    t("This key is not known."),
    near === undefined ? "" : t("Did you mean {0}?", near),
    t("Allowed: {0}.", known.join(", ")),
  ];
  return problem(source, prefix + name.slice(0, 80), raw, message.filter((one) => one !== "").join(" "), {
    suggestions,
    place: { path: [...prefix.split(".").filter((one) => one !== ""), name], part: "key" },
  });
}

/** The pairs of a map or of an object's own keys; null for anything else. */
export function entriesOf(raw: unknown): readonly (readonly [string, unknown])[] | null {
  if (raw instanceof Map)
    return [...(raw as ReadonlyMap<unknown, unknown>)].map(([key, value]) => [String(key), value]);
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return null;
  return Object.entries(raw);
}
