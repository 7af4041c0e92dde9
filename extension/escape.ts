/** Makes text from outside (host names, mount points, paths, reasons) harmless on each of VS Code's surfaces. */

/** Control characters, and the invisible ones that reorder text. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** One line of visible text, at most `most` characters. */
export function plain(text: string, most = 300): string {
  const line = text.replace(INVISIBLE, " ").trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** Text in a MarkdownString, table cells included: no markup, links, HTML or theme icons come of it. */
export function markdown(text: string, most = 300): string {
  return (
    plain(text, most)
      // VS Code looks for theme icons after the markup is rendered, so a literal backslash has to arrive there.
      .replace(/\$\((?=[\w~-]+\))/g, "\\$(")
      // CommonMark lets every ASCII punctuation mark be escaped.
      .replace(/[!-/:-@[-`{-~]/g, "\\$&")
  );
}

/** Text in a notification, where VS Code makes links of `[label](target)`. */
export function notification(text: string, most = 300): string {
  return plain(text, most).replaceAll("](", "] (");
}

/** Text in the status bar, where VS Code makes icons of `$(name)`. */
export function statusText(text: string, most = 40): string {
  return plain(text, most).replaceAll("$(", "$ (");
}

/** Text in a Markdown document that is read as source: only what would become a link, HTML or code is escaped. */
export function document(text: string): string {
  return plain(text, 2000).replace(/[\\<`[\]|]/g, "\\$&");
}

/** Text in HTML, attributes included. */
export function html(text: string, most = 2000): string {
  return plain(text, most).replace(/[&<>"']/g, (char) => `&#${String(char.charCodeAt(0))};`);
}
