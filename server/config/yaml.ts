/** Parses the text of a `gorgon.yaml`, bounded in every way: size, depth, pieces, aliases; and knows what stands where. */
import { t } from "@vscode/l10n";
import {
  Composer,
  Lexer,
  LineCounter,
  Parser,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Document,
  type CST,
  type Node,
} from "yaml";
import type { TextRange } from "../../protocol/state.ts";
import { aliasFaults } from "./yaml-aliases.ts";
import type { Place } from "./problem.ts";

/** A configuration file is text written by hand; more than this is a mistake. */
export const MAX_FILE_BYTES = 1024 * 1024;
/** What people write nests six deep; a collection takes up to two of these steps. */
export const MAX_DEPTH = 64;
/** A full file (100 rules, 50 watches) has some 20,000: words, signs, spaces, line ends. */
export const MAX_PIECES = 50_000;
/** More mistakes than anybody reads at once. */
export const MAX_FAULTS = 20;

/** What YAML does not allow, and its parser lets pass. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\uFFFE\uFFFF]/;

/** What makes a text unusable, and where. */
export interface YamlFault {
  readonly reason: string;
  readonly range: TextRange;
}

/** What became of a text. */
export type ParsedYaml =
  | {
      readonly status: "read";
      readonly root: ReadonlyMap<unknown, unknown>;
      /** The text at a place; of what is not there, the innermost that is around it. */
      readonly locate: (place: Place) => TextRange;
    }
  | { readonly status: "broken"; readonly faults: readonly [YamlFault, ...YamlFault[]] };

/** A text refused before it is read to its end. */
class TooMuch extends Error {
  override readonly name = "TooMuch";
  readonly offset: number;
  constructor(reason: string, offset: number) {
    super(reason);
    this.offset = offset;
  }
}

/** A parsed text with its offsets; for what wants the tree itself. */
export interface YamlTree {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/** The tree of a text, mistakes and all. Null: it is too large or too deep to be looked at. */
export function treeOf(text: string): YamlTree | null {
  try {
    return compose(text, new LineCounter());
  } catch {
    return null;
  }
}

/** Parses a text. Never throws. */
export function parseYaml(text: string): ParsedYaml {
  const lines = new LineCounter();
  const broken = (faults: readonly { reason: string; from: number; to: number }[]): ParsedYaml => {
    const [first, ...rest] = faults
      .slice(0, MAX_FAULTS)
      .map(({ reason, from, to }) => ({ reason, range: rangeOf(lines, from, to) }));
    return first === undefined
      ? broken([{ reason: t("it cannot be read"), from: 0, to: 0 }])
      : { status: "broken", faults: [first, ...rest] };
  };
  if (text.length > MAX_FILE_BYTES) return broken([{ reason: tooBig(), from: 0, to: 0 }]);
  const control = CONTROL.exec(text);
  if (control !== null) {
    lines.addNewLine(0);
    for (let at = text.indexOf("\n"); at >= 0 && at < control.index; at = text.indexOf("\n", at + 1))
      lines.addNewLine(at + 1);
    const code = `U+${control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    return broken([
      {
        reason: t("the control character {0} cannot stand in YAML: remove it", code),
        from: control.index,
        to: control.index + 1,
      },
    ]);
  }
  try {
    const { document } = compose(text, lines);
    // An unknown tag is only a warning to the parser, but its value would not be what was meant.
    const wrong = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
      reason: message,
      from: pos[0],
      to: pos[1],
    }));
    if (wrong.length > 0) return broken(wrong);
    const faults = [...duplicates(document), ...aliasFaults(document)];
    if (faults.length > 0) return broken(faults.sort((one, other) => one.from - other.from));
    // Maps, because a key called __proto__ must stay a key. The aliases were counted.
    const root: unknown = document.toJS({ mapAsMap: true, maxAliasCount: -1 });
    const locate = (place: Place) => locateIn(document, lines, place);
    if (root === null || root === undefined) return { status: "read", root: new Map(), locate };
    if (root instanceof Map) return { status: "read", root, locate };
    return broken([{ reason: t("the file must hold keys with values, like interval: 2s"), from: 0, to: 1 }]);
  } catch (error) {
    const offset = error instanceof TooMuch ? error.offset : 0;
    return broken([{ reason: error instanceof Error ? error.message : String(error), from: offset, to: offset + 1 }]);
  }
}

/** Why a file or a text is refused unread. */
export function tooBig(): string {
  return t("it is larger than 1 MiB, which no configuration is");
}

/** Composing calls itself for each level and compares keys with one another: depth and number are looked at before. */
function compose(text: string, lines: LineCounter): YamlTree {
  if (text.length > MAX_FILE_BYTES) throw new TooMuch(tooBig(), 0);
  const parser = new Parser((offset) => lines.addNewLine(offset));
  lines.addNewLine(0);
  const tokens: CST.Token[] = [];
  let pieces = 0;
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (++pieces > MAX_PIECES) throw new TooMuch(t("it holds more than any configuration does"), parser.offset);
    if (parser.stack.length > MAX_DEPTH) throw new TooMuch(t("it is nested too deeply"), parser.offset);
  }
  tokens.push(...parser.end());
  // Keys are compared by `duplicates`: the composer would compare each with each.
  const composer = new Composer({ merge: false, uniqueKeys: false, prettyErrors: false });
  let document: Document.Parsed | null = null;
  for (const found of composer.compose(tokens, true, text.length)) {
    if (document === null) {
      document = found;
      continue;
    }
    throw new TooMuch(t("it holds several documents (---), and only one can count"), found.range[0]);
  }
  if (document === null) throw new TooMuch(t("it cannot be read"), 0);
  return { document, lines };
}

function rangeOf(lines: LineCounter, from: number, to: number): TextRange {
  const at = (offset: number) => (lines.lineStarts.length === 0 ? { line: 1, col: offset + 1 } : lines.linePos(offset));
  const start = at(from);
  const end = at(Math.max(to, from));
  return { line: start.line, column: start.col, endLine: end.line, endColumn: end.col };
}

function* duplicates(document: Document.Parsed): Generator<{ reason: string; from: number; to: number }> {
  const waiting: unknown[] = [document.contents];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (isSeq(node)) waiting.push(...node.items);
    if (!isMap(node)) continue;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      waiting.push(key, value);
      if (!isScalar(key)) continue;
      const name = String(key.value);
      const [from = 0, to = 0] = key.range ?? [];
      if (seen.has(name))
        yield { reason: t("the key {0} stands here twice; keys must be unique", name.slice(0, 80)), from, to };
      seen.add(name);
    }
  }
}

/** Of a collection, its first line: nobody wants a whole block underlined. */
export function nodeRange(lines: LineCounter, node: Node): TextRange {
  const [from, to] = node.range ?? [0, 0];
  if (!isCollection(node)) return rangeOf(lines, from, to);
  const { line } = lines.linePos(from);
  const nextLine = lines.lineStarts[line] ?? Infinity;
  return rangeOf(lines, from, Math.min(to, nextLine - 1));
}

/** The item of a list that has this id; of several the last, for it is the one that is refused. */
function namedIn(items: readonly unknown[], id: string): unknown {
  return items.findLast((item) => isMap(item) && String(item.get("id")) === id);
}

function locateIn(document: Document.Parsed, lines: LineCounter, { path, part }: Place): TextRange {
  let node: unknown = document.contents;
  let around: Node | null = null;
  for (const [index, step] of path.entries()) {
    const here: unknown = isAlias(node) ? node.resolve(document) : node;
    let next: unknown;
    if (isMap(here)) {
      const pair = here.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      const last = index === path.length - 1;
      if (isPair(pair) && isNode(pair.key) && (pair.value === null || (last && part === "key")))
        return nodeRange(lines, pair.key);
      next = pair?.value;
    } else if (isSeq(here)) next = typeof step === "number" ? here.items[step] : namedIn(here.items, step);
    if (!isNode(next)) break;
    around = next;
    node = next;
  }
  if (around === null) return rangeOf(lines, 0, 1);
  return nodeRange(lines, around);
}
