/** Finds aliases that lead nowhere, that contain themselves, or that together stand for more than a file may hold. */
import { t } from "@vscode/l10n";
import { isAlias, isMap, isNode, isSeq, type Document, type Node } from "yaml";

/** Values that aliases may stand for, all in all. Some dozens save typing; thousands are an attack. */
export const MAX_EXPANDED = 10_000;

/** What is wrong, between two offsets of the text. */
export interface AliasFault {
  readonly reason: string;
  readonly from: number;
  readonly to: number;
}

/** Every fault, but of those that stand for too much only the first. The depth of the document is bounded by its parser. */
export function aliasFaults(document: Document.Parsed): readonly AliasFault[] {
  const faults: AliasFault[] = [];
  const anchors = new Map<string, Node>();
  const sizes = new Map<Node, number>();
  let expanded = 0;

  const fault = (node: Node, reason: string): void => {
    const [from = 0, to = 0] = node.range ?? [];
    faults.push({ reason, from, to });
  };
  /** How many values a node stands for, its aliases counted in full. */
  const sizeOf = (node: unknown): number => {
    if (!isNode(node)) return 1;
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      const name = node.source.slice(0, 80);
      if (target === undefined) {
        fault(node, t("there is no anchor &{0} before this alias", name));
        return 1;
      }
      const size = sizes.get(target);
      if (size === undefined) {
        fault(node, t("this alias is part of its own anchor &{0}: it would go on for ever", name));
        return 1;
      }
      const before = expanded;
      expanded = Math.min(expanded + size, MAX_EXPANDED + 1);
      if (before <= MAX_EXPANDED && expanded > MAX_EXPANDED) {
        fault(node, t("the aliases up to here stand for more than {0} values", MAX_EXPANDED));
      }
      return size;
    }
    if (node.anchor !== undefined) {
      anchors.set(node.anchor, node);
      sizes.delete(node);
    }
    let size = 1;
    if (isMap(node)) for (const { key, value } of node.items) size += sizeOf(key) + sizeOf(value);
    if (isSeq(node)) for (const item of node.items) size += sizeOf(item);
    size = Math.min(size, MAX_EXPANDED + 1);
    if (node.anchor !== undefined) sizes.set(node, size);
    return size;
  };
  sizeOf(document.contents);
  return faults;
}
