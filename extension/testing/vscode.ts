/** A small stand-in for the `vscode` module: records what the extension does to it, lets a test play the user. */
import type * as vscode from "vscode";
import { Signal } from "../signal.ts";
import {
  fakePanel,
  fakeTree,
  FakeUri,
  statusItem,
  type FakePanel,
  type FakeStatusItem,
  type FakeTree,
} from "./faces.ts";
import { FakeNotebooks } from "./notebooks.ts";

/** A message shown to the user, and the way to answer it. */
export interface ShownMessage {
  readonly kind: "info" | "warning" | "error";
  readonly text: string;
  readonly buttons: readonly string[];
  /** Null for one that does not wait in the way. */
  readonly modal: { readonly detail: string } | null;
  readonly answer: (button: string | undefined) => void;
}

/** The module and everything a test wants to see or set. */
export interface FakeVscode {
  readonly vs: typeof vscode;
  readonly messages: ShownMessage[];
  readonly executed: { readonly command: string; readonly args: readonly unknown[] }[];
  readonly commands: Map<string, (...args: readonly unknown[]) => unknown>;
  readonly trees: FakeTree[];
  /** Notebooks and all that VS Code has for them. */
  readonly notebooks: FakeNotebooks;
  /** Values of `setContext`. */
  readonly contexts: Map<string, unknown>;
  /** What input boxes were shown, for their titles and checks. */
  readonly boxes: vscode.InputBoxOptions[];
  readonly items: FakeStatusItem[];
  readonly panels: FakePanel[];
  readonly documents: string[];
  /** Titles of what was waited for. */
  readonly progress: string[];
  /** Edits that were applied to documents. */
  readonly edits: { readonly uri: string; readonly text: string }[];
  readonly state: {
    /** Values set by the user, by full key. */
    settings: Record<string, unknown>;
    /** Values that the workspace's own settings.json sets. */
    workspaceSettings: Record<string, unknown>;
    /** What the next input boxes answer, in turn; undefined for Escape. */
    inputs: (string | undefined)[];
    pickTitle: string;
    pickPlaceHolder: string;
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

/** Makes a fresh stand-in. */
export function fakeVscode(): FakeVscode {
  const messages: ShownMessage[] = [];
  const executed: { command: string; args: readonly unknown[] }[] = [];
  const commands: FakeVscode["commands"] = new Map();
  const trees: FakeTree[] = [];
  const notebooks = new FakeNotebooks();
  const contexts = new Map<string, unknown>();
  const boxes: vscode.InputBoxOptions[] = [];
  const items: FakeStatusItem[] = [];
  const panels: FakePanel[] = [];
  const documents: string[] = [];
  const progress: string[] = [];
  const edits: { uri: string; text: string }[] = [];
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
    workspaceSettings: {},
    inputs: [],
    pickTitle: "",
    pickPlaceHolder: "",
    trusted: true,
    focused: true,
    folders: [],
    picks: undefined,
    pickItems: [],
  };

  const show =
    (kind: ShownMessage["kind"]) =>
    (text: string, ...rest: (string | vscode.MessageOptions)[]) =>
      new Promise<string | undefined>((resolve) => {
        const buttons = rest.filter((one) => typeof one === "string");
        const options = rest.find((one) => typeof one === "object");
        const modal = options?.modal === true ? { detail: options.detail ?? "" } : null;
        messages.push({ kind, text, buttons, modal, answer: resolve });
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
    ...notebooks.module,
    ViewColumn: { Active: -1, Beside: -2 },
    ProgressLocation: { Window: 10, Notification: 15 },
    TreeItemCollapsibleState: { None: 0, Collapsed: 1, Expanded: 2 },
    ConfigurationTarget: { Global: 1, Workspace: 2, WorkspaceFolder: 3 },
    QuickPickItemKind: { Separator: -1, Default: 0 },
    WorkspaceEdit: class {
      readonly all: { uri: string; text: string }[] = [];
      replace(uri: FakeUri, _range: unknown, text: string): void {
        this.all.push({ uri: uri.toString(), text });
      }
    },
    Position: class {
      readonly line: number;
      constructor(line: number) {
        this.line = line;
      }
    },
    Range: class {
      readonly from: unknown;
      constructor(from: unknown) {
        this.from = from;
      }
    },
    Selection: class {
      readonly anchor: unknown;
      constructor(anchor: unknown) {
        this.anchor = anchor;
      }
    },
    TextEditorRevealType: { InCenterIfOutsideViewport: 2 },
    TreeItem: class {
      readonly label: string;
      readonly collapsibleState: number;
      constructor(label: string, collapsibleState = 0) {
        this.label = label;
        this.collapsibleState = collapsibleState;
      }
    },
    ThemeIcon: class {
      readonly id: string;
      readonly color: unknown;
      constructor(id: string, color?: unknown) {
        this.id = id;
        this.color = color;
      }
    },
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
    l10n: { bundle: undefined },
    env: { appName: "Code", language: "en", remoteName: undefined },
    window: notebooks.inWindow({
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
      createTreeView: (id: string, { treeDataProvider }: vscode.TreeViewOptions<string>) => {
        const made = fakeTree(id, treeDataProvider);
        trees.push(made);
        return made.view;
      },
      showInputBox: (options: vscode.InputBoxOptions) => {
        boxes.push(options);
        return Promise.resolve(state.inputs.shift());
      },
      showInformationMessage: show("info"),
      showWarningMessage: show("warning"),
      showErrorMessage: show("error"),
      showQuickPick: (offered: readonly vscode.QuickPickItem[], options: vscode.QuickPickOptions = {}) => {
        state.pickItems = offered;
        state.pickTitle = options.title ?? "";
        state.pickPlaceHolder = options.placeHolder ?? "";
        const picked = state.picks && offered.filter((item) => state.picks?.includes(item.label));
        return Promise.resolve(options.canPickMany === true ? picked : picked?.[0]);
      },
      showTextDocument: (shown: FakeUri | { uri: FakeUri }) => {
        documents.push("uri" in shown ? shown.uri.toString() : shown.toString());
        return Promise.resolve({ revealRange: () => undefined });
      },
      withProgress: ({ title = "" }: vscode.ProgressOptions, task: () => unknown) => {
        progress.push(title);
        return task();
      },
    }),
    workspace: notebooks.inWorkspace({
      get isTrusted() {
        return state.trusted;
      },
      get workspaceFolders() {
        return state.folders;
      },
      getConfiguration: (section: string) => ({
        get: (key: string) => state.workspaceSettings[`${section}.${key}`] ?? state.settings[`${section}.${key}`],
        inspect: (key: string) => ({
          key,
          globalValue: state.settings[`${section}.${key}`],
          workspaceValue: state.workspaceSettings[`${section}.${key}`],
        }),
        update: (key: string, value: unknown, target: unknown) => {
          const place = target === 1 ? state.settings : state.workspaceSettings;
          place[`${section}.${key}`] = value;
          return Promise.resolve();
        },
      }),
      applyEdit: (edit: { all: readonly { uri: string; text: string }[] }) => {
        edits.push(...edit.all);
        return Promise.resolve(true);
      },
      openTextDocument: (uri: FakeUri) =>
        Promise.resolve({ uri, getText: () => "", positionAt: (offset: number) => offset }),
      onDidChangeConfiguration: (listener: (event: { affectsConfiguration: (one: string) => boolean }) => void) =>
        events.configuration.on(listener),
      onDidChangeWorkspaceFolders: (listener: () => void) => events.folders.on(listener),
      onDidGrantWorkspaceTrust: (listener: () => void) => events.trust.on(listener),
    }),
    commands: {
      registerCommand: (id: string, run: (...args: readonly unknown[]) => unknown) => {
        commands.set(id, run);
        return { dispose: () => commands.delete(id) };
      },
      executeCommand: (command: string, ...args: unknown[]) => {
        if (command === "setContext") contexts.set(String(args[0]), args[1]);
        else executed.push({ command, args });
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
  return {
    ...{ vs, messages, executed, commands, items, panels, trees, notebooks, contexts, boxes },
    ...{ documents, progress, edits, state, events, channel, logged, memento },
  };
}
