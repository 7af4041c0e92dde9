/**
 * `gorgon.yaml` as a language: diagnostics, completion, hover, mends and an outline. The text of open configuration
 * files comes here, and of no other document: the client's document selector asks for nothing else, and what is not
 * named `gorgon.yaml` is not kept.
 */
import {
  type CodeAction,
  type Connection,
  type CompletionItem,
  type DocumentSymbol,
  type Hover,
  type InitializeParams,
  type Range,
  type ServerCapabilities,
  TextDocumentSyncKind,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { ClientContext } from "../../../protocol/settings.ts";
import type { ConfigProblem } from "../../../protocol/state.ts";
import { checkText } from "../../config/check.ts";
import type { LoadedConfig } from "../../config/config.ts";
import { userFile } from "../../config/load.ts";
import { problem } from "../../config/problem.ts";
import { fileShape, type Shape, workspaceShape } from "../../config/shape.ts";
import type { Disposable, Host } from "../../host/host.ts";
import { complete } from "./completion.ts";
import { diagnosticsOf, mendsOf } from "./diagnostics.ts";
import { type OpenFile, openFile } from "./files.ts";
import { hoverAt } from "./hover.ts";
import { LiveMetrics, type LiveHub } from "./metrics.ts";
import { symbolsOf } from "./symbols.ts";

/** Typing goes on for about this long between two words. */
const DEBOUNCE_MS = 200;

/** What the language is made from. */
export interface LanguageOptions {
  readonly connection: Connection;
  readonly host: Host;
  /** Null while there is none yet. */
  readonly hub: () => LiveHub | null;
  readonly context: () => ClientContext;
  readonly config: () => LoadedConfig | null;
  readonly defaultIntervalMs: number;
  /** A configuration file was saved in the editor. */
  readonly onSaved: (path: string) => void;
}

/** Answers the editor's questions on configuration files. */
export class ConfigLanguage {
  readonly #options: LanguageOptions;
  readonly #documents = new Map<string, TextDocument>();
  readonly #waiting = new Map<string, Disposable>();
  readonly #own: string;
  readonly metrics: LiveMetrics;
  #snippets = false;

  constructor(options: LanguageOptions) {
    this.#options = options;
    this.#own = userFile(options.host);
    this.metrics = new LiveMetrics(options.hub);
  }

  /** What is announced to the client, whose abilities are noted. */
  initialize({ capabilities }: InitializeParams): ServerCapabilities {
    this.#snippets = capabilities.textDocument?.completion?.completionItem?.snippetSupport === true;
    return {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Full, save: { includeText: false } },
      completionProvider: { triggerCharacters: [" ", "{"] },
      hoverProvider: true,
      codeActionProvider: { codeActionKinds: ["quickfix"] },
      documentSymbolProvider: true,
    };
  }

  /** Registers the answers. Call before the connection listens. */
  listen(): void {
    const { connection } = this.#options;
    connection.onDidOpenTextDocument(({ textDocument: { uri, languageId, version, text } }) => {
      if (this.#file(uri) === null) return;
      this.#documents.set(uri, TextDocument.create(uri, languageId, version, text));
      this.#check(uri);
    });
    connection.onDidChangeTextDocument(({ textDocument: { uri, version }, contentChanges }) => {
      const document = this.#documents.get(uri);
      if (document === undefined) return;
      this.#documents.set(uri, TextDocument.update(document, contentChanges, version));
      this.#soon(uri);
    });
    connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
      this.#waiting.get(uri)?.dispose();
      this.#waiting.delete(uri);
      if (this.#documents.delete(uri)) void connection.sendDiagnostics({ uri, diagnostics: [] });
    });
    connection.onDidSaveTextDocument(({ textDocument: { uri } }) => {
      const file = this.#documents.has(uri) ? this.#file(uri) : null;
      if (file?.idle === "") this.#options.onSaved(file.path);
    });
    connection.onCompletion(({ textDocument, position }): CompletionItem[] =>
      this.#ask(textDocument.uri, [], (document, file) =>
        complete(document.getText(), document.offsetAt(position), {
          ...this.#parts(file),
          snippets: this.#snippets,
          range: (from, to) => rangeIn(document, from, to),
        }),
      ),
    );
    connection.onHover(({ textDocument, position }): Hover | null =>
      this.#ask(textDocument.uri, null, (document, file) => {
        const now = this.#options.host.clock.now();
        const found = hoverAt(document.getText(), document.offsetAt(position), { ...this.#parts(file), now });
        if (found === null) return null;
        const range = rangeIn(document, found.from, found.to);
        return { contents: { kind: "markdown", value: found.markdown }, range };
      }),
    );
    connection.onCodeAction(({ textDocument: { uri }, context }): CodeAction[] =>
      this.#ask(uri, [], () => mendsOf(uri, context.diagnostics)),
    );
    connection.onDocumentSymbol(({ textDocument }): DocumentSymbol[] =>
      this.#ask(textDocument.uri, [], (document) =>
        symbolsOf(document.getText(), (from, to) => rangeIn(document, from, to)),
      ),
    );
  }

  /** Looks at every open file again: trust, folders, or the ids that others use have changed. */
  refresh(): void {
    for (const uri of this.#documents.keys()) this.#soon(uri);
  }

  /** The text of a file as it is in the editor, saved or not; null when it is not open. */
  textOf(path: string): string | null {
    for (const [uri, document] of this.#documents) if (this.#file(uri)?.path === path) return document.getText();
    return null;
  }

  close(): void {
    for (const timer of this.#waiting.values()) timer.dispose();
    this.#waiting.clear();
    this.#documents.clear();
  }

  #file(uri: string): OpenFile | null {
    return openFile(uri, this.#options.context(), this.#own, this.#options.host.platform === "win32");
  }

  #ask<T>(uri: string, nothing: T, answer: (document: TextDocument, file: OpenFile) => T): T {
    const document = this.#documents.get(uri);
    const file = document === undefined ? null : this.#file(uri);
    return document === undefined || file === null ? nothing : answer(document, file);
  }

  #parts(file: OpenFile): { shape: Shape; metrics: LiveMetrics; config: LoadedConfig["config"] | null } {
    const shape = file.workspace === null ? fileShape(this.#options.defaultIntervalMs) : workspaceShape();
    return { shape, metrics: this.metrics, config: this.#options.config()?.config ?? null };
  }

  #soon(uri: string): void {
    this.#waiting.get(uri)?.dispose();
    const timer = this.#options.host.clock.schedule(() => this.#check(uri), DEBOUNCE_MS, { unref: true });
    this.#waiting.set(uri, timer);
  }

  #check(uri: string): void {
    this.#waiting.delete(uri);
    const document = this.#documents.get(uri);
    const file = this.#file(uri);
    if (document === undefined || file === null) return;
    const { version } = document;
    const diagnostics = diagnosticsOf(this.#problems(document.getText(), file));
    // A connection that is gone needs no diagnostics.
    this.#options.connection.sendDiagnostics({ uri, version, diagnostics }).catch(() => undefined);
  }

  #problems(text: string, file: OpenFile): readonly ConfigProblem[] {
    const { host, config, defaultIntervalMs } = this.#options;
    const inputs = { host, config: config(), metrics: this.metrics, defaultIntervalMs, own: this.#own };
    const idle = file.idle === "" ? [] : [problem(file.path, "", "", file.idle, { severity: "information" })];
    return [...idle, ...checkText(text, file, inputs)];
  }
}

function rangeIn(document: TextDocument, from: number, to: number): Range {
  return { start: document.positionAt(from), end: document.positionAt(to) };
}
