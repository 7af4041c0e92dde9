/** Where a scalar stands in the tree of a `gorgon.yaml`, and the texts around it. */
import { isAlias, isMap, isPair, isScalar, isSeq, visit, type Document, type Node, type Scalar } from "yaml";
import type { Attributes } from "../../../protocol/reading.ts";
import type { ValuePath } from "../../config/problem.ts";

/** A scalar and the way to it. For a key, the path is that of the map in which it stands. */
export interface Spot {
  readonly node: Scalar;
  readonly part: "key" | "value";
  readonly path: ValuePath;
}

/** The scalar that `wanted` picks; the first of several. */
export function findScalar(document: Document.Parsed, wanted: (node: Scalar) => boolean): Spot | null {
  let found: Spot | null = null;
  visit(document, {
    Scalar: (key, node, ancestors) => {
      if (!wanted(node)) return undefined;
      found = { node, part: key === "key" ? "key" : "value", path: pathOf(ancestors, node, key === "key") };
      return visit.BREAK;
    },
  });
  return found;
}

function pathOf(ancestors: readonly unknown[], node: Node, isKey: boolean): ValuePath {
  const chain = [...ancestors, node];
  return chain.flatMap((one, index): (string | number)[] => {
    const next = chain[index + 1];
    if (isSeq(one)) return [one.items.indexOf(next)];
    // The pair of the key itself leads nowhere further.
    if (!isPair(one) || (isKey && index === chain.length - 2)) return [];
    return [isScalar(one.key) ? String(one.key.value) : ""];
  });
}

/** The node at a path; undefined where nothing is. */
export function nodeAt(document: Document.Parsed, path: ValuePath): unknown {
  let node: unknown = document.contents;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isSeq(node)) node = typeof step === "number" ? node.items[step] : undefined;
    else if (isMap(node)) node = node.items.find(({ key }) => isScalar(key) && String(key.value) === step)?.value;
    else return undefined;
  }
  return isAlias(node) ? node.resolve(document) : node;
}

/** The keys of the map at a path. */
export function keysAt(document: Document.Parsed, path: ValuePath): readonly string[] {
  const node = nodeAt(document, path);
  return isMap(node) ? node.items.map(({ key }) => (isScalar(key) ? String(key.value) : "")) : [];
}

/** The scalar at a path as text; empty where none is. */
export function textAt(document: Document.Parsed, path: ValuePath): string {
  const node = nodeAt(document, path);
  const value: unknown = isScalar(node) ? node.value : null;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** The map of texts at a path. */
export function textsAt(document: Document.Parsed, path: ValuePath): Attributes {
  return Object.fromEntries(keysAt(document, path).map((key) => [key, textAt(document, [...path, key])]));
}
