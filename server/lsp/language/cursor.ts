/** What a cursor in an unfinished `gorgon.yaml` is about to write: a key of which map, or the value of which key. */
import type { Document } from "yaml";
import type { ValuePath } from "../../config/problem.ts";
import { treeOf } from "../../config/yaml.ts";
import { findScalar } from "./tree.ts";

/** A word that nobody writes. It takes the cursor's place, so that the parser tells where it stands. */
const MARK = "gorgon-cursor-a9f3";

/** Where the cursor is. Offsets are into the text. */
export interface Cursor {
  /** A key of the map at `path`, or the value at `path`. */
  readonly part: "key" | "value";
  readonly path: ValuePath;
  /** What would be replaced. */
  readonly from: number;
  readonly to: number;
  /** Whether a colon follows already. */
  readonly hasColon: boolean;
  /** The document with the mark in the cursor's place. */
  readonly document: Document.Parsed;
}

interface Token {
  readonly part: "key" | "value";
  /** Where it begins, into the line. */
  readonly start: number;
  readonly inFlow: boolean;
}

/** Null: in a comment, or nowhere that a key or value could stand. */
export function cursorAt(text: string, offset: number): Cursor | null {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const token = tokenAt(text.slice(lineStart, offset));
  if (token === null) return null;
  const from = lineStart + token.start;
  const rest = /^[^\r\n]*/.exec(text.slice(from))?.[0] ?? "";
  const end = (
    token.part === "key"
      ? /^[\w.*/-]*/
      : token.inFlow
        ? /^("[^"]*"?|'[^']*'?|[^,}\]#]*)/
        : /^("[^"]*"?|'[^']*'?|.*?(?=\s#|$))/
  ).exec(rest);
  const to = Math.max(offset, from + (end?.[0] ?? "").trimEnd().length);
  const after = text.slice(to);
  const hasColon = /^[ \t]*:/.test(after);
  const space = text[from - 1] === ":" ? " " : "";
  const filler = token.part === "key" && !hasColon ? `${MARK}: 0` : `${space}${MARK}`;
  const tree = treeOf(text.slice(0, from) + filler + after);
  if (tree === null) return null;
  const spot = findScalar(tree.document, (node) => node.value === MARK);
  return spot === null ? null : { part: spot.part, path: spot.path, from, to, hasColon, document: tree.document };
}

/** The beginning of the word at the end of a line's first part. Null in a comment. */
function tokenAt(line: string): Token | null {
  let start = /^\s*(-\s+)*/.exec(line)?.[0].length ?? 0;
  let part: Token["part"] = "key";
  const flow: ("{" | "[")[] = [];
  let quote = "";
  for (let at = start; at < line.length; at++) {
    const sign = line.charAt(at);
    const next = line.charAt(at + 1);
    const atStart = line.slice(start, at).trim() === "";
    if (quote !== "") {
      if (sign === quote) quote = "";
    } else if ((sign === '"' || sign === "'") && atStart) quote = sign;
    else if (sign === "#" && /^\s?$/.test(line.charAt(at - 1))) return null;
    else if (sign === "{" || sign === "[") {
      if (!atStart) continue;
      flow.push(sign);
      [part, start] = [sign === "{" ? "key" : "value", at + 1];
    } else if (sign === "}" || sign === "]") flow.pop();
    else if (sign === "," && flow.length > 0) [part, start] = [flow.at(-1) === "{" ? "key" : "value", at + 1];
    else if (sign === ":" && part === "key" && /^\s?$/.test(next)) [part, start] = ["value", at + 1];
  }
  start += /^\s*/.exec(line.slice(start))?.[0].length ?? 0;
  return { part, start, inFlow: flow.length > 0 };
}
