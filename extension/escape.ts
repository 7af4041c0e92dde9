/** Makes text from outside (host names, mount points, paths, reasons) harmless on each of VS Code's surfaces. */

import { plain } from "../protocol/plain.ts";

export { plain };

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
