/** `npm start`: builds the extension and opens it with the demo workspace, on the desktop or in a browser workbench. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import path from "node:path";
import { parseArgs } from "node:util";
import { downloadAndUnzipVSCode } from "@vscode/test-electron";
import { createProfile, removeProfile } from "../test/workbench/profile.ts";
import { installVsix, startServer, type WorkbenchServer } from "../test/workbench/server.ts";
import { buildAll } from "./build.ts";
import { codeCommand, codeVersion, findCode, reaches, whyNoDesktop } from "./desktop.ts";
import { packageVsix } from "./package.ts";
import { ensureWorkbench } from "./workbench.ts";

const root = path.dirname(import.meta.dirname);
const home = path.join(root, "out", "start");

const USAGE = `npm start -- [options]   builds Gorgon and opens it with the demo workspace

  --browser   use the browser workbench even where a desktop VS Code could be opened
  --port N    its port on 127.0.0.1 (default: a free one; also GORGON_START_PORT)
  --check     start the browser workbench, see that it answers, stop it again
`;

interface Options {
  readonly browser: boolean;
  readonly check: boolean;
  readonly port: number;
}

/** The port as given; throws when it is none. */
function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error(`'${text}' is not a port: 0 (a free one) to 65535.`);
  return port;
}

function readOptions(argv: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      browser: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
      port: { type: "string" },
    },
  });
  if (values.help) return null;
  const named = process.env["GORGON_START_PORT"] ?? "";
  const port = portOf(values.port ?? (named === "" ? "0" : named));
  return { browser: values.browser || values.check, check: values.check, port };
}

/** The demo workspace as a copy, so that trying things out leaves the clone clean. Files changed in it stay changed. */
function demoCopy(): string {
  const folder = path.join(home, "demo");
  mkdirSync(folder, { recursive: true });
  cpSync(path.join(root, "demo"), folder, { recursive: true, force: false, errorOnExist: false });
  return folder;
}

/** A VS Code that is new enough: the one on PATH, else a downloaded one. Null with a printed reason when there is none. */
async function desktopProgram(): Promise<string | null> {
  const { engines } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
    engines: { vscode: string };
  };
  const code = findCode();
  if (code !== null) {
    const version = codeVersion(code);
    if (reaches(version, engines.vscode)) return code;
    console.log(`${code} is VS Code ${version || "of an unknown version"}; Gorgon needs ${engines.vscode}.`);
  }
  try {
    console.log("Fetching a VS Code into .vscode-test (once)...");
    return await downloadAndUnzipVSCode({ cachePath: path.join(root, ".vscode-test") });
  } catch (error) {
    console.log(`VS Code could not be fetched: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

/** Opens a development window on the desktop; false when there is no program for it. */
async function startDesktop(): Promise<boolean> {
  const program = await desktopProgram();
  if (program === null) return false;
  await buildAll();
  const command = codeCommand(program, ["--new-window", `--extensionDevelopmentPath=${root}`, demoCopy()]);
  const child = spawn(command.file, command.args, { stdio: "ignore", detached: true });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", resolve);
  });
  child.unref();
  console.log("\nGorgon opens in a new VS Code window: see the bell at the left of the status bar.");
  console.log("Close the window to end it.");
  return true;
}

/** Resolves at Ctrl+C, at a signal, or when whoever started us has gone. */
function untilStopped(): Promise<string> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => resolve(name));
    const watch = setInterval(() => {
      if (process.ppid !== parent) resolve("the terminal closed");
    }, 1000);
    watch.unref();
  });
}

/** Throws in words when the port is taken: better now than after the build. */
async function refusePort(port: number): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", (error) => {
      reject(new Error(`Port ${String(port)} cannot be used (${error.message}). Choose another with --port.`));
    });
    probe.listen(port, "127.0.0.1", resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
}

/** Fetches a page; answers with its status and text. */
function fetchPage(url: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { timeout: 10_000 }, (res) => {
      let body = "";
      res.setEncoding("utf8").on("data", (text: string) => (body += text));
      res.on("end", () => resolve({ status: res.statusCode ?? 0, body }));
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer within 10 s")));
    asked.on("error", reject);
  });
}

/** Sees that the workbench answers, that it holds Gorgon, and that nobody gets in without the token. */
async function check(server: WorkbenchServer, url: string): Promise<void> {
  const page = await fetchPage(url);
  if (page.status !== 200 || !page.body.includes("vscode-workbench-web-configuration")) {
    throw new Error(`The workbench answers ${String(page.status)}: ${page.body.slice(0, 200)}`);
  }
  const stranger = await fetchPage(`http://127.0.0.1:${String(server.port)}/`);
  if (stranger.status !== 403) throw new Error(`Without the token the answer is ${String(stranger.status)}, not 403.`);
  const list = readFileSync(path.join(server.profile.extensions, "extensions.json"), "utf8");
  if (!list.includes("gorgon-monitor.gorgon")) throw new Error("Gorgon is not among the workbench's extensions.");
}

/** Runs the browser workbench until it is stopped. */
async function startBrowser(options: Options): Promise<void> {
  const stopped = untilStopped();
  const { entry } = await ensureWorkbench();
  const vsix = await packageVsix();
  const profile = createProfile(home);
  let server: WorkbenchServer | undefined;
  try {
    await installVsix(entry, profile, vsix.file);
    server = await startServer({ entry, profile, port: options.port });
    const url = server.url(demoCopy());
    if (options.check) {
      await check(server, url);
      console.log(`The workbench answers at http://127.0.0.1:${String(server.port)}/ with Gorgon in it.`);
      return;
    }
    console.log(`\nGorgon runs in a browser workbench. Open\n\n  ${url}\n`);
    console.log("Only this machine can reach it (127.0.0.1), and only with the token in the address: whoever opens it");
    console.log("can run programs as you. From elsewhere forward the port:");
    console.log(`  ssh -L ${String(server.port)}:127.0.0.1:${String(server.port)} <this machine>`);
    console.log(
      `Its files, settings and Gorgon's history are in ${path.relative(root, home)}/; delete it to begin anew.`,
    );
    console.log("Press Ctrl+C to stop it.");
    const why = await Promise.race([stopped, server.ended.then((code) => `code-server ended (${String(code)})`)]);
    console.log(`\nStopping (${why})...`);
  } finally {
    const end = await server?.stop();
    removeProfile(profile, false);
    for (const one of end?.left ?? []) console.error(`Still there: process ${String(one.pid)} ${one.command}`);
    if (end?.left.length === 0) console.log("Stopped.");
  }
}

async function main(): Promise<number> {
  let options: Options | null;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  if (options === null) {
    console.log(USAGE);
    return 0;
  }
  const reason = options.browser ? "as asked" : whyNoDesktop();
  if (reason === "" && (await startDesktop())) return 0;
  console.log(`Opening in a browser workbench (${reason || "no desktop VS Code"}).`);
  try {
    await refusePort(options.port);
    await startBrowser(options);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

process.exit(await main());
