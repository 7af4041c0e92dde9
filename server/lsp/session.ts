/** One VS Code window's session with the worker: handshake, state, history, settings, doctor. */
import { unwatchFile, watchFile } from "node:fs";
import {
  ErrorCodes,
  ResponseError,
  type Connection,
  type InitializeParams,
  type InitializeResult,
} from "vscode-languageserver/node";
import type { Attention } from "../../protocol/attention.ts";
import type { SeriesFrame } from "../../protocol/history.ts";
import type { Notification, ParamsOf, Request } from "../../protocol/message.ts";
import {
  acknowledgeAlert,
  addSilence,
  attentionChanged,
  collectNow,
  endSilence,
  getAlertHistory,
  getAnnotations,
  getDoctor,
  getHistory,
  getState,
  setContext,
  setLogLevel,
  stateChanged,
} from "../../protocol/messages/worker.ts";
import type { AlertAct, Silence } from "../../protocol/alert.ts";
import type { ClientContext, LogLevel, WorkerHello } from "../../protocol/settings.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import type { LoadedConfig } from "../config/config.ts";
import { configFiles, loadConfig } from "../config/load.ts";
import type { Host } from "../host/host.ts";
import { leveledLog, type Log } from "../host/log.ts";
import { statePaths } from "../host/paths.ts";
import { hostFacts, provisionalFacts } from "../rhopalia/facts.ts";
import { notesOf } from "../octopus/store/annotations.ts";
import { createStack, type Stack } from "../stack.ts";
import { VERSION } from "../version.ts";
import {
  parseAnnotationsParams,
  parseAttention,
  parseContext,
  parseHistoryParams,
  parseInitializeOptions,
  parseLogLevel,
} from "../wire/wire.ts";
import {
  parseAcknowledgeParams,
  parseAddSilenceParams,
  parseAlertHistoryParams,
  parseEndSilenceParams,
} from "../wire/alerts.ts";
import { doctorReport } from "./doctor.ts";

/** VS Code's own rhythm; on its own the command line polls slower. */
const WINDOW_INTERVAL_MS = 2000;
/** How often configuration files are looked at for a change. */
const CONFIG_LOOK_MS = 3000;

/** What a session needs. */
export interface SessionOptions {
  readonly connection: Connection;
  readonly host: Host;
  readonly nodeName: string;
}

/** Answers one client. The stack is built after the handshake, so that the handshake is quick. */
export class Session {
  readonly #connection: Connection;
  readonly #host: Host;
  readonly #nodeName: string;
  readonly #log: Log;
  #level: LogLevel = "info";
  #context: ClientContext = { settings: {}, workspaceFolders: [] };
  /** Null until the window has spoken. */
  #attention: Attention | null = null;
  #config: LoadedConfig | null = null;
  /** Ready for questions when it is known which window leads. */
  #stack: Promise<Stack> | null = null;
  #built: Stack | null = null;
  #watched: string[] = [];
  /** Changes of configuration run one after the other. */
  #applying: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: SessionOptions) {
    this.#connection = options.connection;
    this.#host = options.host;
    this.#nodeName = options.nodeName;
    this.#log = leveledLog(
      (level, message) => this.#write(level, message),
      () => this.#level,
    );
  }

  /** Registers the answers. Call before the connection listens. */
  listen(): void {
    const connection = this.#connection;
    connection.onInitialize((params) => this.#initialize(params));
    connection.onInitialized(() => {
      this.#stack = this.#open();
      this.#stack.catch((error: unknown) => this.#log.error(`The stack could not be built: ${reasonOf(error)}`));
    });
    connection.onShutdown(() => this.close());
    this.#answer(getState, async () => (await this.#ready()).state());
    this.#answer(collectNow, async () => this.#collect());
    this.#answer(getHistory, async (params) => {
      const { queries } = refuseBad(parseHistoryParams(params));
      const { hub, gpu } = await this.#ready();
      // Whoever asks for it shows it.
      if (queries.some((query) => query.metric.startsWith("hw.gpu."))) gpu.touch("devices");
      const frames: (readonly SeriesFrame[])[] = [];
      for (const query of queries) frames.push(await hub.query(query));
      return { frames };
    });
    this.#answer(getAnnotations, async (params) => {
      const asked = refuseBad(parseAnnotationsParams(params));
      const { store } = (await this.#ready()).hub;
      return { annotations: notesOf(store, asked) };
    });
    this.#answer(getAlertHistory, async (params) => {
      const asked = refuseBad(parseAlertHistoryParams(params));
      return { records: (await this.#ready()).bell.book.history(asked) };
    });
    this.#answer(acknowledgeAlert, async (params) => {
      const acknowledge = refuseBad(parseAcknowledgeParams(params));
      await this.#act({ acknowledge });
      return null;
    });
    this.#answer(addSilence, async (params) => {
      const { silence } = refuseBad(parseAddSilenceParams(params));
      const added = await this.#act({ silence });
      if (added === null) throw new ResponseError(ErrorCodes.InternalError, "The silence was not added.");
      return { silence: added };
    });
    this.#answer(endSilence, async (params) => {
      const { id } = refuseBad(parseEndSilenceParams(params));
      await this.#act({ endSilence: id });
      return null;
    });
    this.#answer(setContext, async (params) => {
      this.#context = refuseBad(parseContext(params));
      await this.#reload();
      return { problems: this.#config?.problems ?? [] };
    });
    this.#answer(getDoctor, async () => {
      const stack = await this.#ready();
      return doctorReport({ host: this.#host, stack, config: stack.config, version: VERSION });
    });
    this.#hear(attentionChanged, (params) => {
      const parsed = parseAttention(params);
      if (!parsed.ok) {
        this.#log.warn(`The window's attention was refused: ${parsed.reason}`);
        return;
      }
      this.#attention = parsed.value;
      void this.#stack?.then(
        (stack) => stack.setAttention(parsed.value),
        () => undefined, // said in the log when it was built
      );
    });
    this.#hear(setLogLevel, (params) => {
      const parsed = parseLogLevel(params);
      if (parsed.ok) this.#level = parsed.value.level;
      else this.#log.warn(`The log level was refused: ${parsed.reason}`);
    });
  }

  /** Stops polling and flushes history. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const path of this.#watched) unwatchFile(path);
    // Not waited for until it has found its place among the other windows: closing ends the search.
    const stack = this.#built ?? (await this.#stack?.catch(() => null));
    await stack?.close();
  }

  #initialize(params: InitializeParams): InitializeResult | ResponseError<{ retry: boolean }> {
    const parsed = parseInitializeOptions(params.initializationOptions);
    if (!parsed.ok) return new ResponseError(ErrorCodes.InvalidParams, parsed.reason, { retry: false });
    const options = parsed.value;
    if (options.protocol !== PROTOCOL_VERSION) {
      return new ResponseError(
        ErrorCodes.InvalidRequest,
        `This worker (${VERSION}) speaks protocol ${PROTOCOL_VERSION}, the extension (${options.client}) protocol ` +
          `${options.protocol}: they are of different releases. Reload the window.`,
        { retry: false },
      );
    }
    this.#context = options;
    this.#level = options.logLevel;
    const hello: WorkerHello = {
      protocol: PROTOCOL_VERSION,
      version: VERSION,
      pid: process.pid,
      node: process.versions.node,
    };
    // No document capabilities: no text of the user's files ever comes here.
    return { capabilities: { experimental: { gorgon: hello } }, serverInfo: { name: "gorgon", version: VERSION } };
  }

  async #open(): Promise<Stack> {
    const config = await this.#load();
    const paths = await statePaths(this.#host);
    const stack = createStack({
      host: this.#host,
      log: this.#log,
      config,
      facts: provisionalFacts(),
      paths,
      nodeName: this.#nodeName,
    });
    this.#built = stack;
    stack.onState((state) => this.#tell(state));
    await stack.start();
    this.#log.info(
      `Gorgon ${VERSION} on Node ${process.versions.node}: every ${config.config.intervalMs / 1000} s, ` +
        `history ${stack.hub.store.health().mode}.`,
    );
    if (this.#attention !== null) stack.setAttention(this.#attention);
    void hostFacts(this.#host).then((facts) => stack.setFacts(facts));
    return stack;
  }

  #ready(): Promise<Stack> {
    return this.#stack ?? Promise.reject(new ResponseError(ErrorCodes.ServerNotInitialized, "Not initialized yet."));
  }

  async #collect(): Promise<WorkerState> {
    const stack = await this.#ready();
    await stack.hub.collectOnce();
    const state = stack.state();
    if (!state) throw new ResponseError(ErrorCodes.InternalError, "The poll gave no state.");
    return state;
  }

  /** Carries out what the user does to alerts. Refused where the workspace is not trusted. */
  async #act(act: AlertAct): Promise<Silence | null> {
    if (this.#context.trusted !== true) {
      throw new ResponseError(
        ErrorCodes.InvalidRequest,
        "Nothing is acknowledged or silenced from a workspace that is not trusted. Trust it first (Workspaces: Manage Workspace Trust).",
      );
    }
    try {
      return await (await this.#ready()).act(act);
    } catch (error) {
      throw new ResponseError(ErrorCodes.InvalidRequest, reasonOf(error));
    }
  }

  /** Reads every layer of configuration; what is refused keeps its last good value. */
  async #load(): Promise<LoadedConfig> {
    const inputs = {
      host: this.#host,
      settings: this.#context.settings,
      workspaceFolders: this.#context.workspaceFolders,
      defaultIntervalMs: WINDOW_INTERVAL_MS,
      previous: this.#config,
    };
    this.#config = await loadConfig(inputs);
    for (const problem of this.#config.problems)
      this.#log.warn(`${problem.source}: ${problem.key}: ${problem.message}`);
    this.#watch(configFiles(inputs));
    return this.#config;
  }

  #reload(): Promise<void> {
    const next = this.#applying.then(async () => {
      const stack = await this.#ready();
      await stack.applyConfig(await this.#load());
      const state = stack.state();
      if (state) this.#tell(state);
    });
    this.#applying = next.catch((error: unknown) =>
      this.#log.error(`The configuration could not be applied: ${reasonOf(error)}`),
    );
    return next;
  }

  #watch(paths: readonly string[]): void {
    for (const path of this.#watched) if (!paths.includes(path)) unwatchFile(path);
    for (const path of paths) {
      if (this.#watched.includes(path)) continue;
      watchFile(path, { interval: CONFIG_LOOK_MS, persistent: false }, () => {
        this.#log.info(`${path} changed; reading it again.`);
        this.#reload().catch(() => undefined); // said in the log by #reload
      });
    }
    this.#watched = [...paths];
  }

  #tell(state: WorkerState): void {
    if (this.#closed) return;
    this.#connection.sendNotification(stateChanged.method, state).catch((error: unknown) => {
      this.#log.debug(`The state was not sent: ${reasonOf(error)}`);
    });
  }

  #answer<P, R>(message: Request<P, R>, handler: (params: P) => Promise<R>): void {
    this.#connection.onRequest(message.method, (params: P) => handler(params));
  }

  #hear<P>(message: Notification<P>, handler: (params: ParamsOf<Notification<P>>) => void): void {
    this.#connection.onNotification(message.method, (params: ParamsOf<Notification<P>>) => handler(params));
  }

  #write(level: LogLevel, message: string): void {
    const console = this.#connection.console;
    if (level === "error") console.error(message);
    else if (level === "warning") console.warn(message);
    else if (level === "info") console.info(message);
    else console.debug(message);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The parsed value, or the error that the client gets. */
function refuseBad<T>(
  parsed: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string },
): T {
  if (parsed.ok) return parsed.value;
  throw new ResponseError(ErrorCodes.InvalidParams, parsed.reason);
}
