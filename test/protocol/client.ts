/** A client without VS Code: forks the built worker and talks to it over the same IPC channel. */
import { fork, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
} from "vscode-languageserver/node";
import type { Notification, Request } from "../../protocol/message.ts";
import type { ClientContext, InitializeOptions } from "../../protocol/settings.ts";
import { WORKER_ARGUMENTS, WORKER_ENVIRONMENT } from "../../protocol/launch.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** The bundle that the extension starts. */
export const WORKER = path.join(root, "dist", "worker.cjs");

/** What the extension would send. */
export const OPTIONS: InitializeOptions = {
  protocol: PROTOCOL_VERSION,
  client: "test",
  logLevel: "debug",
  settings: {},
  workspaceFolders: [],
};

/** A forked worker with a home of its own. */
export class TestClient {
  readonly child: ChildProcess;
  readonly connection: MessageConnection;
  readonly home: string;
  readonly log: string[] = [];

  constructor(options: { readonly home?: string; readonly env?: Readonly<Record<string, string>> } = {}) {
    if (!existsSync(WORKER)) throw new Error("dist/worker.cjs is not there: npm run build");
    this.home = options.home ?? mkdtempSync(path.join(tmpdir(), "gorgon-protocol-"));
    this.child = fork(WORKER, ["--node-ipc"], {
      silent: true,
      execArgv: [...WORKER_ARGUMENTS],
      env: {
        ...process.env,
        ...WORKER_ENVIRONMENT,
        HOME: this.home,
        XDG_STATE_HOME: path.join(this.home, "state"),
        XDG_CONFIG_HOME: path.join(this.home, "config"),
        XDG_RUNTIME_DIR: path.join(this.home, "run"),
        ...options.env,
      },
    });
    this.connection = createMessageConnection(new IPCMessageReader(this.child), new IPCMessageWriter(this.child));
    this.connection.onNotification("window/logMessage", ({ message }: { message: string }) => {
      this.log.push(message);
    });
    this.connection.listen();
  }

  /** The handshake as vscode-languageclient does it. */
  async initialize(options: unknown = OPTIONS): Promise<unknown> {
    const result: unknown = await this.connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: null,
      capabilities: {},
      initializationOptions: options,
    });
    await this.connection.sendNotification("initialized", {});
    return result;
  }

  /** The same with other settings. */
  initializeWith(context: Partial<ClientContext>): Promise<unknown> {
    return this.initialize({ ...OPTIONS, ...context });
  }

  send<P, R>(message: Request<P, R>, params: P): Promise<R> {
    return this.connection.sendRequest<R>(message.method, params);
  }

  tell<P>(message: Notification<P>, params: P): Promise<void> {
    return this.connection.sendNotification(message.method, params);
  }

  /** The next notification of this kind that satisfies the condition. */
  next<P>(message: Notification<P>, condition: (params: P) => boolean = () => true): Promise<P> {
    return new Promise((resolve) => {
      const subscription = this.connection.onNotification(message.method, (params: P) => {
        if (!condition(params)) return;
        subscription.dispose();
        resolve(params);
      });
    });
  }

  /** Resolves with the exit code, or the signal's name, once the process has ended. */
  get ended(): Promise<number | string | null> {
    if (this.child.exitCode !== null) return Promise.resolve(this.child.exitCode);
    if (this.child.signalCode !== null) return Promise.resolve(this.child.signalCode);
    return new Promise((resolve) => this.child.once("exit", (code, signal) => resolve(code ?? signal)));
  }

  /** The orderly end: shutdown, exit. */
  async shutdown(): Promise<number | string | null> {
    await this.connection.sendRequest("shutdown");
    await this.connection.sendNotification("exit");
    return this.ended;
  }

  /** Ends whatever still runs and removes the home. */
  async dispose(options: { readonly keepHome?: boolean } = {}): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill("SIGKILL");
      await this.ended;
    }
    this.connection.dispose();
    if (!options.keepHome) rmSync(this.home, { recursive: true, force: true });
  }
}
