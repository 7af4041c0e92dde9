/** Puts HTML together: whatever is not markup itself is escaped, so that no text of a notebook can become any. */

/** A piece of finished HTML. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What can stand in a template; null is nothing. */
export type Part = string | number | Markup | readonly Markup[] | null;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** What no document may hold, and what can make text look like another: controls but line breaks, and directions. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A text as HTML shows it literally. */
export function escaped(text: string): string {
  return text
    .replace(UNSEEN, (one) => (one === "\n" || one === "\t" ? one : "\uFFFD"))
    .replace(/[&<>"']/g, (one) => ENTITIES[one] ?? one);
}

/** A template of HTML whose gaps are escaped, in texts and in quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.reduce((text, string, index) => text + written(parts[index - 1] ?? null) + string));
}

function written(part: Part): string {
  if (part === null) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "string" || typeof part === "number") return escaped(String(part));
  return part.map(({ text }) => text).join("");
}
