/** Builds dist/: the extension and worker (CommonJS), the webview (IIFE), the library (ES module) and its types. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build, type BuildOptions } from "esbuild";
import { leanCharts } from "./lean-charts.ts";

const root = path.dirname(import.meta.dirname);
const out = path.join(root, "dist");

const pkg = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { version: string };

const shared: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "none",
  logLevel: "warning",
  define: { GORGON_VERSION: JSON.stringify(pkg.version) },
};

const node: BuildOptions = {
  ...shared,
  // CommonJS knows its folder by another name.
  define: { ...shared.define, "import.meta.dirname": "__dirname" },
  platform: "node",
  target: "node22",
  format: "cjs",
};

/** Every bundle, by name. The language client is a file of its own because it is loaded lazily. */
export const BUNDLES: readonly BuildOptions[] = [
  {
    ...node,
    entryPoints: { extension: "extension/extension.ts" },
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    // The client's file stands beside the extension's at run time.
    external: ["vscode", "./client.cjs"],
  },
  {
    ...node,
    entryPoints: { client: "extension/worker/client.ts" },
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    external: ["vscode"],
  },
  {
    ...node,
    entryPoints: { worker: "server/main.ts" },
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    // Optional on macOS only, for temperatures; never needed.
    external: ["osx-temperature-sensor"],
  },
  {
    ...shared,
    platform: "browser",
    target: "es2022",
    format: "iife",
    entryPoints: { dashboard: "webview/main.ts" },
    outdir: "dist/webview",
    loader: { ".css": "css", ".ttf": "file" },
    plugins: [leanCharts],
  },
  {
    ...shared,
    platform: "node",
    target: "node22",
    format: "esm",
    minify: false,
    entryPoints: { index: "server/index.ts" },
    outdir: "dist",
    packages: "external",
  },
];

/** Builds everything into dist/. Throws when a bundle fails. */
export async function buildAll(): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(path.join(out, "webview"), { recursive: true });
  await Promise.all(BUNDLES.map((options) => build(options)));
  const icons = path.join(root, "node_modules/@vscode/codicons/dist");
  for (const file of ["codicon.css", "codicon.ttf"]) cpSync(path.join(icons, file), path.join(out, "webview", file));
  const types = spawnSync(
    process.execPath,
    [path.join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.types.json"],
    { cwd: root, stdio: "inherit" },
  );
  if (types.status !== 0) throw new Error("The library's type declarations do not compile.");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const began = performance.now();
  await buildAll();
  for (const file of ["extension.cjs", "client.cjs", "worker.cjs", "webview/dashboard.js", "index.js"]) {
    const full = path.join(out, file);
    if (existsSync(full)) console.log(`dist/${file}  ${(statSync(full).size / 1000).toFixed(0)} kB`);
  }
  console.log(`Built in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
}
