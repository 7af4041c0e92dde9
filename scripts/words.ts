/** Finds every sentence that the code marks for translation, and makes a language that nobody speaks out of them. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

/** Where sentences for people come from. */
const FOLDERS = ["extension", "webview", "server", "protocol", "jupyter/src"] as const;
const MODULE = "@vscode/l10n";

/** A call of `t` that cannot be translated, and why. */
export interface Fault {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

/** What was found. */
export interface Words {
  /** Each English sentence once, in alphabetical order. */
  readonly messages: readonly string[];
  readonly faults: readonly Fault[];
}

/** Reads every source file below `root` that can say something to people. */
export function wordsIn(root: string): Words {
  const messages = new Set<string>();
  const faults: Fault[] = [];
  for (const folder of FOLDERS) {
    const files = readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" });
    for (const name of files.sort()) {
      if (!name.endsWith(".ts") || /\.(test|d)\.ts$/.test(name) || name.split(path.sep).includes("preview")) continue;
      const file = path.join(folder, name);
      const found = wordsOf(file, readFileSync(path.join(root, file), "utf8"));
      for (const message of found.messages) messages.add(message);
      faults.push(...found.faults);
    }
  }
  return { messages: [...messages].sort(), faults };
}

/** The sentences of one file. */
export function wordsOf(file: string, text: string): Words {
  if (!text.includes(MODULE)) return { messages: [], faults: [] };
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const names = importedNames(source);
  const messages: string[] = [];
  const faults: Fault[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && names.has(node.expression.text)) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      const message = constantText(node.arguments[0]);
      if (message === null) faults.push({ file, line, reason: "its first argument must be a text as it stands" });
      else messages.push(message);
      if (!insideFunction(node)) faults.push({ file, line, reason: "it runs before the language is known" });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { messages, faults };
}

/** Under which names the file calls `t`. */
function importedNames(source: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    if (statement.moduleSpecifier.text !== MODULE) continue;
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) continue;
    for (const one of bindings.elements) if ((one.propertyName ?? one.name).text === "t") names.add(one.name.text);
  }
  return names;
}

/** A literal, or literals joined by `+`. */
function constantText(node: ts.Expression | undefined): string | null {
  if (node === undefined) return null;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isParenthesizedExpression(node)) return constantText(node.expression);
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return null;
  const left = constantText(node.left);
  const right = constantText(node.right);
  return left === null || right === null ? null : left + right;
}

function insideFunction(node: ts.Node): boolean {
  for (let one = node.parent; !ts.isSourceFile(one); one = one.parent) if (ts.isFunctionLike(one)) return true;
  return false;
}

/** The placeholders of a sentence, sorted: a translation must have the same. */
export function placeholders(message: string): readonly string[] {
  return [...message.matchAll(/\{[^{}]*\}/g)].map(([found]) => found).sort();
}

/** What every sentence of the invented language begins and ends with. */
export const PSEUDO_MARKS = ["⟦", "⟧"] as const;

const ACCENTED: Readonly<Record<string, string>> = {
  a: "á",
  e: "é",
  i: "í",
  o: "ó",
  u: "ú",
  A: "Á",
  E: "É",
  I: "Í",
  O: "Ó",
  U: "Ú",
};

/** What a longer sentence is filled up with: words that may be wrapped. */
const PADDING = "~~~~ ";

/**
 * The sentence as one who reads English would still know it; placeholders stay. `longer`: by which share of its letters,
 * 0.3 is what translations into other European languages take.
 */
export function pseudo(message: string, longer = 0): string {
  const parts = message.split(/(\{[^{}]*\})/);
  const changed = parts.map((part, index) =>
    index % 2 === 1 ? part : part.replace(/[aeiouAEIOU]/g, (c) => ACCENTED[c] ?? c),
  );
  const letters = parts.reduce((sum, part, index) => sum + (index % 2 === 1 ? 0 : part.length), 0);
  const more = Math.ceil(letters * longer);
  const padding = PADDING.repeat(Math.ceil(more / PADDING.length))
    .slice(0, more)
    .trimEnd();
  return PSEUDO_MARKS[0] + changed.join("") + (padding === "" ? "" : ` ${padding}`) + PSEUDO_MARKS[1];
}

/** Runs of letters that stand outside of every sentence of the invented language; an open sentence is named as such. */
export function strays(text: string): readonly string[] {
  const [open, close] = PSEUDO_MARKS;
  let depth = 0;
  let outside = "";
  for (const char of text) {
    if (char === open) depth += 1;
    if (depth === 0) outside += char;
    if (char === close) depth -= 1;
    if (depth === 0 && char === close) outside += " ";
  }
  const words = outside.match(/[\p{L}\d][\p{L}\p{M}\d_.'-]*/gu) ?? [];
  return [...words.filter((word) => /\p{L}/u.test(word)), ...(depth === 0 ? [] : ["(a sentence is cut off)"])];
}

/** The invented language's bundle; `longer` as for `pseudo`. */
export function pseudoBundle(messages: readonly string[], longer = 0): Record<string, string> {
  return Object.fromEntries(messages.map((message) => [message, pseudo(message, longer)]));
}
