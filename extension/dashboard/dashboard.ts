/** The dashboard's panel: one at a time, opened by a command or restored by VS Code, fed while it is visible. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import {
  MOST_PINS,
  type Answer,
  type FromDashboard,
  type PageCommand,
  type PinnedChart,
  type Question,
  type Tab,
  type ToDashboard,
} from "../../protocol/messages/webview.ts";
import { COMMANDS, DASHBOARD_VIEW } from "../contributions.ts";
import { Signal, type Disposable } from "../signal.ts";
import { answer, type AnswerSources } from "./answers.ts";
import { authorName, windowDeeds } from "./deeds.ts";
import { DashboardFeed, type FeedSources } from "./feed.ts";
import { createNonce, dashboardHtml } from "./html.ts";
import { parseFromDashboard, questionId } from "./messages.ts";

const PAGE_COMMANDS: Readonly<Record<PageCommand, string>> = {
  restart: COMMANDS.restartWorker,
  settings: COMMANDS.openSettings,
  doctor: COMMANDS.runDoctor,
  log: COMMANDS.showLog,
  trust: "workbench.trust.manage",
};

/** Answers on their way at once; a page that asks more is broken. */
const MOST_QUESTIONS = 32;

/** Opens, restores and closes the panel. */
export class Dashboard implements vscode.WebviewPanelSerializer, Disposable {
  /** Fires when the page may have been shown, hidden or closed. */
  readonly onVisible = new Signal<void>();
  readonly #vs: typeof vscode;
  readonly #extensionUri: vscode.Uri;
  readonly #sources: FeedSources;
  readonly #trust: Disposable;
  #panel: vscode.WebviewPanel | undefined;
  #feed: DashboardFeed | undefined;
  readonly #answers: AnswerSources;
  #asked = 0;
  /** What the page is to show once it wakes. */
  #wanted: Tab | undefined;

  constructor(vs: typeof vscode, extensionUri: vscode.Uri, sources: Omit<FeedSources, "mayAct">) {
    this.#vs = vs;
    this.#extensionUri = extensionUri;
    this.#sources = { ...sources, mayAct: () => vs.workspace.isTrusted };
    const { worker, timers } = sources;
    const deeds = windowDeeds(vs);
    this.#answers = { worker, timers, deeds, author: authorName(), mayAct: this.#sources.mayAct };
    this.#trust = vs.workspace.onDidGrantWorkspaceTrust(() => this.#feed?.refresh());
  }

  /** Whether the page is open and not behind another tab. */
  get visible(): boolean {
    return this.#panel?.visible === true;
  }

  /** Brings the panel to the front, or opens it; with this tab, where one is named. */
  show(tab?: Tab): void {
    this.#wanted = tab;
    if (this.#panel !== undefined) {
      const awake = this.#panel.visible;
      this.#panel.reveal();
      // A page behind another tab is not there any more; it says `ready` when it is back.
      if (awake) this.#showWanted(this.#panel);
      return;
    }
    this.#adopt(
      this.#vs.window.createWebviewPanel(DASHBOARD_VIEW, "Gorgon", this.#vs.ViewColumn.Active, this.#options()),
    );
  }

  /** VS Code brings back the panel of the last session. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    // The restored panel has the options of the version that made it: its folders may be gone by an update.
    panel.webview.options = this.#options();
    if (this.#panel === undefined) this.#adopt(panel);
    else panel.dispose();
    return Promise.resolve();
  }

  dispose(): void {
    this.#trust.dispose();
    this.#panel?.dispose();
  }

  #folder(): vscode.Uri {
    return this.#vs.Uri.joinPath(this.#extensionUri, "dist", "webview");
  }

  #options(): vscode.WebviewOptions {
    return { enableScripts: true, enableForms: false, enableCommandUris: false, localResourceRoots: [this.#folder()] };
  }

  #adopt(panel: vscode.WebviewPanel): void {
    this.#panel = panel;
    const media = (name: string): vscode.Uri => this.#vs.Uri.joinPath(this.#extensionUri, "media", name);
    panel.iconPath = { light: media("bell-light.svg"), dark: media("bell-dark.svg") };
    const feed = new DashboardFeed(
      {
        visible: () => panel.visible,
        post: async (snapshot) => panel.webview.postMessage(snapshot),
      },
      this.#sources,
    );
    this.#feed = feed;
    const messages = panel.webview.onDidReceiveMessage((value: unknown) => {
      const message = parseFromDashboard(value);
      if (message === null) this.#refuse(value, panel);
      else this.#take(message, panel, feed);
    });
    const views = panel.onDidChangeViewState(() => this.onVisible.fire());
    panel.onDidDispose(() => {
      feed.dispose();
      messages.dispose();
      views.dispose();
      if (this.#panel === panel) {
        this.#panel = undefined;
        this.#feed = undefined;
      }
      this.onVisible.fire();
    });
    this.onVisible.fire();
    panel.webview.html = this.#html(panel.webview);
  }

  #post(panel: vscode.WebviewPanel, message: ToDashboard): void {
    if (this.#panel !== panel || !panel.visible) return;
    Promise.resolve(panel.webview.postMessage(message)).catch((error: unknown) => {
      this.#sources.log(`The dashboard did not take a message: ${String(error)}`);
    });
  }

  #showWanted(panel: vscode.WebviewPanel): void {
    if (this.#wanted !== undefined) this.#post(panel, { type: "show", tab: this.#wanted });
    this.#wanted = undefined;
  }

  #refuse(value: unknown, panel: vscode.WebviewPanel): void {
    this.#sources.log("The dashboard sent something that is no message; it was refused.");
    const id = questionId(value);
    if (id === null) return;
    this.#post(panel, {
      type: "answer",
      id,
      ok: false,
      reason: t("This question has not the shape of one, or asks too much."),
    });
  }

  async #answer(panel: vscode.WebviewPanel, id: number, question: Question): Promise<void> {
    let reply: Answer;
    try {
      if (this.#asked >= MOST_QUESTIONS) throw new Error(t("Too much is asked at once. Wait for the answers."));
      this.#asked += 1;
      try {
        reply = { type: "answer", id, ok: true, result: await answer(question, this.#answers) };
      } finally {
        this.#asked -= 1;
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#sources.log(`The dashboard's question "${question.ask}" has no answer: ${reason}`);
      reply = { type: "answer", id, ok: false, reason };
    }
    this.#post(panel, reply);
  }

  async #pin(chart: PinnedChart): Promise<void> {
    if (await this.#sources.pins.add(chart)) return;
    void this.#vs.window.showInformationMessage(
      t("Gorgon: The overview has its {0} charts. Take one off to put another there.", MOST_PINS),
    );
  }

  #take(message: FromDashboard, panel: vscode.WebviewPanel, feed: DashboardFeed): void {
    switch (message.type) {
      case "ready":
        feed.wake(message.range);
        this.#showWanted(panel);
        break;
      case "range":
        feed.wake(message.range);
        break;
      case "question":
        void this.#answer(panel, message.id, message.question);
        break;
      case "pin":
        void this.#pin(message.chart);
        break;
      case "unpin":
        void this.#sources.pins.remove(message.id);
        break;
      case "command":
        void this.#vs.commands.executeCommand(PAGE_COMMANDS[message.command]);
        break;
      case "mute": {
        const { latest, mutes } = this.#sources;
        const known = latest.last?.bell.verdicts.some((one) => one.rule.id === message.rule) === true;
        if (known || mutes.has(message.rule)) void mutes.set(message.rule, message.muted);
        break;
      }
    }
  }

  #html(webview: vscode.Webview): string {
    const address = (name: string): string =>
      webview.asWebviewUri(this.#vs.Uri.joinPath(this.#folder(), name)).toString();
    return dashboardHtml(
      {
        cspSource: webview.cspSource,
        script: address("dashboard.js"),
        styles: [address("codicon.css"), address("dashboard.css")],
        language: this.#vs.env.language,
        words: this.#vs.l10n.bundle ?? {},
      },
      createNonce(),
    );
  }
}
