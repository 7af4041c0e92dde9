/** Starts and stops a real Jupyter server with its own folders: JupyterLab or Notebook 7, on a port of loopback, with a token. */
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pythonEnv } from "../../scripts/python-env.ts";
import { freePort } from "../services/daemon.ts";
import { createProfile, environmentOf, type Profile } from "../workbench/profile.ts";
import type { Places } from "./install.ts";
import { startProgram, type Stopped } from "./program.ts";

/** A kernelspec that only this server has. */
export interface KernelSpec {
  /** As a person reads it; by default its name. */
  readonly title?: string;
  /** The interpreter; the server's own where it is absent. */
  readonly python?: string;
  /** Put before the command line. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How to start. */
export interface ServerOptions {
  /** Default `lab`. */
  readonly app?: "lab" | "notebook";
  /** What it runs in; default `lab`. */
  readonly environment?: "lab" | "oldest";
  /** Where gorgon-jupyter lies; null: the environment as it is. */
  readonly places: Places | null;
  /** What a user has set in Lab, by plugin. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** jupyter_server_config.json. */
  readonly config?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly kernels?: Readonly<Record<string, KernelSpec>>;
  /** Begins and ends with a slash. */
  readonly baseUrl?: string;
}

/** A running server. */
export interface JupyterServer {
  readonly app: "lab" | "notebook";
  readonly profile: Profile;
  /** Where its notebooks are. */
  readonly folder: string;
  readonly pid: number;
  readonly token: string;
  /** Its address with the base URL, ending with a slash. */
  readonly address: string;
  /** The address of a notebook for a browser. */
  notebook(name: string): string;
  /** What it has written so far. */
  readonly output: () => string;
  /** Changes what the user has set in Lab; it holds for pages that are opened from now on. */
  configure(settings: NonNullable<ServerOptions["settings"]>): void;
  /** Asks its REST API. */
  api(what: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<Stopped>;
}

/** Variables of the person who runs the tests that would lead the server or its kernels elsewhere. */
const FOREIGN = /^(JUPYTER|JPY_|IPYTHON|PYTHON|VIRTUAL_ENV|CONDA|MEM_LIMIT$|CPU_LIMIT$|LANG$|LC_)/;

/** What a fresh Lab asks and tells on its own account. */
const QUIET = {
  "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
  "@jupyterlab/docmanager-extension:plugin": { autosave: false },
} as const;

/** The environment of a server's process: of the run alone. */
export function plainEnvironment(profile: Profile): Record<string, string> {
  const kept = Object.entries(environmentOf(profile)).filter(([name]) => !FOREIGN.test(name));
  return { ...Object.fromEntries(kept), LANG: "C.UTF-8", PYTHONDONTWRITEBYTECODE: "1" };
}

function environment(profile: Profile, { places, env }: ServerOptions): Record<string, string> {
  const base = path.join(profile.base, "jupyter");
  return {
    ...plainEnvironment(profile),
    JUPYTER_CONFIG_DIR: path.join(base, "config"),
    JUPYTER_DATA_DIR: path.join(base, "data"),
    JUPYTER_RUNTIME_DIR: path.join(base, "runtime"),
    JUPYTERLAB_SETTINGS_DIR: path.join(base, "settings"),
    JUPYTERLAB_WORKSPACES_DIR: path.join(base, "workspaces"),
    IPYTHONDIR: path.join(base, "ipython"),
    ...places,
    ...env,
  };
}

export function writeJson(file: string, value: unknown): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(value));
}

export function writeSettings(folder: string, settings: NonNullable<ServerOptions["settings"]>): void {
  for (const [plugin, values] of Object.entries({ ...QUIET, ...settings })) {
    const [packageName = "", name = ""] = plugin.split(":");
    writeJson(path.join(folder, packageName, `${name}.jupyterlab-settings`), values);
  }
}

function writeFiles(env: Record<string, string>, python: string, options: ServerOptions): void {
  const { config = {}, settings = {}, kernels = {} } = options;
  writeJson(path.join(env["JUPYTER_CONFIG_DIR"] ?? "", "jupyter_server_config.json"), config);
  writeSettings(env["JUPYTERLAB_SETTINGS_DIR"] ?? "", settings);
  for (const [name, spec] of Object.entries(kernels)) {
    writeJson(path.join(env["JUPYTER_DATA_DIR"] ?? "", "kernels", name, "kernel.json"), {
      argv: [...(spec.wrapper ?? []), spec.python ?? python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
      display_name: spec.title ?? name,
      language: "python",
      env: spec.env ?? {},
    });
  }
}

/** Starts a server and waits until it answers. Rejects with its output when it does not. */
export async function startJupyter(options: ServerOptions): Promise<JupyterServer> {
  const { app = "lab", baseUrl = "/" } = options;
  const python = await pythonEnv(options.environment ?? "lab");
  const profile = createProfile();
  const folder = path.join(profile.base, "notebooks");
  mkdirSync(folder);
  const env = environment(profile, options);
  writeFiles(env, python, options);
  const token = randomBytes(16).toString("hex");
  const port = await freePort();
  const args = [
    ...["-m", app === "lab" ? "jupyterlab" : "notebook", "--no-browser", "--allow-root"],
    ...["--ServerApp.ip=127.0.0.1", `--ServerApp.port=${String(port)}`, "--ServerApp.port_retries=0"],
    ...[`--IdentityProvider.token=${token}`, `--ServerApp.root_dir=${folder}`, `--ServerApp.base_url=${baseUrl}`],
    ...["--ServerApp.terminals_enabled=False", "--LabApp.expose_app_in_browser=True"],
    ...["--JupyterNotebookApp.expose_app_in_browser=True"],
  ];
  const address = `http://127.0.0.1:${String(port)}${baseUrl}`;
  const api = (what: string, init: RequestInit = {}): Promise<Response> =>
    fetch(new URL(what, address), { ...init, headers: { Authorization: `token ${token}` } });
  const program = await startProgram(profile, [python, ...args], {
    cwd: folder,
    env,
    answers: async () => (await api("api/status")).ok,
  });
  return {
    ...{ app, profile, folder, token, address, api },
    pid: program.pid,
    notebook: (name) =>
      `${address}${app === "lab" ? "lab/tree" : "notebooks"}/${name}?token=${token}${app === "lab" ? "&reset" : ""}`,
    configure: (settings) => {
      writeSettings(env["JUPYTERLAB_SETTINGS_DIR"] ?? "", { ...options.settings, ...settings });
    },
    output: program.output,
    stop: program.stop,
  };
}
