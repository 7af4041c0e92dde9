/** A tree view that is drawn from rows: asks for them only while it is seen, and redraws only what changed. */
import type * as vscode from "vscode";
import type { CommandId } from "../contributions.ts";
import type { Disposable } from "../signal.ts";

/** One line of a tree. All texts are already harmless; a label and a description are plain text. */
export interface Row {
  /** Unique in its tree, and the same for the same thing at any time. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** A codicon and, where it means something, a theme colour. Null: none. */
  readonly icon: { readonly name: string; readonly color?: string } | null;
  /** For the menus' `viewItem`; empty for rows without actions. */
  readonly context: string;
  /** What a screen reader says instead: the icon's meaning in words beside the texts. */
  readonly spoken: string;
  /** Escaped Markdown, made only when somebody points at the row; null: none. */
  readonly explain: (() => string | Promise<string>) | null;
  /** Run by a click. */
  readonly command?: { readonly id: CommandId; readonly title: string };
  /** Whether it stands open at first; null: nothing is under it. */
  readonly open: boolean | null;
  readonly rows: readonly Row[];
}

/** What VS Code shows of a row by itself. */
function face({ label, description, icon, context, spoken, open }: Row): string {
  return JSON.stringify([label, description, icon, context, spoken, open]);
}

const idsOf = (rows: readonly Row[]): string => JSON.stringify(rows.map((row) => row.id));

/** The topmost rows that are seen and differ; null when the rows of the first level are others than before. */
export function changedRows(
  before: readonly Row[],
  after: readonly Row[],
  isOpen: (row: Row) => boolean,
): readonly string[] | null {
  if (idsOf(before) !== idsOf(after)) return null;
  return after.flatMap((row, index) => {
    const was = before[index];
    if (was === undefined || face(was) !== face(row)) return [row.id];
    if (!isOpen(row)) return [];
    // A row whose children are others is asked for all of them.
    return changedRows(was.rows, row.rows, isOpen) ?? [row.id];
  });
}

/** Shows rows under their ids; the ids are VS Code's elements, so that they stay the same from one drawing to the next. */
export class Tree implements vscode.TreeDataProvider<string>, Disposable {
  readonly view: vscode.TreeView<string>;
  readonly onDidChangeTreeData: vscode.Event<string[] | undefined>;
  readonly #vs: typeof vscode;
  readonly #read: () => readonly Row[];
  readonly #changed: vscode.EventEmitter<string[] | undefined>;
  readonly #subscriptions: readonly vscode.Disposable[];
  /** Rows that the user opened or closed. */
  readonly #turned = new Map<string, boolean>();
  #roots: readonly Row[] = [];
  #rows: ReadonlyMap<string, Row> = new Map();

  constructor(vs: typeof vscode, id: string, read: () => readonly Row[]) {
    this.#vs = vs;
    this.#read = read;
    this.#changed = new vs.EventEmitter();
    this.onDidChangeTreeData = this.#changed.event;
    this.view = vs.window.createTreeView(id, { treeDataProvider: this });
    this.#subscriptions = [
      this.view.onDidChangeVisibility(() => this.refresh()),
      this.view.onDidExpandElement(({ element }) => this.#turn(element, true)),
      this.view.onDidCollapseElement(({ element }) => this.#turn(element, false)),
    ];
  }

  /** To be called whenever the rows may be others. Costs nothing while the view is not seen. */
  refresh(): void {
    if (!this.view.visible) return;
    const before = this.#roots;
    this.#load();
    const changed = changedRows(before, this.#roots, (row) => this.isOpen(row));
    if (changed === null) this.#changed.fire(undefined);
    else if (changed.length > 0) this.#changed.fire([...changed]);
  }

  /** Whether what is under a row can be seen. */
  isOpen({ id, open }: Pick<Row, "id" | "open">): boolean {
    return this.#turned.get(id) ?? open === true;
  }

  getChildren(id?: string): string[] {
    if (id === undefined) this.#load();
    const rows = id === undefined ? this.#roots : (this.#rows.get(id)?.rows ?? []);
    return rows.map((row) => row.id);
  }

  getTreeItem(id: string): vscode.TreeItem {
    const row = this.#rows.get(id);
    // VS Code may still ask for one that has just gone.
    if (row === undefined) return new this.#vs.TreeItem("");
    const { None, Expanded, Collapsed } = this.#vs.TreeItemCollapsibleState;
    const item = new this.#vs.TreeItem(row.label, row.open === null ? None : row.open ? Expanded : Collapsed);
    item.id = id;
    item.description = row.description;
    item.contextValue = row.context;
    item.accessibilityInformation = { label: row.spoken };
    if (row.icon !== null) {
      const color = row.icon.color === undefined ? undefined : new this.#vs.ThemeColor(row.icon.color);
      item.iconPath = new this.#vs.ThemeIcon(row.icon.name, color);
    }
    if (row.command !== undefined) {
      item.command = { command: row.command.id, title: row.command.title, arguments: [id] };
    }
    return item;
  }

  async resolveTreeItem(item: vscode.TreeItem, id: string): Promise<vscode.TreeItem> {
    const text = await this.#rows.get(id)?.explain?.();
    // No trust and no HTML: nothing in it is a link that runs a command.
    if (text !== undefined) item.tooltip = new this.#vs.MarkdownString(text, false);
    return item;
  }

  dispose(): void {
    for (const one of this.#subscriptions) one.dispose();
    this.view.dispose();
    this.#changed.dispose();
  }

  #turn(id: string, open: boolean): void {
    this.#turned.set(id, open);
    // While it was closed, what is under it was not followed.
    if (open) this.#changed.fire([id]);
  }

  #load(): void {
    this.#roots = this.#read();
    const rows = new Map<string, Row>();
    const add = (row: Row): void => {
      rows.set(row.id, row);
      row.rows.forEach(add);
    };
    this.#roots.forEach(add);
    this.#rows = rows;
  }
}
