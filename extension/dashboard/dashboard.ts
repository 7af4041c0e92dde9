/** The dashboard's panel: one at a time, opened by a command or restored by VS Code, fed while it is visible. */
import type * as vscode from "vscode";
import type { FromDashboard, ShowTab, Tab } from "../../protocol/messages/webview.ts";
import { COMMANDS, DASHBOARD_VIEW } from "../contributions.ts";
import { Signal, type Disposable } from "../signal.ts";
import { DashboardFeed, type FeedSources } from "./feed.ts";
import { createNonce, dashboardHtml } from "./html.ts";
import { parseFromDashboard } from "./messages.ts";

const PAGE_COMMANDS = {
  restart: COMMANDS.restartWorker,
  settings: COMMANDS.openSettings,
  doctor: COMMANDS.runDoctor,
  log: COMMANDS.showLog,
} as const;

/** Opens, restores and closes the panel. */
export class Dashboard implements vscode.WebviewPanelSerializer, Disposable {
  /** Fires when the page may have been shown, hidden or closed. */
  readonly onVisible = new Signal<void>();
  readonly #vs: typeof vscode;
  readonly #extensionUri: vscode.Uri;
  readonly #sources: FeedSources;
  #panel: vscode.WebviewPanel | undefined;
  /** The tab that was asked for before the page had woken. */
  #tab: Tab | null = null;

  constructor(vs: typeof vscode, extensionUri: vscode.Uri, sources: FeedSources) {
    this.#vs = vs;
    this.#extensionUri = extensionUri;
    this.#sources = sources;
  }

  /** Whether the page is open and not behind another tab. */
  get visible(): boolean {
    return this.#panel?.visible === true;
  }

  /** Brings the panel to the front, or opens it; at a tab, where one is named. */
  show(tab?: Tab): void {
    this.#tab = tab ?? null;
    if (this.#panel !== undefined) {
      const hidden = !this.#panel.visible;
      this.#panel.reveal();
      // A hidden page is gone, and says so when it is there again.
      if (!hidden) this.#turn(this.#panel);
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
    const messages = panel.webview.onDidReceiveMessage((value: unknown) => {
      const message = parseFromDashboard(value);
      if (message === null) this.#sources.log("The dashboard sent something that is no message; it was ignored.");
      else {
        this.#take(message, feed);
        if (message.type === "ready") this.#turn(panel);
      }
    });
    const views = panel.onDidChangeViewState(() => this.onVisible.fire());
    panel.onDidDispose(() => {
      feed.dispose();
      messages.dispose();
      views.dispose();
      if (this.#panel === panel) this.#panel = undefined;
      this.onVisible.fire();
    });
    this.onVisible.fire();
    panel.webview.html = this.#html(panel.webview);
  }

  #turn(panel: vscode.WebviewPanel): void {
    if (this.#tab === null) return;
    const message: ShowTab = { type: "show", tab: this.#tab };
    this.#tab = null;
    void panel.webview.postMessage(message);
  }

  #take(message: FromDashboard, feed: DashboardFeed): void {
    switch (message.type) {
      case "ready":
      case "range":
        feed.wake(message.range);
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
      },
      createNonce(),
    );
  }
}
