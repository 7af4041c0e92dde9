// Builds the front end for JupyterLab 4 and Notebook 7 into gorgon/labextension: needs Node and what `npm ci` installs here, no Python.
// Plain JavaScript, because pip runs it on the Node that is there.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const lib = path.join(here, "lib");
const webview = path.join(here, "..", "webview");

/** JupyterLab gives these to all extensions of a page: one copy each. */
const SHARED = ["@jupyterlab/*", "@lumino/*"];

/** The styles of the shared pages hold for Gorgon's own panels alone: here others' widgets stand on the same page. */
const scoped = {
  name: "scoped",
  setup: (setup) => {
    setup.onLoad({ filter: /\.css$/ }, ({ path: file }) => {
      if (!file.startsWith(webview + path.sep)) return null;
      return { contents: `.jp-Gorgon {\n${readFileSync(file, "utf8")}\n}\n`, loader: "css" };
    });
  },
};

/** The translations of all faces stay outside: this one gets its own share of them. */
const translations = {
  name: "translations",
  setup: (setup) => {
    setup.onResolve({ filter: /\/l10n\/bundle\.l10n\.\w+\.json$/ }, ({ path: file }) => ({
      path: `./${path.basename(file, ".json")}.js`,
      external: true,
    }));
  },
};

rmSync(lib, { recursive: true, force: true });
await build({
  absWorkingDir: here,
  entryPoints: { index: "src/index.ts", style: "style/index.css" },
  outdir: "lib",
  bundle: true,
  charset: "utf8",
  format: "esm",
  target: "es2022",
  external: SHARED,
  // What is shared lies outside of this folder, and nothing is installed there.
  alias: { "@vscode/l10n": path.join(here, "node_modules", "@vscode", "l10n") },
  plugins: [scoped, translations],
  logLevel: "warning",
});
writeFileSync(path.join(lib, "style.js"), 'import "./style.css";\n');

const code = readFileSync(path.join(lib, "index.js"), "utf8");
const german = JSON.parse(readFileSync(path.join(here, "..", "l10n", "bundle.l10n.de.json"), "utf8"));
const said = Object.entries(german).filter(([sentence]) => code.includes(JSON.stringify(sentence).slice(1, -1)));
writeFileSync(path.join(lib, "bundle.l10n.de.js"), `export default ${JSON.stringify(Object.fromEntries(said))};\n`);

const modules = path.join(here, "node_modules");
const { status } = spawnSync(
  process.execPath,
  [
    path.join(modules, "@jupyter", "builder", "lib", "build-labextension.js"),
    "--core-package-file",
    path.join(modules, "@jupyterlab", "core-meta", "core.package.json"),
    here,
  ],
  { cwd: here, stdio: "inherit" },
);
process.exit(status ?? 1);
