/** Serves the bundle on a loopback port under exactly the policy that the extension sets. For preview and tests only. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import path from "node:path";
import { build } from "esbuild";
import { BUNDLES } from "../../scripts/build.ts";
import type { Theme } from "./themes.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** A page that can be opened, until closed. */
export interface Served {
  /** `host=browser` in its query leaves VS Code's API out. */
  readonly url: string;
  /** Bytes of the page's script, minified. */
  readonly bundleBytes: number;
  close(): Promise<void>;
}

/** What a document is made of. */
export interface PageResources {
  readonly cspSource: string;
  readonly script: string;
  readonly styles: readonly string[];
  readonly language: string;
  /** The page's sentences by the English ones; empty: English. */
  readonly words: Readonly<Record<string, string>>;
}

/** Makes the document, as the extension does. */
export type Document = (resources: PageResources, nonce: string) => string;

/** The document of the preview, with the extension's policy; the tests use the extension's own. */
const previewDocument: Document = ({ cspSource, script, styles, language, words }, nonce) => {
  const policy = [
    "default-src 'none'",
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    `font-src ${cspSource}`,
    `img-src ${cspSource} data:`,
  ];
  return `<!DOCTYPE html><html lang="${language}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">
<meta name="viewport" content="width=device-width, initial-scale=1">
${styles.map((href) => `<link rel="stylesheet" href="${href}">`).join("")}
<title>Gorgon</title></head><body><div id="app"></div>
<script type="application/json" id="words">${JSON.stringify(words).replaceAll("<", "\\u003c")}</script>
<script nonce="${nonce}" src="${script}"></script></body></html>`;
};

/** Builds the dashboard's bundle in memory, with the options it ships with. */
async function bundle(): Promise<Map<string, Uint8Array>> {
  const options = BUNDLES.find((one) => one.outdir === "dist/webview");
  if (options === undefined) throw new Error("scripts/build.ts has no bundle for dist/webview");
  const { outputFiles } = await build({ ...options, absWorkingDir: root, write: false });
  return new Map(outputFiles.map((file) => [path.basename(file.path), file.contents]));
}

/** What VS Code does before a webview's own scripts run: theme, API, and, for the tests, a log of violations. */
function shell(theme: Theme, inEditor: boolean, state: unknown): string {
  // What `window.answers` has for a question is its answer: `{"settings": [...]}`, or `{"settings": {"refuse": "why"}}`.
  const post = `(message) => {
      window.posted.push(message);
      const result = message.type === "question" ? window.answers?.[message.question.ask] : undefined;
      if (result === undefined) return;
      const told = result?.refuse === undefined ? { ok: true, result } : { ok: false, reason: result.refuse };
      setTimeout(() => window.postMessage({ type: "answer", id: message.id, ...told }, "*"));
    }`;
  const api = `
    let state = ${JSON.stringify(state).replaceAll("<", "\\u003c")};
    window.acquireVsCodeApi = () => ({
      postMessage: ${post},
      getState: () => state,
      setState: (next) => { state = next; window.savedState = next; },
    });`;
  return `
    window.posted = []; window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
      window.violations.push(event.effectiveDirective + " " + event.blockedURI + " " + event.sample);
    });
    ${inEditor ? api : `window.gorgonHost = { post: ${post} };`}
    window.applyTheme = (theme) => {
      document.documentElement.removeAttribute("style");
      for (const [name, value] of Object.entries(theme.variables)) document.documentElement.style.setProperty(name, value);
      document.body.className = theme.bodyClass;
      document.body.dataset.vscodeThemeKind = theme.kind;
    };
    ${inEditor ? `window.applyTheme(${JSON.stringify(theme)});` : ""}`;
}

/** The pages that there are, by the names of their files. */
export type PageName = "dashboard" | "costly";

/** Builds and serves. `?range=60&tab=alerts` in the page's query is what VS Code would give back as remembered. */
export async function serveDashboard(
  theme: Theme,
  html: Document = previewDocument,
  words: PageResources["words"] = {},
  name: PageName = "dashboard",
): Promise<Served> {
  const files = await bundle();
  const icons = path.join(root, "node_modules/@vscode/codicons/dist");
  for (const file of ["codicon.css", "codicon.ttf"]) files.set(file, readFileSync(path.join(icons, file)));
  let origin = "";
  const page = (inEditor: boolean, state: unknown): string => {
    const nonce = randomBytes(16).toString("base64url");
    const styles = [`${origin}/codicon.css`, `${origin}/${name}.css`];
    const script = `${origin}/${name}.js`;
    const document = html({ cspSource: origin, script, styles, language: "en", words }, nonce);
    // VS Code's own script runs before the page's.
    const first = `<script nonce="${nonce}">${shell(theme, inEditor, state)}</script>`;
    return document.replace("<script", () => `${first}<script`);
  };
  const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".css": "text/css", ".ttf": "font/ttf" };
  const server: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    const file = files.get(path.basename(pathname));
    if (pathname === "/") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      const remembered = { range: Number(searchParams.get("range") ?? 0), tab: searchParams.get("tab") };
      const any = searchParams.has("range") || searchParams.has("tab");
      response.end(page(searchParams.get("host") !== "browser", any ? remembered : null));
    } else if (file !== undefined) {
      response.writeHead(200, { "content-type": types[path.extname(pathname)] ?? "application/octet-stream" });
      response.end(file);
    } else {
      // The browser asks for an icon by itself; there is none.
      response.writeHead(pathname === "/favicon.ico" ? 204 : 404).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The preview server has no port.");
  origin = `http://127.0.0.1:${String(address.port)}`;
  return {
    url: `${origin}/`,
    bundleBytes: files.get(`${name}.js`)?.length ?? 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
