/** What the extension shows in a stand-in of VS Code: status bar items, panels and trees whose user is the test. */
import type * as vscode from "vscode";
import { Signal } from "../signal.ts";

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

/** A tree view whose user is the test. */
export interface FakeTree {
  readonly id: string;
  readonly provider: vscode.TreeDataProvider<string>;
  readonly view: { visible: boolean; badge: vscode.ViewBadge | undefined; description: string | undefined };
  /** What was redrawn: elements, or null for all of it. */
  readonly redrawn: (readonly string[] | null)[];
  readonly show: (visible: boolean) => void;
  readonly expand: (element: string) => void;
  /** The rows as they are drawn now, each level under its parent. */
  readonly drawn: (element?: string) => Promise<readonly FakeRow[]>;
}

/** One row of a tree as VS Code would draw it. */
export interface FakeRow {
  readonly element: string;
  readonly item: vscode.TreeItem;
  readonly rows: readonly FakeRow[];
}

/** An address as VS Code has it. */
export class FakeUri {
  readonly path: string;
  readonly scheme: string;
  constructor(scheme: string, path: string) {
    this.scheme = scheme;
    this.path = path;
  }
  get fsPath(): string {
    return this.path;
  }
  with({ scheme }: { scheme: string }): FakeUri {
    return new FakeUri(scheme, this.path);
  }
  toString(): string {
    return `${this.scheme}:${this.path}`;
  }
}

/** A status bar item. */
export function statusItem(id: string): FakeStatusItem & { readonly proxy: vscode.StatusBarItem } {
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

/** A tree view as `createTreeView` gives it. */
export function fakeTree(id: string, provider: vscode.TreeDataProvider<string>): FakeTree {
  const visibility = new Signal<{ visible: boolean }>();
  const expanded = new Signal<{ element: string }>();
  const collapsed = new Signal<{ element: string }>();
  const redrawn: (readonly string[] | null)[] = [];
  provider.onDidChangeTreeData?.((elements) => {
    redrawn.push(typeof elements === "string" ? [elements] : (elements ?? null));
  });
  const view = {
    visible: false,
    badge: undefined as vscode.ViewBadge | undefined,
    description: undefined as string | undefined,
    onDidChangeVisibility: (listener: (event: { visible: boolean }) => void) => visibility.on(listener),
    onDidExpandElement: (listener: (event: { element: string }) => void) => expanded.on(listener),
    onDidCollapseElement: (listener: (event: { element: string }) => void) => collapsed.on(listener),
    dispose: () => undefined,
  };
  const drawn = async (element?: string): Promise<readonly FakeRow[]> => {
    const elements = (await provider.getChildren(element)) ?? [];
    return Promise.all(
      elements.map(async (one) => ({ element: one, item: await provider.getTreeItem(one), rows: await drawn(one) })),
    );
  };
  return {
    ...{ id, provider, view, redrawn, drawn },
    show: (visible) => {
      view.visible = visible;
      visibility.fire({ visible });
    },
    expand: (element) => expanded.fire({ element }),
  };
}
