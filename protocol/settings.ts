/** What VS Code's settings say, as sent to the worker. Absent: the user did not set it; files and defaults decide. */

/** Percent on the face, as the user wrote it; the worker checks it and says what is wrong. */
export interface ThresholdSetting {
  readonly warn?: number;
  readonly crit?: number;
  /** Seconds that one must be crossed before it counts. */
  readonly for?: number;
}

/** Every value is unchecked: settings.json may hold anything. The worker validates and answers with problems. */
export interface ClientSettings {
  /** Seconds between two polls. */
  readonly interval?: unknown;
  readonly cpu?: unknown;
  readonly memory?: unknown;
  readonly disk?: unknown;
  readonly historyEnabled?: unknown;
  readonly historyDays?: unknown;
  readonly rateAdaptive?: unknown;
  /** Names of sensors that are not to be read. */
  readonly sensorsDisabled?: unknown;
}

/** Sent with `initialize` and again, complete, whenever something in it changes. */
export interface ClientContext {
  readonly settings: ClientSettings;
  /** Folders of the workspace, only when it is trusted; their `gorgon.yaml` may add rules. */
  readonly workspaceFolders: readonly { readonly name: string; readonly path: string }[];
  /** Whether the user trusts the workspace: without it nobody acts from this window. Absent: no. */
  readonly trusted?: boolean;
}

/** In `InitializeParams.initializationOptions`. */
export interface InitializeOptions extends ClientContext {
  readonly protocol: number;
  /** The extension's version, for messages. */
  readonly client: string;
  readonly logLevel: LogLevel;
  /** The window's language: its sentences by the English ones. Absent: English. */
  readonly words?: Readonly<Record<string, string>>;
}

/** In `InitializeResult.capabilities.experimental.gorgon`. */
export interface WorkerHello {
  readonly protocol: number;
  readonly version: string;
  readonly pid: number;
  readonly node: string;
}

/** VS Code's levels, by name. */
export type LogLevel = "off" | "trace" | "debug" | "info" | "warning" | "error";
