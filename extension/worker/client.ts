/** The language client behind `Connection`: forks dist/worker.cjs over IPC and says how it ended. Loaded lazily. */
import type { ChildProcess } from "node:child_process";
import { access } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  State,
  TransportKind,
  type LanguageClientOptions,
  type MessageTransports,
} from "vscode-languageclient/node";
import { config, t } from "@vscode/l10n";
import { WORKER_ARGUMENTS, WORKER_ENVIRONMENT } from "../../protocol/launch.ts";
import { CONFIG_FILES } from "../language/selector.ts";
import { WorkerExited, type Connection, type ConnectionOptions, type WorkerEnd } from "./connection.ts";

/** How long a stopping worker may take for its last words before it is killed, milliseconds. */
const STOP_MS = 2000;

/** How long after the process's exit its output may still be arriving, milliseconds. */
const DRAIN_MS = 500;

/** Where F5 lets a debugger attach (.vscode/launch.json). */
const DEBUG_PORT = 6010;

/** A language client that says everything in the log and nothing in pop-ups: the bell tells the user. */
class QuietClient extends LanguageClient {
  onProcess: (process: ChildProcess) => void = () => undefined;

  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }

  /** The base class stops itself after a failed start, which it then refuses to do with an unhandled rejection. */
  override async stop(timeout?: number): Promise<void> {
    if (this.state === State.Running) await super.stop(timeout);
  }

  protected override async createMessageTransports(encoding: string): Promise<MessageTransports> {
    const transports = await super.createMessageTransports(encoding);
    if (this.serverProcess !== undefined) this.onProcess(this.serverProcess);
    return transports;
  }
}

/** Makes a connection to a new worker. Nothing is started yet. */
export function connect(options: ConnectionOptions): Connection {
  return new WorkerConnection(options);
}

class WorkerConnection implements Connection {
  readonly #options: ConnectionOptions;
  readonly #module = path.join(__dirname, "worker.cjs");
  readonly #client: QuietClient;
  #process: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #started: Promise<void> | undefined;
  #running = false;
  #closed = false;
  #ended = false;
  #said = "";

  constructor(options: ConnectionOptions) {
    this.#options = options;
    // This bundle has words of its own.
    config({ contents: { ...options.initialize.words } });
    const fork = { module: this.#module, transport: TransportKind.ipc };
    const execArgv = [...WORKER_ARGUMENTS, ...options.execArgv];
    const env = { ...process.env, ...WORKER_ENVIRONMENT };
    this.#client = new QuietClient(
      "gorgon",
      "Gorgon",
      {
        run: { ...fork, options: { execArgv, env } },
        debug: { ...fork, options: { env, execArgv: [...execArgv, "--nolazy", `--inspect=${DEBUG_PORT}`] } },
      },
      this.#clientOptions(),
    );
    this.#client.onProcess = (process) => this.#follow(process);
  }

  async start(): Promise<unknown> {
    try {
      await access(this.#module);
    } catch {
      throw new Error(t("{0} is missing. Reinstall the extension.", this.#module));
    }
    this.#started = this.#client.start();
    try {
      await this.#started;
    } catch (error) {
      // A write may fail a moment before the exit of the process is known.
      if (!this.#closed) await Promise.race([this.#exited, wait(DRAIN_MS)]);
      if (this.#closed || this.#gone()) throw new WorkerExited(this.#end());
      throw error;
    }
    this.#running = true;
    const capabilities = this.#client.initializeResult?.capabilities as
      { experimental?: { gorgon?: unknown } } | undefined;
    return capabilities?.experimental?.gorgon;
  }

  async stop(): Promise<void> {
    this.#ended = true;
    try {
      await this.#client.stop(STOP_MS);
      await Promise.race([this.#exited, wait(STOP_MS / 2)]);
    } catch (error) {
      this.#options.channel.warn(`The worker did not stop by itself: ${String(error)}`);
    }
    if (!this.#gone()) this.#process?.kill("SIGKILL");
    await this.#started?.catch(() => undefined);
    await this.#client.dispose().catch(() => undefined);
  }

  request(method: string, params: unknown): Promise<unknown> {
    return this.#client.sendRequest(method, params);
  }

  notify(method: string, params: unknown): Promise<void> {
    return this.#client.sendNotification(method, params);
  }

  listen(method: string, listener: (params: unknown) => void): void {
    this.#client.onNotification(method, listener);
  }

  #clientOptions(): LanguageClientOptions {
    const { channel, initialize } = this.#options;
    return {
      documentSelector: CONFIG_FILES,
      outputChannel: channel,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: initialize,
      // False: no second try, no pop-up. `start` rejects and the bell tells.
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: async () => {
          this.#closed = true;
          // The client loses its start promise when this returns, so a failing start settles first.
          await this.#started?.catch(() => undefined);
          this.#finish();
          return { action: CloseAction.DoNotRestart, message: "The connection to the worker closed.", handled: true };
        },
      },
      stdioOptions: {
        stdout: (input) => lines(input, (line) => channel.info(line)),
        stderr: (input) =>
          lines(input, (line) => {
            channel.warn(line);
            // Stack frames and Node's own footer say less than the line before them.
            if (/^\S/.test(line) && !line.startsWith("Node.js v")) this.#said = line;
          }),
      },
    };
  }

  #follow(process: ChildProcess): void {
    this.#process = process;
    this.#exited = new Promise((resolve) => {
      process.once("exit", () => {
        resolve();
        // The channel closes a little later, or never when a child of the worker holds its output open.
        setTimeout(() => this.#finish(), DRAIN_MS);
      });
    });
  }

  #gone(): boolean {
    return this.#process !== undefined && (this.#process.exitCode !== null || this.#process.signalCode !== null);
  }

  #end(): WorkerEnd {
    return { code: this.#process?.exitCode ?? null, signal: this.#process?.signalCode ?? null, said: this.#said };
  }

  #finish(): void {
    if (!this.#running || this.#ended) return;
    this.#ended = true;
    this.#options.onEnd(this.#end());
  }
}

function lines(input: Readable, take: (line: string) => void): void {
  createInterface({ input, crlfDelay: Infinity, terminal: false, historySize: 0 }).on("line", take);
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
