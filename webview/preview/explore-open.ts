/** Opens Explore's page in a browser, under the policy that the extension sets, without a server. Never shipped. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { BUNDLES } from "../../scripts/build.ts";
import type { ExplorePage } from "./explore-sample.ts";
import type { Theme } from "./themes.ts";

const root = path.resolve(import.meta.dirname, "../..");
/** A name that browsers trust like a page over TLS, so that the clipboard is there. Nothing listens. */
const ORIGIN = "http://localhost:9";
const NONCE = "preview";

/** The page's files, built as they ship. */
export type ExploreBundle = ReadonlyMap<string, string | Buffer>;

/** Builds the page in memory. */
export async function bundleExplore(): Promise<ExploreBundle> {
  const options = BUNDLES.find((one) => one.outdir === "dist/webview");
  if (options === undefined) throw new Error("scripts/build.ts has no bundle for dist/webview");
  const entryPoints = { explore: "webview/explore/solo.ts" };
  const { outputFiles } = await build({ ...options, entryPoints, absWorkingDir: root, write: false });
  const files = new Map<string, string | Buffer>(outputFiles.map((file) => [path.basename(file.path), file.text]));
  const icons = path.join(root, "node_modules/@vscode/codicons/dist");
  for (const file of ["codicon.css", "codicon.ttf"]) files.set(file, readFileSync(path.join(icons, file)));
  return files;
}

/** How the page is opened. */
export interface OpenOptions {
  readonly theme: Theme;
  readonly page?: Partial<ExplorePage>;
  /** The page's sentences by the English ones; absent: English. */
  readonly words?: Readonly<Record<string, string>>;
  /** A script that runs before the page's own. */
  readonly beforehand?: string;
  readonly viewport?: { readonly width: number; readonly height: number };
}

function documentOf(theme: Theme, page: ExplorePage, words: object): string {
  const policy = [
    "default-src 'none'",
    `style-src ${ORIGIN} 'nonce-${NONCE}'`,
    `script-src 'nonce-${NONCE}'`,
    `font-src ${ORIGIN}`,
    `img-src ${ORIGIN} data:`,
  ];
  const text = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">
<link rel="stylesheet" href="${ORIGIN}/codicon.css"><link rel="stylesheet" href="${ORIGIN}/explore.css">
<title>Explore</title></head><body><div id="app"></div>
<script type="application/json" id="words">${text(words)}</script>
<script nonce="${NONCE}">
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(event.effectiveDirective + " " + event.blockedURI);
});
for (const [name, value] of Object.entries(${text(theme.variables)})) document.documentElement.style.setProperty(name, value);
document.body.className = ${text(theme.bodyClass)};
window.explorePage = ${text(page)};
</script>
<script nonce="${NONCE}" src="${ORIGIN}/explore.js"></script></body></html>`;
}

/** Opens it; the caller closes it. */
export async function openExplore(browser: Browser, bundle: ExploreBundle, options: OpenOptions): Promise<Page> {
  const context = await browser.newContext({
    viewport: options.viewport ?? { width: 1280, height: 800 },
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  if (options.beforehand !== undefined) await page.addInitScript(options.beforehand);
  page.on("close", () => {
    // With the browser itself closed it is gone already.
    context.close().catch(() => undefined);
  });
  const told: ExplorePage = { state: null, sample: {}, frozenAt: null, everyMs: 0, mayAct: true, ...options.page };
  const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".css": "text/css", ".ttf": "font/ttf" };
  await page.route(`${ORIGIN}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    const body =
      pathname === "/" ? documentOf(options.theme, told, options.words ?? {}) : bundle.get(path.basename(pathname));
    const contentType = types[path.extname(pathname)] ?? "text/html; charset=utf-8";
    if (body === undefined) await route.fulfill({ status: 204 });
    else await route.fulfill({ body, contentType });
  });
  await page.goto(`${ORIGIN}/`);
  return page;
}
