/** Installs the browser workbench (code-server) that `npm start` and the end-to-end tests run in. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.dirname(import.meta.dirname);

/** Where the workbench's own package.json and lockfile are. */
const home = path.join(root, "test", "workbench");

/** What is installed. */
export interface Workbench {
  /** code-server's entry, to be run by Node 24. */
  readonly entry: string;
}

interface Step {
  readonly what: string;
  readonly folder: string;
  readonly options: readonly string[];
}

const server = path.join(home, "node_modules", "code-server");

/** code-server's own postinstall does the last two; with install scripts off they are done here, from its shrinkwraps. */
const STEPS: readonly Step[] = [
  { what: "code-server", folder: home, options: [] },
  {
    what: "VS Code's server",
    folder: path.join(server, "lib", "vscode"),
    // Its shrinkwrap lists no peers; without this npm calls it out of step with its package.json.
    options: ["--omit=dev", "--legacy-peer-deps"],
  },
  { what: "VS Code's extensions", folder: path.join(server, "lib", "vscode", "extensions"), options: ["--omit=dev"] },
];

/** npm as a program with arguments, never through a shell where that can be avoided. */
export function npm(args: readonly string[]): { readonly file: string; readonly args: readonly string[] } {
  const cli = process.env["npm_execpath"];
  if (cli !== undefined && /\.[cm]?js$/.test(cli)) return { file: process.execPath, args: [cli, ...args] };
  if (process.platform !== "win32") return { file: "npm", args };
  // npm.cmd is a batch file, which Windows starts through cmd.exe only; nothing here needs quoting.
  return { file: process.env["ComSpec"] ?? "cmd.exe", args: ["/d", "/s", "/c", "npm.cmd", ...args] };
}

async function install(step: Step): Promise<void> {
  const command = npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", ...step.options]);
  const child = spawn(command.file, command.args, {
    cwd: step.folder,
    stdio: ["ignore", "ignore", "pipe"],
    // npm hands its own settings down to its scripts; a workspace or prefix meant for the root must not reach here.
    env: Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^npm_(config_(prefix|local_prefix|global)|package_)/i.test(name),
      ),
    ),
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) {
    throw new Error(
      `missing: code-server (npm could not install ${step.what} in ${step.folder} (exit ${String(code)}): ${errors.trim().slice(0, 1000)}). ` +
        "Check the network (npm ping) and run the command again.",
    );
  }
}

/** What must be the same for an installation to count as done. */
function wanted(): string {
  const lock = readFileSync(path.join(home, "package-lock.json"));
  return `${createHash("sha256").update(lock).digest("hex")} ${process.platform}-${process.arch}`;
}

/**
 * Installs exactly what test/workbench/package-lock.json and code-server's shrinkwraps list, unless that was done
 * already. Needs npm; about 20 s and 620 MB the first time. Throws with npm's message.
 */
export async function ensureWorkbench(say: (line: string) => void = console.log): Promise<Workbench> {
  const found = { entry: path.join(server, "out", "node", "entry.js") };
  const stamp = path.join(home, "node_modules", ".gorgon-workbench");
  const want = wanted();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === want) return found;
  rmSync(stamp, { force: true });
  say("Installing the browser workbench (code-server, once, about 620 MB in test/workbench/node_modules)...");
  for (const [index, step] of STEPS.entries()) {
    const began = performance.now();
    await install(step);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    say(`  ${String(index + 1)}/${String(STEPS.length)} ${step.what} (${seconds} s)`);
  }
  writeFileSync(stamp, want);
  return found;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { entry } = await ensureWorkbench();
  console.log(`The workbench is installed: ${path.relative(root, entry)}`);
}
