/** What the worker is told of VS Code: the settings that the user set, the trusted folders, the log level. */
import type * as vscode from "vscode";
import type { ClientContext, ClientSettings, LogLevel } from "../../protocol/settings.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import type { SettingKey } from "../contributions.ts";
import type { LaunchOptions } from "./worker.ts";

/** What is the user's alone: a workspace's word on it does not count, trusted or not. */
const USER_ONLY: ReadonlySet<SettingKey> = new Set<SettingKey>(["sensors.disabled", "history.enabled", "history.days"]);

/** VS Code's levels by number (`vscode.LogLevel`). */
const LEVELS: readonly LogLevel[] = ["off", "trace", "debug", "info", "warning", "error"];

/** The name of VS Code's log level. */
export function logLevelName(level: vscode.LogLevel): LogLevel {
  return LEVELS[level] ?? "info";
}

/**
 * The value in force if the user set it anywhere; undefined when it is only our default. Of a workspace that is not
 * trusted nothing counts, whatever VS Code would let through.
 */
function chosen(config: vscode.WorkspaceConfiguration, key: SettingKey, trusted: boolean): unknown {
  const found = config.inspect(key);
  if (!trusted || USER_ONLY.has(key)) return found?.globalValue;
  const set = [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue].some((one) => one !== undefined);
  return set ? config.get(key) : undefined;
}

/** Without the keys that hold undefined. */
function defined<T extends object>(values: T): T | undefined {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as T);
}

function settings(config: vscode.WorkspaceConfiguration, trusted: boolean): ClientSettings {
  const value = (key: SettingKey): unknown => chosen(config, key, trusted);
  const levels = (area: "cpu" | "memory" | "disk"): unknown =>
    defined({ warn: value(`${area}.warn`), crit: value(`${area}.crit`), for: value(`${area}.for`) });
  return (
    defined({
      interval: value("interval"),
      cpu: levels("cpu"),
      memory: levels("memory"),
      disk: levels("disk"),
      historyEnabled: value("history.enabled"),
      historyDays: value("history.days"),
      rateAdaptive: value("rate.adaptive"),
      sensorsDisabled: value("sensors.disabled"),
    }) ?? {}
  );
}

/** Everything the worker may know, now. */
export function readContext(vs: typeof vscode): ClientContext {
  // A workspace that is not trusted, or not on this machine's disk, has no say.
  const folders = vs.workspace.isTrusted ? (vs.workspace.workspaceFolders ?? []) : [];
  return {
    settings: settings(vs.workspace.getConfiguration("gorgon"), vs.workspace.isTrusted),
    trusted: vs.workspace.isTrusted,
    workspaceFolders: folders
      .filter((folder) => folder.uri.scheme === "file")
      .map((folder) => ({ name: folder.name, path: folder.uri.fsPath })),
  };
}

/** Node's arguments for the worker; whatever is not a text is left out. */
export function readExecArgv(vs: typeof vscode): string[] {
  const value: unknown = vs.workspace.getConfiguration("gorgon").get("server.execArgv");
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}

/** What a worker is started with. */
export function readLaunchOptions(vs: typeof vscode, channel: vscode.LogOutputChannel, version: string): LaunchOptions {
  return {
    execArgv: readExecArgv(vs),
    initialize: {
      ...readContext(vs),
      protocol: PROTOCOL_VERSION,
      client: version,
      logLevel: logLevelName(channel.logLevel),
      ...(vs.l10n.bundle === undefined ? {} : { words: vs.l10n.bundle }),
    },
  };
}
