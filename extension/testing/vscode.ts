/** A small stand-in for the `vscode` module: records what the extension does to it, lets a test play the user. */
import type * as vscode from "vscode";
import { Signal } from "../signal.ts";

/** A message shown to the user, and the way to answer it. */
export interface ShownMessage {
  readonly kind: "info" | "warning" | "error";
  readonly text: string;
  readonly buttons: readonly string[];
  readonly answer: (button: string | undefined) => void;
}

/** A status bar item that counts what is set. */
export interface FakeStatusItem {
  readonly id: string;
  readonly set: { readonly key: string; readonly value: unknown }[];
  readonly now: Record<string, unknown>;
}

/** A panel whose page is the test. */
export interface FakePanel {
  /** Whether the tab is in front; `turn` puts it there or behind another. */
  visible: boolean;
  readonly turn: (visible: boolean) => void;
  revealed: number;
  disposed: boolean;
  iconPath: unknown;
  readonly webview: { html: string; options: unknown; cspSource: string };
  readonly posted: unknown[];
  readonly send: (message: unknown) => void;
  readonly panel: vscode.WebviewPanel;
}

/** The module and everything a test wants to see or set. */
export interface FakeVscode {
  readonly vs: typeof vscode;
  readonly messages: ShownMessage[];
  readonly executed: { readonly command: string; readonly args: readonly unknown[] }[];
  readonly commands: Map<string, () => unknown>;
  readonly items: FakeStatusItem[];
  readonly panels: FakePanel[];
  readonly documents: string[];
  readonly state: {
    /** Values set by the user, by full key. */
    settings: Record<string, unknown>;
    trusted: boolean;
    focused: boolean;
    folders: { name: string; uri: { scheme: string; fsPath: string } }[];
    /** What the next quick pick answers: the labels to pick, or undefined for Escape. */
    picks: readonly string[] | undefined;
    pickItems: readonly vscode.QuickPickItem[];
  };
  readonly events: {
    readonly configuration: Signal<{ affectsConfiguration: (section: string) => boolean }>;
    readonly folders: Signal<undefined>;
    readonly trust: Signal<undefined>;
    readonly logLevel: Signal<number>;
    readonly windowState: Signal<{ focused: boolean }>;
  };
  readonly channel: vscode.LogOutputChannel;
  readonly logged: string[];
  readonly memento: vscode.Memento;
}

class FakeUri {
  readonly path: string;
  readonly scheme: string;
  constructor(scheme: string, path: string) {
    this.scheme = scheme;
    this.path = path;
  }
  get fsPath(): string {
    return this.path;
  }
  toString(): string {
    return `${this.scheme}:${this.path}`;
  }
}

function statusItem(id: string): FakeStatusItem & { readonly proxy: vscode.StatusBarItem } {
  const set: { key: string; value: unknown }[] = [];
  const now: Record<string, unknown> = {};
  const methods = { show: () => (now["visible"] = true), dispose: () => (now["disposed"] = true) };
  const proxy = new Proxy(methods, {
    get: (target, key) => (Reflect.get(target, key) as unknown) ?? now[String(key)],
    set: (_target, key, value: unknown) => {
      set.push({ key: String(key), value });
      now[String(key)] = value;
      return true;
    },
  }) as unknown as vscode.StatusBarItem;
  return { id, set, now, proxy };
}

/** A panel as `createWebviewPanel` gives it. */
export function fakePanel(options: unknown = {}): FakePanel {
  const messages = new Signal<unknown>();
  const closed = new Signal<undefined>();
  const turned = new Signal<undefined>();
  const posted: unknown[] = [];
  const webview = {
    html: "",
    options,
    cspSource: "https://webview.test",
    asWebviewUri: (uri: FakeUri) => ({ toString: () => `https://webview.test${uri.path}` }),
    onDidReceiveMessage: (listener: (message: unknown) => void) => messages.on(listener),
    postMessage: (message: unknown) => {
      posted.push(message);
      return Promise.resolve(true);
    },
  };
  const fake = {
    visible: true,
    revealed: 0,
    disposed: false,
    iconPath: undefined as unknown,
    webview,
    posted,
    send: (message: unknown) => messages.fire(message),
    reveal: () => (fake.revealed += 1),
    onDidDispose: (listener: () => void) => closed.on(listener),
    onDidChangeViewState: (listener: () => void) => turned.on(listener),
    turn: (visible: boolean) => {
      fake.visible = visible;
      turned.fire(undefined);
    },
    dispose: () => {
      fake.disposed = true;
      closed.fire(undefined);
    },
  };
  return Object.defineProperty(fake, "panel", { value: fake }) as unknown as FakePanel;
}

/** Makes a fresh stand-in. */
export function fakeVscode(): FakeVscode {
  const messages: ShownMessage[] = [];
  const executed: { command: string; args: readonly unknown[] }[] = [];
  const commands = new Map<string, () => unknown>();
  const items: FakeStatusItem[] = [];
  const panels: FakePanel[] = [];
  const documents: string[] = [];
  const logged: string[] = [];
  const memory = new Map<string, unknown>();
  const events: FakeVscode["events"] = {
    configuration: new Signal(),
    folders: new Signal(),
    trust: new Signal(),
    logLevel: new Signal(),
    windowState: new Signal(),
  };
  const state: FakeVscode["state"] = {
    settings: {},
    trusted: true,
    focused: true,
    folders: [],
    picks: undefined,
    pickItems: [],
  };

  const show =
    (kind: ShownMessage["kind"]) =>
    (text: string, ...buttons: string[]) =>
      new Promise<string | undefined>((resolve) => {
        messages.push({ kind, text, buttons, answer: resolve });
      });
  const write = (level: string) => (text: string) => void logged.push(`${level}: ${text}`);
  const channel = {
    logLevel: 3,
    onDidChangeLogLevel: (listener: (level: number) => void) => events.logLevel.on(listener),
    ...{ trace: write("trace"), debug: write("debug"), info: write("info") },
    ...{ warn: write("warn"), error: write("error"), show: () => void logged.push("shown") },
    dispose: () => undefined,
  } as unknown as vscode.LogOutputChannel;

  const module = {
    version: "1.125.0",
    StatusBarAlignment: { Left: 1, Right: 2 },
    ViewColumn: { Active: -1 },
    ProgressLocation: { Window: 10 },
    ThemeColor: class {
      readonly id: string;
      constructor(id: string) {
        this.id = id;
      }
    },
    MarkdownString: class {
      readonly value: string;
      readonly supportThemeIcons: boolean;
      isTrusted: unknown;
      supportHtml: unknown;
      constructor(value: string, supportThemeIcons: boolean) {
        this.value = value;
        this.supportThemeIcons = supportThemeIcons;
      }
    },
    EventEmitter: class<T> {
      readonly #signal = new Signal<T>();
      readonly event = (listener: (value: T) => void) => this.#signal.on(listener);
      readonly fire = (value: T) => this.#signal.fire(value);
      readonly dispose = () => this.#signal.dispose();
    },
    Uri: {
      file: (path: string) => new FakeUri("file", path),
      from: (parts: { scheme: string; path: string }) => new FakeUri(parts.scheme, parts.path),
      joinPath: (base: FakeUri, ...names: string[]) => new FakeUri(base.scheme, [base.path, ...names].join("/")),
    },
    env: { appName: "Code", language: "en", remoteName: undefined },
    window: {
      get state() {
        return { focused: state.focused, active: state.focused };
      },
      onDidChangeWindowState: (listener: (now: { focused: boolean }) => void) => events.windowState.on(listener),
      createStatusBarItem: (id: string) => {
        const item = statusItem(id);
        items.push(item);
        return item.proxy;
      },
      createWebviewPanel: (_type: string, _title: string, _column: number, options: unknown) => {
        const made = fakePanel(options);
        panels.push(made);
        return made.panel;
      },
      showInformationMessage: show("info"),
      showWarningMessage: show("warning"),
      showErrorMessage: show("error"),
      showQuickPick: (offered: readonly vscode.QuickPickItem[], options?: vscode.QuickPickOptions) => {
        state.pickItems = offered;
        const picked = state.picks && offered.filter((item) => state.picks?.includes(item.label));
        return Promise.resolve(options?.canPickMany === true ? picked : picked?.[0]);
      },
      showTextDocument: (shown: FakeUri | { uri: FakeUri }) => {
        documents.push("uri" in shown ? shown.uri.toString() : shown.toString());
        return Promise.resolve();
      },
      withProgress: (_options: unknown, task: () => unknown) => task(),
    },
    workspace: {
      get isTrusted() {
        return state.trusted;
      },
      get workspaceFolders() {
        return state.folders;
      },
      getConfiguration: (section: string) => ({
        get: (key: string) => state.settings[`${section}.${key}`],
        inspect: (key: string) => ({ key, workspaceValue: state.settings[`${section}.${key}`] }),
      }),
      openTextDocument: (uri: FakeUri) => Promise.resolve({ uri }),
      onDidChangeConfiguration: (listener: (event: { affectsConfiguration: (one: string) => boolean }) => void) =>
        events.configuration.on(listener),
      onDidChangeWorkspaceFolders: (listener: () => void) => events.folders.on(listener),
      onDidGrantWorkspaceTrust: (listener: () => void) => events.trust.on(listener),
    },
    commands: {
      registerCommand: (id: string, run: () => unknown) => {
        commands.set(id, run);
        return { dispose: () => commands.delete(id) };
      },
      executeCommand: (command: string, ...args: unknown[]) => {
        executed.push({ command, args });
        return Promise.resolve();
      },
    },
  };
  const memento = {
    keys: () => [...memory.keys()],
    get: (key: string) => memory.get(key),
    update: (key: string, value: unknown) => {
      memory.set(key, value);
      return Promise.resolve();
    },
  } as unknown as vscode.Memento;
  const vs = module as unknown as typeof vscode;
  return { vs, messages, executed, commands, items, panels, documents, state, events, channel, logged, memento };
}
