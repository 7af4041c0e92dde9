/** Keeps the worker told: settings, folders, trust and log level, whenever they change. */
import type * as vscode from "vscode";
import { setContext, setLogLevel } from "../../protocol/messages/worker.ts";
import type { ConfigProblem } from "../../protocol/state.ts";
import type { Timers } from "../timers.ts";
import { logLevelName, readContext, readExecArgv } from "./settings.ts";
import type { Worker } from "./worker.ts";

/** The settings editor fires at every key stroke, milliseconds. */
const DEBOUNCE_MS = 300;

/** Follows VS Code until disposed. */
export class WorkerSync implements vscode.Disposable {
  readonly #vs: typeof vscode;
  readonly #worker: Worker;
  readonly #channel: vscode.LogOutputChannel;
  readonly #timers: Timers;
  readonly #onProblems: (problems: readonly ConfigProblem[]) => void;
  readonly #subscriptions: { dispose(): unknown }[];
  #sent = "";
  #execArgv: string;
  #cancel: () => void = () => undefined;

  constructor(parts: {
    vs: typeof vscode;
    worker: Worker;
    channel: vscode.LogOutputChannel;
    timers: Timers;
    onProblems: (problems: readonly ConfigProblem[]) => void;
  }) {
    const { vs, worker, channel } = parts;
    this.#vs = vs;
    this.#worker = worker;
    this.#channel = channel;
    this.#timers = parts.timers;
    this.#onProblems = parts.onProblems;
    this.#execArgv = JSON.stringify(readExecArgv(vs));
    this.#subscriptions = [
      vs.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("gorgon")) this.#soon();
      }),
      vs.workspace.onDidChangeWorkspaceFolders(() => this.#soon()),
      vs.workspace.onDidGrantWorkspaceTrust(() => this.#soon()),
      channel.onDidChangeLogLevel((level) => {
        worker.tell(setLogLevel, { level: logLevelName(level) }).catch(() => undefined); // told at its start
      }),
      worker.onStatus.on(({ status }) => {
        if (status === "running") this.#soon();
      }),
    ];
  }

  dispose(): void {
    this.#cancel();
    for (const one of this.#subscriptions) one.dispose();
  }

  #soon(): void {
    this.#cancel();
    this.#cancel = this.#timers.after(DEBOUNCE_MS, () => void this.#send());
  }

  async #send(): Promise<void> {
    const execArgv = JSON.stringify(readExecArgv(this.#vs));
    if (execArgv !== this.#execArgv) {
      this.#execArgv = execArgv;
      // The new worker gets the rest with its start.
      this.#sent = JSON.stringify(readContext(this.#vs));
      await this.#worker.restart();
      return;
    }
    if (this.#worker.status.status !== "running") return;
    const context = readContext(this.#vs);
    const text = JSON.stringify(context);
    if (text === this.#sent) return;
    this.#sent = text;
    try {
      const { problems } = await this.#worker.send(setContext, context);
      this.#onProblems(problems);
    } catch (error) {
      this.#sent = "";
      this.#channel.warn(`The worker was not told of the settings: ${String(error)}`);
    }
  }
}
