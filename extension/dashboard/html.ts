/** The dashboard's document: an empty page with a strict policy; the script draws the rest. */
import { randomBytes } from "node:crypto";

/** Addresses as the webview sees them. */
export interface PageResources {
  readonly cspSource: string;
  readonly script: string;
  readonly styles: readonly string[];
  readonly language: string;
  /** The page's sentences in that language by the English ones. Absent: they are said in English. */
  readonly words?: Readonly<Record<string, string>>;
}

/** A nonce for one document. */
export function createNonce(): string {
  return randomBytes(18).toString("base64url");
}

function attribute(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${String(char.charCodeAt(0))};`);
}

/** JSON as a script's text: nothing in it ends the element or begins a comment. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/**
 * Scripts run with the nonce only, nothing is fetched, nothing is embedded. Style sheets come from our folder or
 * carry the nonce; those that a script constructs are not subject to the policy.
 */
export function dashboardHtml(resources: PageResources, nonce: string): string {
  const { cspSource, script, styles, language, words = {} } = resources;
  const policy = [
    "default-src 'none'",
    `img-src ${cspSource} data:`,
    `font-src ${cspSource}`,
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const links = styles.map((href) => `    <link rel="stylesheet" nonce="${nonce}" href="${attribute(href)}">`);
  return `<!DOCTYPE html>
<html lang="${attribute(language)}">
  <head>
    <meta charset="UTF-8">
    <meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Gorgon</title>
${links.join("\n")}
  </head>
  <body>
    <div id="app"></div>
    <script nonce="${nonce}" type="application/json" id="words">${json(words)}</script>
    <script nonce="${nonce}" src="${attribute(script)}"></script>
  </body>
</html>
`;
}
