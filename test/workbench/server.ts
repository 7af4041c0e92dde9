/** Starts and stops a workbench server (code-server) of its own: own folders, own process group, a gate before it. */
import { execFile, spawn } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { openGate } from "../../scripts/gate.ts";
import { ofRun, signal, waitGone, type Process } from "./processes.ts";
import { environmentOf, type Profile } from "./profile.ts";

/** How to start. */
export interface ServerOptions {
  /** code-server's entry file. */
  readonly entry: string;
  readonly profile: Profile;
  /** Port on 127.0.0.1; 0 (default) takes a free one. */
  readonly port?: number;
  /** More arguments for code-server. */
  readonly args?: readonly string[];
  /** More variables for its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What was still there when the server was stopped. */
export interface Stopped {
  /** Did not end by itself after SIGTERM; was killed. */
  readonly killed: readonly Process[];
  /** Could not even be killed. */
  readonly left: readonly Process[];
}

/** A running workbench. */
export interface WorkbenchServer {
  readonly port: number;
  readonly pid: number;
  readonly profile: Profile;
  /** How long it took to listen, milliseconds. */
  readonly startMs: number;
  /** The address for a browser, with the gate's token. */
  url(folder: string, payload?: readonly (readonly [string, string])[]): string;
  /** What code-server has written so far. */
  readonly output: () => string;
  /** Resolves when code-server ended, whoever ended it. */
  readonly ended: Promise<number | null>;
  /** Stops everything that carries the run's mark. May be called more than once. */
  stop(): Promise<Stopped>;
}

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 8_000;

/** Arguments that every call of code-server gets, so that it reads and writes inside the profile only. */
function base(options: Pick<ServerOptions, "entry" | "profile">): string[] {
  const { profile } = options;
  return [
    options.entry,
    ...["--config", path.join(profile.base, "code-server.yaml")],
    ...["--user-data-dir", profile.userData],
    ...["--extensions-dir", profile.extensions],
  ];
}

/** Installs a VSIX into the profile. Throws with code-server's words when it refuses. */
export async function installVsix(entry: string, profile: Profile, vsix: string): Promise<void> {
  const args = [...base({ entry, profile }), "--force", "--install-extension", vsix];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    env: environmentOf(profile),
    timeout: START_LIMIT_MS,
  });
  if (!stdout.includes("successfully installed"))
    throw new Error(`code-server did not install ${vsix}:\n${stdout}${stderr}`);
}

/** Starts a workbench and waits until it listens. Throws with its output when it does not within a minute. */
export async function startServer(options: ServerOptions): Promise<WorkbenchServer> {
  if (process.platform === "win32") throw new Error("The browser workbench runs on Linux and macOS only.");
  const { profile } = options;
  const began = performance.now();
  const socket = path.join(profile.runtime, "workbench.sock");
  const quiet = ["--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"];
  const args = [
    ...base(options),
    ...["--auth", "none", "--socket", socket, "--socket-mode", "600"],
    ...[...quiet, "--disable-workspace-trust", "--disable-proxy", "--ignore-last-opened"],
    ...(options.args ?? []),
  ];
  const child = spawn(process.execPath, args, {
    env: environmentOf(profile, options.env),
    stdio: ["ignore", "pipe", "pipe"],
    // Its own process group, so that a Ctrl+C in the terminal reaches us first and stopping reaches its children.
    detached: true,
  });
  const pid = child.pid;
  let text = "";
  const ended = new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code)));
  // The last resort when this process ends without stopping: signals may be sent synchronously.
  const lastResort = (): void => {
    if (pid !== undefined) signal(-pid, "SIGKILL");
  };
  process.on("exit", lastResort);

  await new Promise<void>((resolve, reject) => {
    const give = (why: string): void => {
      lastResort();
      reject(new Error(`code-server ${why}:\n${text}`));
    };
    const timer = setTimeout(() => give("did not listen within a minute"), START_LIMIT_MS);
    const hear = (chunk: string): void => {
      text += chunk;
      if (text.includes("HTTP server listening on")) {
        clearTimeout(timer);
        resolve();
      }
    };
    child.stdout.setEncoding("utf8").on("data", hear);
    child.stderr.setEncoding("utf8").on("data", hear);
    child.on("error", (error) => {
      clearTimeout(timer);
      give(`could not be started: ${error.message}`);
    });
    child.on("exit", (code) => {
      clearTimeout(timer);
      give(`ended with exit code ${String(code)}`);
    });
  });
  if (pid === undefined) throw new Error("code-server has no process id");

  let gate;
  try {
    gate = await openGate(socket, options.port ?? 0);
  } catch (error) {
    lastResort();
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Port ${String(options.port ?? 0)} cannot be used (${why}). Choose another with --port.`, {
      cause: error,
    });
  }

  const { origin, port, token } = gate;
  let stopping: Promise<Stopped> | undefined;
  const stop = async (): Promise<Stopped> => {
    const mine = (): Process[] => ofRun(profile.mark, [pid]);
    signal(-pid, "SIGTERM");
    const late = await waitGone(mine, STOP_LIMIT_MS);
    for (const one of late) signal(one.pid, "SIGKILL");
    const left = await waitGone(mine, 2000);
    await gate.close();
    process.off("exit", lastResort);
    return { killed: late, left };
  };
  return {
    port,
    pid,
    profile,
    startMs: performance.now() - began,
    url(folder, payload = []) {
      const url = new URL(origin);
      url.searchParams.set("token", token);
      url.searchParams.set("folder", folder);
      if (payload.length > 0) url.searchParams.set("payload", JSON.stringify(payload));
      return url.href;
    },
    output: () => text,
    ended,
    stop: () => (stopping ??= stop()),
  };
}
