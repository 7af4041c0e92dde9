/** One VS Code window's session with the worker: handshake, state, history, settings, doctor, configuration files. */
import { unwatchFile, watchFile } from "node:fs";
import { config as speak, t } from "@vscode/l10n";
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
  attentionChanged,
  collectNow,
  findSeries,
  getAnnotations,
  getDoctor,
  getHistory,
  getSettingOrigins,
  getState,
  proposeConfigEdit,
  setContext,
  setLogLevel,
  stateChanged,
  terminateProcess,
} from "../../protocol/messages/worker.ts";
import type { ClientContext, LogLevel, WorkerHello } from "../../protocol/settings.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import type { LoadedConfig } from "../config/config.ts";
import { NotEditable } from "../config/edit.ts";
import { configFiles, loadConfig } from "../config/load.ts";
import type { Host } from "../host/host.ts";
import { leveledLog, type Log } from "../host/log.ts";
import { statePaths } from "../host/paths.ts";
import { hostFacts, provisionalFacts } from "../rhopalia/facts.ts";
import { SeriesCatalogue } from "../octopus/series-catalogue.ts";
import { notesOf } from "../octopus/store/annotations.ts";
import { processLookup } from "../responder/process-facts.ts";
import { terminateProcess as endProcess } from "../responder/terminate.ts";
import { createStack, type Stack } from "../stack.ts";
import { VERSION } from "../version.ts";
import { parseProposal } from "../wire/config.ts";
import {
  parseAnnotationsParams,
  parseAttention,
  parseContext,
  parseFindParams,
  parseHistoryParams,
  parseInitializeOptions,
  parseLogLevel,
  parseTermination,
} from "../wire/wire.ts";
import { answerAlerts } from "./alerts.ts";
import { reasonOf, refuseBad, type Answering } from "./answering.ts";
import { doctorReport } from "./doctor.ts";
import { ConfigLanguage } from "./language/language.ts";
import { answerKernels, tellKernels } from "./kernels.ts";
import { proposeEdit } from "./language/propose.ts";

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
  #catalogue: SeriesCatalogue | null = null;
  #watched: string[] = [];
  /** Changes of configuration run one after the other. */
  #applying: Promise<unknown> = Promise.resolve();
  #closed = false;
  readonly #language: ConfigLanguage;
  /** For the parts that answer beside this one. */
  readonly #answering: Answering;

  constructor(options: SessionOptions) {
    this.#connection = options.connection;
    this.#host = options.host;
    this.#nodeName = options.nodeName;
    this.#log = leveledLog(
      (level, message) => this.#write(level, message),
      () => this.#level,
    );
    this.#answering = {
      log: this.#log,
      answer: (message, handler) => this.#answer(message, handler),
      hear: (message, handler) => this.#hear(message, handler),
      tell: (message, params) => this.#tell(message, params),
      ready: () => this.#ready(),
      refuseUntrusted: (reason) => this.#refuseUntrusted(reason),
    };
    this.#language = new ConfigLanguage({
      connection: options.connection,
      host: options.host,
      hub: () => this.#built?.hub ?? null,
      context: () => this.#context,
      config: () => this.#config,
      defaultIntervalMs: WINDOW_INTERVAL_MS,
      onSaved: (path) => this.#saved(path),
    });
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
    this.#language.listen();
    answerAlerts(this.#answering);
    answerKernels(this.#answering);
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
    this.#answer(findSeries, async (params) => {
      const asked = refuseBad(parseFindParams(params));
      this.#catalogue ??= new SeriesCatalogue((await this.#ready()).hub, this.#host.clock);
      return this.#catalogue.find(asked);
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
    this.#answer(getSettingOrigins, async () => ({ settings: (await this.#ready()).config.provenance }));
    this.#answer(proposeConfigEdit, async (params) => {
      const { add } = refuseBad(parseProposal(params));
      this.#refuseUntrusted(
        t(
          'Nothing is added to the configuration from here: this workspace is not trusted. Trust it with "Workspaces: Manage Workspace Trust".',
        ),
      );
      const { config } = await this.#ready();
      const textOf = (path: string) => this.#language.textOf(path);
      const parts = { host: this.#host, config, metrics: this.#language.metrics, textOf };
      return proposeEdit(add, { ...parts, defaultIntervalMs: WINDOW_INTERVAL_MS }).catch((error: unknown) => {
        throw error instanceof NotEditable ? new ResponseError(ErrorCodes.InvalidRequest, error.message) : error;
      });
    });
    this.#answer(terminateProcess, async (params) => {
      const wish = refuseBad(parseTermination(params));
      this.#refuseUntrusted(
        t(
          'No process is ended from here: this workspace is not trusted. Trust it with "Workspaces: Manage Workspace Trust".',
        ),
      );
      const leader = (await this.#ready()).leadership?.role.leader ?? process.pid;
      const outcome = await endProcess(wish, {
        lookup: processLookup(this.#host),
        clock: this.#host.clock,
        log: this.#log,
        own: [process.pid, leader],
        kill: (pid, signal) => process.kill(pid, signal),
      });
      return { outcome };
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
    this.#language.close();
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
        t(
          "This worker ({0}) speaks protocol {1}, the extension ({2}) protocol {3}: they are of different releases. Reload the window.",
          ...[VERSION, PROTOCOL_VERSION, options.client, options.protocol],
        ),
        { retry: false },
      );
    }
    speak({ contents: { ...options.words } });
    this.#context = options;
    this.#level = options.logLevel;
    const hello: WorkerHello = {
      protocol: PROTOCOL_VERSION,
      version: VERSION,
      pid: process.pid,
      node: process.versions.node,
    };
    // Of all documents the text of open gorgon.yaml files alone comes here; no notebook does.
    const capabilities = { ...this.#language.initialize(params), experimental: { gorgon: hello } };
    return { capabilities, serverInfo: { name: "gorgon", version: VERSION } };
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
    tellKernels(stack, this.#answering);
    stack.onState((state) => this.#tell(stateChanged, state));
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
    return this.#stack ?? Promise.reject(new ResponseError(ErrorCodes.ServerNotInitialized, t("Not initialized yet.")));
  }

  /** Nobody acts from a window whose workspace the user does not trust. */
  #refuseUntrusted(reason: string): void {
    if (this.#context.trusted === true) return;
    this.#log.warn(reason);
    throw new ResponseError(ErrorCodes.InvalidRequest, reason);
  }

  async #collect(): Promise<WorkerState> {
    const stack = await this.#ready();
    await stack.hub.collectOnce();
    const state = stack.state();
    if (!state) throw new ResponseError(ErrorCodes.InternalError, t("The poll gave no state."));
    return state;
  }

  /** Reads every layer of configuration; what is refused keeps its last good value. */
  async #load(): Promise<LoadedConfig> {
    const inputs = {
      host: this.#host,
      settings: this.#context.settings,
      workspaceFolders: this.#context.workspaceFolders,
      defaultIntervalMs: WINDOW_INTERVAL_MS,
      previous: this.#config,
      metrics: this.#language.metrics,
    };
    this.#config = await loadConfig(inputs);
    for (const problem of this.#config.problems)
      this.#log.warn(`${problem.source}: ${problem.key}: ${problem.message}`);
    this.#watch(configFiles(inputs));
    this.#language.refresh();
    return this.#config;
  }

  /** The watcher would notice some seconds later; who saves wants to see it now. */
  #saved(path: string): void {
    if (!this.#watched.includes(path) || this.#stack === null) return;
    this.#log.info(`${path} was saved; reading it again.`);
    this.#reload().catch(() => undefined); // said in the log by #reload
  }

  #reload(): Promise<void> {
    const next = this.#applying.then(async () => {
      const stack = await this.#ready();
      await stack.applyConfig(await this.#load());
      const state = stack.state();
      if (state) this.#tell(stateChanged, state);
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

  #tell<P>(message: Notification<P>, params: P): void {
    if (this.#closed) return;
    this.#connection.sendNotification(message.method, params).catch((error: unknown) => {
      this.#log.debug(`${message.method} was not sent: ${reasonOf(error)}`);
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
