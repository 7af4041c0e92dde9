/** The one door to the worker process, small enough to be played by a test. The language client is behind it. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { InitializeOptions } from "../../protocol/settings.ts";

/** How a worker process ended. */
export interface WorkerEnd {
  /** Null when a signal ended it, or when it is not known. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The last thing it said on stderr; empty for nothing. */
  readonly said: string;
}

/** Thrown by `start` when the process ended before it had introduced itself. */
export class WorkerExited extends Error {
  override readonly name = "WorkerExited";
  readonly end: WorkerEnd;
  constructor(end: WorkerEnd) {
    super(t("The worker ended while starting: {0}.", describeEnd(end)));
    this.end = end;
  }
}

/** Told by name: the client's bundle has a class of its own, of which `instanceof` here knows nothing. */
export function isWorkerExited(error: unknown): error is WorkerExited {
  return error instanceof Error && error.name === "WorkerExited";
}

/** One worker process and the connection to it. Used once: after an end, a new one is made. */
export interface Connection {
  /** Starts the process; resolves to what it says of itself in `initialize`, unchecked. */
  start(): Promise<unknown>;
  /** Ends the process: asks, waits, then kills. Never rejects. */
  stop(): Promise<void>;
  request(method: string, params: unknown): Promise<unknown>;
  notify(method: string, params: unknown): Promise<void>;
  /** To be called before `start`. */
  listen(method: string, listener: (params: unknown) => void): void;
}

/** What a connection is made from. */
export interface ConnectionOptions {
  /** Arguments for the worker's Node. */
  readonly execArgv: readonly string[];
  readonly initialize: InitializeOptions;
  readonly channel: vscode.LogOutputChannel;
  /** The process ended by itself, after `start` had resolved. Called at most once. */
  readonly onEnd: (end: WorkerEnd) => void;
}

/** Makes a connection; loads what that needs at the first call. */
export type Connect = (options: ConnectionOptions) => Promise<Connection> | Connection;

/** In words: `killed by SIGKILL`, `exit code 9: node: bad option: --foo`. */
export function describeEnd(end: WorkerEnd): string {
  const how =
    end.signal !== null
      ? t("killed by {0}", end.signal)
      : end.code !== null
        ? t("exit code {0}", end.code)
        : t("connection closed");
  return end.said === "" ? how : `${how}: ${end.said}`;
}
