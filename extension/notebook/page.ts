/** A page without scripts beside the notebook: what a cell cost, or why a kernel died. One at a time. */
import type * as vscode from "vscode";
import { createNonce } from "../dashboard/html.ts";
import { html } from "../escape.ts";
import type { Disposable } from "../signal.ts";
import { PAGE_VIEW } from "./names.ts";

/** What a page says. `body` is HTML whose texts are escaped. */
export interface PageContent {
  readonly title: string;
  readonly body: string;
}

/** Theme variables only; levels and differences are words and signs as well. */
const STYLE = `
  body { padding: 8px 20px 24px; max-width: 780px; font-variant-numeric: tabular-nums; line-height: 1.5;
    overflow-wrap: anywhere; }
  h1 { font-size: 1.3em; font-weight: 600; margin: 12px 0 4px; }
  h2 { font-size: 1em; font-weight: 600; margin: 24px 0 4px; }
  p { margin: 4px 0; }
  .muted { color: var(--vscode-descriptionForeground); }
  .WARN { color: var(--vscode-list-warningForeground, var(--vscode-editorWarning-foreground)); }
  .CRIT { color: var(--vscode-errorForeground); }
  table { border-collapse: collapse; width: 100%; margin-top: 12px; }
  caption { text-align: left; font-weight: 600; padding: 4px 0; }
  th, td { text-align: left; padding: 4px 12px 4px 0; font-weight: normal; vertical-align: top;
    border-bottom: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, #8884)); }
  thead th { color: var(--vscode-descriptionForeground); }
  td.number, th.number { text-align: right; white-space: nowrap; }
  td.value { font-weight: 600; }
  ul, ol { padding-left: 20px; margin: 4px 0; }
  li { margin: 4px 0; }
`;

/** Shows pages in one panel. */
export class Pages implements Disposable {
  readonly #vs: typeof vscode;
  #panel: vscode.WebviewPanel | undefined;
  #shown = "";
  #subject = "";

  constructor(vs: typeof vscode) {
    this.#vs = vs;
  }

  /** Opens the page, or puts it into the panel that is there. `subject`: what it is about. */
  show(subject: string, content: PageContent): void {
    const { ViewColumn } = this.#vs;
    if (this.#panel === undefined) {
      const options = { enableScripts: false, enableForms: false, enableCommandUris: false, localResourceRoots: [] };
      const panel = this.#vs.window.createWebviewPanel(PAGE_VIEW, content.title, ViewColumn.Beside, options);
      this.#panel = panel;
      panel.onDidDispose(() => {
        if (this.#panel === panel) this.#panel = undefined;
      });
      this.#shown = "";
    } else this.#panel.reveal();
    this.#subject = subject;
    this.#put(content);
  }

  /** What the open page is about; empty while none is open. */
  get subject(): string {
    return this.#panel === undefined ? "" : this.#subject;
  }

  /** Draws the open page anew. */
  refresh(content: PageContent): void {
    this.#put(content);
  }

  dispose(): void {
    this.#panel?.dispose();
  }

  #put({ title, body }: PageContent): void {
    const panel = this.#panel;
    // A new document would lose the place where the reader is.
    if (panel === undefined || this.#shown === title + body) return;
    this.#shown = title + body;
    panel.title = title;
    const nonce = createNonce();
    const policy = `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
    panel.webview.html = `<!DOCTYPE html>
<html lang="${html(this.#vs.env.language)}">
  <head>
    <meta charset="UTF-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${html(title)}</title>
    <style nonce="${nonce}">${STYLE}</style>
  </head>
  <body>
${body}
  </body>
</html>
`;
  }
}
