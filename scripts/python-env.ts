/**
 * Makes the Python environments that the tests and the bench of jupyter/ run in, each from a list of exact versions:
 * `python-env.ts [test|old|lab|oldest|hub|bench ...]`. The machine's own Python is used, never changed.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const jupyter = path.join(path.dirname(import.meta.dirname), "jupyter");

/**
 * What they are for: the tests, the tests with an old IPython, those in JupyterLab and its server, those under a JupyterHub,
 * the bench beside other tools.
 */
export const ENVIRONMENTS = ["test", "old", "lab", "oldest", "hub", "bench"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

const FOLDERS: Readonly<Record<Environment, string>> = {
  test: ".venv",
  old: ".venv-old",
  lab: ".venv-lab",
  oldest: ".venv-oldest",
  hub: ".venv-hub",
  bench: ".venv-bench",
};

/** The oldest Python that the package supports. */
const OLDEST = [3, 10] as const;
/** Looked for in this order; GORGON_PYTHON names another. */
const NAMES = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];
/** Written last: what a complete environment was made from. */
const STAMP = ".gorgon-lock";
/** How long another process may take to make the same environment, milliseconds. */
const PATIENCE_MS = 600_000;

/** No Python, no venv module, or no network. The message begins with `missing:` and says what to install. */
export class PythonMissing extends Error {
  override readonly name = "PythonMissing";

  constructor(what: string) {
    super(`missing: ${what}`);
  }
}

/** A Python that can make environments. */
interface Python {
  readonly file: string;
  readonly version: string;
}

/** The path of an environment's interpreter, whether it is there or not. */
export function interpreterOf(environment: Environment): string {
  const folder = path.join(jupyter, FOLDERS[environment]);
  return process.platform === "win32" ? path.join(folder, "Scripts", "python.exe") : path.join(folder, "bin", "python");
}

/**
 * Makes the environment unless it is there as its list of versions says; answers with its interpreter's path. A link is
 * somebody's own environment and is used as it is. Rejects with PythonMissing.
 */
export async function pythonEnv(environment: Environment): Promise<string> {
  const folder = path.join(jupyter, FOLDERS[environment]);
  const python = interpreterOf(environment);
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    if (existsSync(python)) return python;
    throw new PythonMissing(`the environment that the link ${folder} names (remove the link to have one made)`);
  }
  const list = path.join(jupyter, `requirements-${environment}.txt`);
  // JupyterHub starts its servers as other accounts: they must be able to run it.
  const base = environment === "hub" && process.getuid?.() === 0 ? findPython(process.env, openToAll) : findPython();
  const wanted = `${base.file} ${base.version}\n${createHash("sha256").update(readFileSync(list)).digest("hex")}\n`;
  const complete = () => {
    const stamp = path.join(folder, STAMP);
    return existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && existsSync(python);
  };
  if (complete()) return python;
  const unlock = await lock(`${folder}.lock`);
  try {
    if (!complete()) {
      await make(base, folder, list);
      writeFileSync(path.join(folder, STAMP), wanted);
    }
    return python;
  } finally {
    unlock();
  }
}

/** Whether every account of this machine can reach a program and run it, or a folder and enter it. */
export function openToAll(place: string): boolean {
  for (let at = realpathSync(place); ; at = path.dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** The first Python that is new enough; with `fits` the first of all on PATH that fits, too. Throws PythonMissing. */
export function findPython(env: NodeJS.ProcessEnv = process.env, fits?: (file: string) => boolean): Python {
  const names = env["GORGON_PYTHON"] ? [env["GORGON_PYTHON"]] : NAMES;
  // The system finds the first of a name; one that does not fit may stand before another of the same name.
  const folders =
    fits === undefined ? [] : (env["PATH"] ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const files = names.flatMap((name) =>
    fits === undefined || path.isAbsolute(name) ? [name] : folders.map((folder) => path.join(folder, name)),
  );
  const ask = "import sys; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3]); import venv, ensurepip";
  let old = "";
  let bare = "";
  let closed = "";
  for (const candidate of files) {
    const asked = spawnSync(candidate, ["-I", "-c", ask], { encoding: "utf8", env, timeout: 30_000 });
    if (asked.error !== undefined) continue;
    const [file = "", version = ""] = asked.stdout.split(/\r?\n/);
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (file === "" || major === 0) continue;
    if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) old ||= `${file} is ${version}`;
    else if (asked.status !== 0) bare ||= file;
    else if (fits?.(file) === false) closed ||= file;
    else return { file, version };
  }
  if (bare !== "") throw new PythonMissing(`the venv module of ${bare} (apt-get install python3-venv)`);
  if (closed !== "") {
    throw new PythonMissing(
      `a Python that every account can run (apt-get install python3 python3-venv): ${closed} is not`,
    );
  }
  const found = old === "" ? `no ${names.join(", ")} was found` : old;
  throw new PythonMissing(`Python ${OLDEST.join(".")} or later (apt-get install python3 python3-venv): ${found}`);
}

/** Makes it anew. Rejects with PythonMissing and the last words of what failed. */
async function make(base: Python, folder: string, list: string): Promise<void> {
  console.error(`Making ${path.relative(process.cwd(), folder)} with Python ${base.version}...`);
  rmSync(folder, { recursive: true, force: true });
  const python = path.join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const steps = [
    [base.file, "-I", "-m", "venv", folder],
    [python, "-I", "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--no-input", "-r", list],
  ] as const;
  for (const [file, ...args] of steps) {
    const { code, said } = await quietly(file, args);
    if (code === 0) continue;
    const last = said.trim().split("\n").slice(-3).join(" ");
    throw new PythonMissing(`the packages of ${path.basename(list)} (check the network, and run it again): ${last}`);
  }
}

function quietly(file: string, args: readonly string[]): Promise<{ code: number; said: string }> {
  const env = { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_ROOT_USER_ACTION: "ignore" };
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (said += data.toString()));
    child.on("error", (error) => {
      resolve({ code: 1, said: error.message });
    });
    child.on("close", (code) => {
      resolve({ code: code ?? 1, said });
    });
  });
}

/** Waits until no other living process makes the same environment. Answers with what lets the next one in. */
async function lock(file: string): Promise<() => void> {
  mkdirSync(path.dirname(file), { recursive: true });
  for (let waited = 0; ; waited += 200) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => {
        rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (!lives(file)) rmSync(file, { force: true });
    else if (waited > PATIENCE_MS) throw new Error(`Another process makes it still; else remove ${file}.`);
    else await sleep(200);
  }
}

/** Whether the process that holds the lock lives. An empty lock was taken this moment. */
function lives(file: string): boolean {
  try {
    const holder = Number(readFileSync(file, "utf8"));
    if (holder > 0) process.kill(holder, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const asked = process.argv.slice(2);
  const wrong = asked.find((name) => !ENVIRONMENTS.includes(name as Environment));
  if (wrong !== undefined) {
    console.error(`There is no environment '${wrong}'. There is: ${ENVIRONMENTS.join(", ")}.`);
    process.exit(2);
  }
  try {
    for (const name of asked.length === 0 ? (["test", "old"] as const) : (asked as Environment[])) {
      console.log(`${name}: ${await pythonEnv(name)}`);
    }
  } catch (error) {
    if (!(error instanceof PythonMissing)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
