/** Puts gorgon-jupyter where a Jupyter server finds it: the wheel, installed beside the environment and not into it. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { pythonEnv } from "../../scripts/python-env.ts";

const execute = promisify(execFile);

/** How long a build or an install may take, milliseconds: the machine has other things to do. */
export const BUILD_MS = 300_000;

/** Variables that lead Python, Jupyter's data and its configuration to what was installed. */
export type Places = Readonly<Record<"PYTHONPATH" | "JUPYTER_PATH" | "JUPYTER_CONFIG_PATH", string>>;

/** Runs a program to its end; answers with what it wrote. Rejects with that as well. */
export async function run(
  file: string,
  args: readonly string[],
  { cwd = tmpdir(), env: more = {} }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  // npm and the build of the front end run on this Node, whatever else is installed.
  const places = [path.dirname(process.execPath), process.env["PATH"] ?? ""].join(path.delimiter);
  const env = {
    ...process.env,
    PATH: places,
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PIP_ROOT_USER_ACTION: "ignore",
    ...more,
  };
  const { stdout, stderr } = await execute(file, args, { cwd, env, timeout: BUILD_MS, maxBuffer: 1 << 24 });
  return stdout + stderr;
}

/** Builds the wheel from the project's folder with what the lab environment has; answers with its path. */
export async function buildWheel(jupyter: string, out: string): Promise<string> {
  const python = await pythonEnv("lab");
  const said = await run(python, ["-m", "build", "--wheel", "--no-isolation", "--outdir", out, jupyter]);
  const [name] = readdirSync(out).filter((one) => one.endsWith(".whl"));
  if (name === undefined) throw new Error(`no wheel was built:\n${said}`);
  return path.join(out, name);
}

/** Installs a wheel into a folder of its own. */
export async function installWheel(wheel: string, prefix: string): Promise<Places> {
  const python = await pythonEnv("lab");
  await run(python, ["-I", "-m", "pip", "install", "--no-index", "--no-deps", "--quiet", "--prefix", prefix, wheel]);
  const lib = path.join(prefix, "lib");
  const site = readdirSync(lib)
    .map((version) => path.join(lib, version, "site-packages"))
    .find((folder) => existsSync(path.join(folder, "gorgon")));
  if (site === undefined) throw new Error(`${wheel} installed no package gorgon`);
  return {
    PYTHONPATH: site,
    JUPYTER_PATH: path.join(prefix, "share", "jupyter"),
    JUPYTER_CONFIG_PATH: path.join(prefix, "etc", "jupyter"),
  };
}

/** The variable in which test/lab/setup.ts leaves the places, as JSON, or why there are none. */
export const PLACES = "GORGON_LAB_PLACES";

/** Where the wheel of this tree is installed. Throws why it is not, beginning with `missing:` where something is not there. */
export function wheelPlaces(): Places {
  const said = process.env[PLACES] ?? "test/lab/setup.ts did not run";
  if (!said.startsWith("{")) throw new Error(said);
  return JSON.parse(said) as Places;
}
