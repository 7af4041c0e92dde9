/**
 * Starts and stops a real JupyterHub on loopback, with its proxy. Where we are root its servers run as two accounts that every
 * Debian has, else all as ourselves.
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { openToAll, pythonEnv } from "../../scripts/python-env.ts";
import { freePort } from "../services/daemon.ts";
import { installListed } from "../services/install.ts";
import { MARK, type Process } from "../workbench/processes.ts";
import { createProfile, removeProfile, type Profile } from "../workbench/profile.ts";
import { writeNotebook, type CellFile } from "./files.ts";
import type { Places } from "./install.ts";
import { startProgram, type Program } from "./program.ts";
import { plainEnvironment, writeJson, writeSettings } from "./server.ts";

const PROXY = path.join(import.meta.dirname, "proxy");
const NAMES = ["nobody", "www-data"] as const;
/** The hub waits for its servers, which wait for their kernels. */
const STOP_MS = 40_000;

/** Somebody with an account at the hub. */
export interface HubUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** A running hub. */
export interface JupyterHub extends Pick<Program, "output" | "stop"> {
  readonly profile: Profile;
  /** Of the proxy, ending with a slash. */
  readonly address: string;
  readonly users: readonly [HubUser, HubUser];
  /** Everybody's. */
  readonly password: string;
  /** Tokens of two services of the hub: the first may see every server, the other none. */
  readonly tokens: { readonly prometheus: string; readonly stranger: string };
  /** What all users have as the system's temporary folder. */
  readonly temporary: string;
  /** The address of a user's server, ending with a slash. */
  serverAddress(user: HubUser): string;
  /** The process of a user's server; null while there is none. */
  serverProcess(user: HubUser): Process | null;
  /** Living processes of a user. */
  processesOf(user: HubUser): readonly Process[];
  /** Writes a notebook into a user's folder. */
  write(user: HubUser, name: string, cells: readonly (string | CellFile)[]): void;
}

/** How the hub is set up. */
export interface HubOptions {
  readonly places: Places;
  /** `c.Spawner.mem_limit`. */
  readonly memory: string;
  /** jupyter_server_config.json for all users. */
  readonly config: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Command line of the servers. */
  readonly args: readonly string[];
}

function account(name: string): { readonly uid: number; readonly gid: number } {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid !== 0) return { uid, gid };
  const id = (flag: string) => Number(spawnSync("id", [flag, name], { encoding: "utf8" }).stdout.trim() || NaN);
  const found = { uid: id("-u"), gid: id("-g") };
  if (Number.isNaN(found.uid)) throw new Error(`missing: the account ${name} (useradd --system ${name})`);
  return found;
}

/** Gives a folder with all that is in it to a user. */
function give(folder: string, { uid, gid }: HubUser): void {
  for (const name of ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })]) {
    chownSync(path.join(folder, name), uid, gid);
  }
}

/** Where every account can read it: there, or a copy. */
function forAll(folder: string, copy: string): string {
  if (openToAll(folder)) return folder;
  cpSync(realpathSync(folder), copy, { recursive: true, verbatimSymlinks: true });
  chmodSync(copy, 0o755);
  return copy;
}

function makeUser(base: string, name: string): HubUser {
  const home = path.join(base, "users", name);
  mkdirSync(path.join(home, "notebooks"), { recursive: true });
  writeSettings(path.join(home, ".jupyter", "lab", "user-settings"), {});
  chmodSync(home, 0o700);
  const user = { name, home, ...account(name) };
  give(home, user);
  return user;
}

/** Starts a hub and waits until it answers. Rejects with its output when it does not. */
export async function startHub({ places, memory, config, args }: HubOptions): Promise<JupyterHub> {
  installListed(PROXY);
  const interpreter = await pythonEnv("hub");
  const profile = createProfile();
  const { base, runtime: temporary } = profile;
  try {
    chmodSync(base, 0o755);
    // As the system's own.
    chmodSync(temporary, 0o1777);
    const venv = forAll(path.dirname(path.dirname(interpreter)), path.join(base, "venv"));
    const python = path.join(venv, "bin", path.basename(interpreter));
    const wheel = Object.entries(places).map(
      ([name, folder]) => [name, forAll(folder, path.join(base, name))] as const,
    );
    const installed = Object.fromEntries(wheel) as Places;
    const settings = path.join(base, "etc");
    writeJson(path.join(settings, "jupyter_server_config.json"), config);
    const users = [makeUser(base, NAMES[0]), makeUser(base, NAMES[1])] as const;
    const folder = path.join(base, "hub");
    mkdirSync(folder, { mode: 0o700 });
    const [port, hubPort, proxyPort] = [await freePort(), await freePort(), await freePort()];
    const at = (one: number): string => `http://127.0.0.1:${String(one)}/`;
    const secret = (): string => randomBytes(16).toString("hex");
    const [address, password, tokens] = [at(port), secret(), { prometheus: secret(), stranger: secret() }];
    const homes = path.join(base, "users", "{username}");
    const given = {
      ...{ address, hubAddress: at(hubPort), proxyAddress: at(proxyPort).slice(0, -1) },
      proxy: [
        process.execPath,
        path.join(PROXY, "node_modules", "configurable-http-proxy", "bin", "configurable-http-proxy"),
      ],
      ...{ password, users: NAMES, homes, memory, services: tokens },
      notebooks: path.join(homes, "notebooks"),
      server: [python, "-m", "jupyterhub.singleuser"],
      arguments: args,
      env: {
        ...installed,
        JUPYTER_CONFIG_PATH: [settings, installed.JUPYTER_CONFIG_PATH].join(path.delimiter),
        PYTHONDONTWRITEBYTECODE: "1",
        TMPDIR: temporary,
        [MARK]: profile.mark,
      },
    };
    const program = await startProgram(
      profile,
      [python, "-m", "jupyterhub", "--config", path.join(import.meta.dirname, "jupyterhub_config.py")],
      {
        cwd: folder,
        env: { ...plainEnvironment(profile), TMPDIR: temporary, GORGON_HUB: JSON.stringify(given) },
        answers: async () => (await fetch(`${address}hub/api/`)).ok,
        stopMs: STOP_MS,
      },
    );
    const processesOf = ({ home }: HubUser): readonly Process[] =>
      program.processes().filter(({ pid }) => environmentIn(pid).includes(`HOME=${home}`));
    return {
      ...{ profile, address, users, password, tokens, temporary, processesOf },
      output: program.output,
      stop: program.stop,
      serverAddress: ({ name }) => `${address}user/${name}/`,
      serverProcess: (user) =>
        processesOf(user).find(({ command }) => command.includes("-m jupyterhub.singleuser")) ?? null,
      write: (user, name, cells) => {
        const notebooks = path.join(user.home, "notebooks");
        writeNotebook(notebooks, name, cells);
        chownSync(path.join(notebooks, name), user.uid, user.gid);
      },
    };
  } catch (error) {
    removeProfile(profile, true);
    throw error;
  }
}

/** The environment that a process was started with; empty where it has ended. */
function environmentIn(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${String(pid)}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** The account that a process runs as. Throws where it has ended. */
export function accountOf(pid: number): number {
  return statSync(`/proc/${String(pid)}`).uid;
}
