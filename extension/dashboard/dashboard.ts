/** The dashboard's panel: one at a time, opened by a command or restored by VS Code, fed while it is visible. */
import type * as vscode from "vscode";
import type { FromDashboard } from "../../protocol/messages/webview.ts";
import { COMMANDS, DASHBOARD_VIEW } from "../contributions.ts";
import type { Disposable } from "../signal.ts";
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
  readonly #vs: typeof vscode;
  readonly #extensionUri: vscode.Uri;
  readonly #sources: FeedSources;
  #panel: vscode.WebviewPanel | undefined;

  constructor(vs: typeof vscode, extensionUri: vscode.Uri, sources: FeedSources) {
    this.#vs = vs;
    this.#extensionUri = extensionUri;
    this.#sources = sources;
  }

  /** Brings the panel to the front, or opens it. */
  show(): void {
    if (this.#panel !== undefined) {
      this.#panel.reveal();
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
      else this.#take(message, feed);
    });
    panel.onDidDispose(() => {
      feed.dispose();
      messages.dispose();
      if (this.#panel === panel) this.#panel = undefined;
    });
    panel.webview.html = this.#html(panel.webview);
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
