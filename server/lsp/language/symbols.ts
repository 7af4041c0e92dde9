/** The outline of a `gorgon.yaml`: its rules, watches and queries by name. */
import { isMap, isNode } from "yaml";
import { type DocumentSymbol, type Range, SymbolKind } from "vscode-languageserver/node";
import { treeOf } from "../../config/yaml.ts";
import { keysAt, nodeAt, textAt } from "./tree.ts";

const LISTS = ["rules", "watches", "sql"] as const;
const MAX_ITEMS = 200;

/** Top-level keys, those that are lists with their items. */
export function symbolsOf(text: string, range: (from: number, to: number) => Range): DocumentSymbol[] {
  const tree = treeOf(text);
  if (tree === null) return [];
  const { document } = tree;
  const symbol = (name: string, detail: string, node: unknown, children: DocumentSymbol[]): DocumentSymbol[] => {
    if (!isNode(node) || name === "") return [];
    const [from = 0, to = 0] = node.range ?? [];
    const place = range(from, to);
    const kind = children.length > 0 ? SymbolKind.Array : SymbolKind.Object;
    return [{ name, detail, kind, range: place, selectionRange: range(from, from), children }];
  };
  return keysAt(document, []).flatMap((key) => {
    const list = LISTS.find((one) => one === key);
    const items = list === undefined ? [] : itemsOf(document, list);
    const children = items.flatMap((index) => {
      const at = (name: string) => textAt(document, [key, index, name]);
      const detail = at("metric") || at("path") || at("process") || at("pid") || at("connection");
      return symbol(at("title") || at("id"), detail, nodeAt(document, [key, index]), []);
    });
    return symbol(key, "", nodeAt(document, [key]), children);
  });
}

function itemsOf(document: Parameters<typeof nodeAt>[0], key: string): number[] {
  return Array.from({ length: MAX_ITEMS }, (_, index) => index).filter((index) =>
    isMap(nodeAt(document, [key, index])),
  );
}
