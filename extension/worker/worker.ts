/** The worker's life as the extension sees it: starting, running or down; restarts it after a crash, with back-off. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import { formatDuration } from "../../protocol/format.ts";
import type { Notification, Request } from "../../protocol/message.ts";
import type { InitializeOptions, WorkerHello } from "../../protocol/settings.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import { Signal, type Disposable } from "../signal.ts";
import { deadline, type Timers } from "../timers.ts";
import { describeEnd, isWorkerExited, type Connect, type Connection, type WorkerEnd } from "./connection.ts";

/** A worker that has not introduced itself after this long is taken for dead, milliseconds. */
const START_MS = 20_000;
/** How long an answer may take, milliseconds. */
const ANSWER_MS = 10_000;
/** The wait before the first restart; doubled for each further crash within the window, milliseconds. */
const FIRST_RETRY_MS = 1000;
/** So many crashes within the window, and it is left down. */
const CRASHES = 5;
const WINDOW_MS = 180_000;

/** JSON-RPC's code for it. */
const INVALID_REQUEST = -32600;

/** What the worker is doing. `mend`: what helps when it is down. */
export type WorkerStatus =
  | { readonly status: "starting"; readonly reason: string }
  | { readonly status: "running"; readonly reason: ""; readonly hello: WorkerHello }
  | { readonly status: "down"; readonly reason: string; readonly mend: "restart" | "reload" };

/** Thrown by `send` while there is nobody to answer. */
export class WorkerNotRunning extends Error {}

/** A worker of another release. */
class ProtocolMismatch extends Error {}

/** What the worker is run with; read anew at each start. */
export interface LaunchOptions {
  readonly execArgv: readonly string[];
  readonly initialize: InitializeOptions;
}

export class Worker implements Disposable {
  readonly onStatus = new Signal<WorkerStatus>();
  readonly #connect: Connect;
  readonly #launchOptions: () => LaunchOptions;
  readonly #channel: vscode.LogOutputChannel;
  readonly #timers: Timers;
  readonly #listeners = new Map<string, Signal<unknown>>();
  #status: WorkerStatus = { status: "starting", reason: "" };
  #connection: Connection | undefined;
  /** Raised at every start and stop: whatever belongs to an earlier one is ignored. */
  #generation = 0;
  #crashes: number[] = [];
  #cancelRetry: () => void = () => undefined;

  constructor(parts: {
    connect: Connect;
    launchOptions: () => LaunchOptions;
    channel: vscode.LogOutputChannel;
    timers: Timers;
  }) {
    this.#connect = parts.connect;
    this.#launchOptions = parts.launchOptions;
    this.#channel = parts.channel;
    this.#timers = parts.timers;
  }

  get status(): WorkerStatus {
    return this.#status;
  }

  /** Hears a notification from every worker that will ever run. */
  on<P>(message: Notification<P>, listener: (params: P) => void): Disposable {
    let signal = this.#listeners.get(message.method);
    if (signal === undefined) {
      signal = new Signal();
      this.#listeners.set(message.method, signal);
      this.#connection?.listen(message.method, (params) => this.#listeners.get(message.method)?.fire(params));
    }
    return signal.on((params) => listener(params as P));
  }

  /** Asks the worker. Rejects with `WorkerNotRunning` while there is none, and when the answer takes too long. */
  async send<P, R>(message: Request<P, R>, params: P, timeoutMs = ANSWER_MS): Promise<R> {
    const connection = this.#running();
    const answer = connection.request(message.method, params);
    return (await deadline(
      this.#timers,
      timeoutMs,
      answer,
      () => new Error(t("The worker did not answer {0} within {1}.", message.method, formatDuration(timeoutMs))),
    )) as R;
  }

  /** Tells the worker something that has no answer. */
  async tell<P>(message: Notification<P>, params: P): Promise<void> {
    await this.#running().notify(message.method, params);
  }

  /** Starts the worker. Never throws: what goes wrong becomes the status. */
  start(): Promise<void> {
    return this.#launch();
  }

  /** Ends the worker that is there, forgets its crashes and starts another. */
  async restart(): Promise<void> {
    this.#channel.info("Restarting the worker.");
    this.#crashes = [];
    await this.stop();
    await this.#launch();
  }

  /** Ends the worker for good, or until `start`. */
  async stop(): Promise<void> {
    this.#generation += 1;
    this.#cancelRetry();
    this.#set({ status: "starting", reason: "" });
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.stop();
  }

  dispose(): void {
    this.#cancelRetry();
    this.#generation += 1;
    this.onStatus.dispose();
    for (const signal of this.#listeners.values()) signal.dispose();
  }

  async #launch(): Promise<void> {
    const generation = ++this.#generation;
    const current = (): boolean => generation === this.#generation;
    this.#cancelRetry();
    let connection: Connection | undefined;
    try {
      connection = await this.#connect({
        ...this.#launchOptions(),
        channel: this.#channel,
        onEnd: (end) => {
          if (current()) this.#crashed(end);
        },
      });
      if (!current()) return;
      this.#connection = connection;
      for (const [method, signal] of this.#listeners) {
        connection.listen(method, (params) => {
          if (current()) signal.fire(params);
        });
      }
      const hello = await deadline(
        this.#timers,
        START_MS,
        connection.start(),
        () => new Error(t("The worker did not answer within {0} of its start.", formatDuration(START_MS))),
      );
      if (!current()) return;
      this.#set({ status: "running", reason: "", hello: checkHello(hello) });
    } catch (error) {
      if (!current()) return;
      if (isWorkerExited(error)) {
        this.#crashed(error.end);
        return;
      }
      this.#connection = undefined;
      void connection?.stop();
      const reason = error instanceof Error ? error.message : String(error);
      this.#set({ status: "down", reason, mend: isMismatch(error) ? "reload" : "restart" });
    }
  }

  #crashed(end: WorkerEnd): void {
    void this.#connection?.stop();
    this.#connection = undefined;
    const now = this.#timers.now();
    this.#crashes = [...this.#crashes.filter((time) => now - time < WINDOW_MS), now];
    const count = this.#crashes.length;
    const how = describeEnd(end);
    if (count >= CRASHES) {
      const reason = t("The worker ended {count} times within {time}, at last with {how}.", {
        ...{ count, time: formatDuration(WINDOW_MS), how },
      });
      this.#set({ status: "down", reason, mend: "restart" });
      return;
    }
    const delay = FIRST_RETRY_MS * 2 ** (count - 1);
    this.#set({
      status: "starting",
      reason: t("The worker ended ({0}); it starts again in {1}.", how, formatDuration(delay)),
    });
    this.#cancelRetry = this.#timers.after(delay, () => void this.#launch());
  }

  #running(): Connection {
    if (this.#connection === undefined || this.#status.status !== "running") {
      throw new WorkerNotRunning(this.#status.reason === "" ? t("The worker is starting.") : this.#status.reason);
    }
    return this.#connection;
  }

  #set(status: WorkerStatus): void {
    const was = this.#status;
    if (was.status === status.status && was.reason === status.reason && status.status !== "running") return;
    this.#status = status;
    if (status.status === "running") {
      const { pid, version, node } = status.hello;
      this.#channel.info(`The worker runs: pid ${pid}, version ${version}, node ${node}.`);
    } else if (status.reason !== "") {
      this.#channel.error(status.reason);
    }
    this.onStatus.fire(status);
  }
}

/** Either side may refuse: we by our own error, the worker by answering `initialize` with InvalidRequest. */
function isMismatch(error: unknown): boolean {
  return error instanceof ProtocolMismatch || (error as { code?: unknown } | null)?.code === INVALID_REQUEST;
}

/** Refuses a worker that speaks another protocol, in words. */
function checkHello(value: unknown): WorkerHello {
  const hello = value as Partial<WorkerHello> | null | undefined;
  if (typeof hello?.protocol !== "number" || typeof hello.pid !== "number") {
    throw new ProtocolMismatch(t("The worker did not say which protocol it speaks. Reload the window."));
  }
  if (hello.protocol !== PROTOCOL_VERSION) {
    throw new ProtocolMismatch(
      t("The worker speaks protocol {0}, this extension {1}: reload the window.", hello.protocol, PROTOCOL_VERSION),
    );
  }
  return { protocol: hello.protocol, pid: hello.pid, version: String(hello.version), node: String(hello.node) };
}
