/** Texts for people in package.json: each has a key there, and its English in package.nls.json. */

/** A text under its key. */
export class Said {
  readonly key: string;
  readonly english: string;
  constructor(key: string, text: string) {
    this.key = key;
    this.english = text;
  }
}

/** A text of the manifest. The key stays when the text changes: translations go by it. */
export function said(key: string, text: string): Said {
  return new Said(key, text);
}

/** The tree with every text in English. */
export function english(tree: unknown): unknown {
  return mapped(tree, (one) => one.english);
}

/** The tree as package.json has it. */
export function keyed(tree: unknown): unknown {
  return mapped(tree, (one) => `%${one.key}%`);
}

/** The English texts by key. Throws where one key has two texts. */
export function sentences(tree: unknown): Readonly<Record<string, string>> {
  const found = new Map<string, string>();
  mapped(tree, ({ key, english: text }) => {
    if ((found.get(key) ?? text) !== text) throw new Error(`${key} has two texts. Give one of them another key.`);
    found.set(key, text);
    return text;
  });
  return Object.fromEntries(found);
}

function mapped(tree: unknown, put: (one: Said) => string): unknown {
  if (tree instanceof Said) return put(tree);
  if (Array.isArray(tree)) return tree.map((one: unknown) => mapped(one, put));
  if (typeof tree !== "object" || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, mapped(value, put)]));
}
