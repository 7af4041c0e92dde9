/** Starts and stops a real Jupyter server with its own folders: JupyterLab or Notebook 7, on a port of loopback, with a token. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { pythonEnv } from "../../scripts/python-env.ts";
import { until } from "../e2e/driver.ts";
import { ofRun, signal, waitGone, type Process } from "../workbench/processes.ts";
import { createProfile, environmentOf, removeProfile, type Profile } from "../workbench/profile.ts";
import type { Places } from "./install.ts";

/** How long a server may take to answer, milliseconds: it imports a thousand files on a machine that is busy. */
const START_MS = 120_000;
const STOP_MS = 20_000;

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

/** What was there when everything should have been over. */
export interface Stopped {
  /** Did not end by itself after SIGTERM; was killed. */
  readonly killed: readonly Process[];
  /** Processes of the run that live still. */
  readonly left: readonly Process[];
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

function environment(profile: Profile, { places, env }: ServerOptions): Record<string, string> {
  const kept = Object.entries(environmentOf(profile)).filter(([name]) => !FOREIGN.test(name));
  const base = path.join(profile.base, "jupyter");
  return {
    ...Object.fromEntries(kept),
    LANG: "C.UTF-8",
    PYTHONDONTWRITEBYTECODE: "1",
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

function writeJson(file: string, value: unknown): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(value));
}

function writeSettings(folder: string, settings: NonNullable<ServerOptions["settings"]>): void {
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

/** A port of loopback that nobody has. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a server and waits until it answers. Rejects with its output when it does not. */
export async function startJupyter(options: ServerOptions): Promise<JupyterServer> {
  const { app = "lab", baseUrl = "/" } = options;
  const python = await pythonEnv("lab");
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
  // Its own process group, so that a Ctrl+C in the terminal reaches us first.
  const child = spawn(python, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const { pid } = child;
  let output = "";
  let ended = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  child.on("error", (error) => (output += error.message));
  child.on("exit", () => (ended = true));
  const mine = (): Process[] => ofRun(profile.mark, pid === undefined ? [] : [pid]);
  // The last resort when this process ends without stopping it: signals may be sent synchronously.
  const lastResort = (): void => mine().forEach((one) => void signal(one.pid, "SIGKILL"));
  process.on("exit", lastResort);
  const stop = async (): Promise<Stopped> => {
    if (pid !== undefined && !ended) signal(pid, "SIGTERM");
    const killed = await waitGone(mine, STOP_MS);
    for (const one of killed) signal(one.pid, "SIGKILL");
    const left = await waitGone(mine, 3000);
    process.off("exit", lastResort);
    removeProfile(profile, true);
    return { killed, left };
  };
  const address = `http://127.0.0.1:${String(port)}${baseUrl}`;
  const api = (what: string, init: RequestInit = {}): Promise<Response> =>
    fetch(new URL(what, address), { ...init, headers: { Authorization: `token ${token}` } });
  try {
    await until(
      "an answer of the Jupyter server",
      async () => {
        if (ended) throw new Error("The Jupyter server ended.");
        return api("api/status").then(
          ({ ok }) => (ok ? true : null),
          () => null,
        );
      },
      START_MS,
    );
  } catch (error) {
    await stop();
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${output}`, { cause: error });
  }
  let stopping: Promise<Stopped> | undefined;
  return {
    ...{ app, profile, folder, token, address, api },
    pid: pid ?? 0,
    notebook: (name) =>
      `${address}${app === "lab" ? "lab/tree" : "notebooks"}/${name}?token=${token}${app === "lab" ? "&reset" : ""}`,
    configure: (settings) => {
      writeSettings(env["JUPYTERLAB_SETTINGS_DIR"] ?? "", { ...options.settings, ...settings });
    },
    output: () => output,
    stop: () => (stopping ??= stop()),
  };
}
