/** A database server of a test's own: started in the foreground, waited for, and ended by its own process. */
import { type ChildProcessByStdio, spawn, spawnSync, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/** What it is started with. */
export interface DaemonOptions {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly options: SpawnOptions;
  /** What it writes on its standard error when it has started. */
  readonly ready: string;
  /** Answers on loopback then. */
  readonly port: number;
}

/** One that can be stopped and started again. */
export class Daemon {
  readonly #options: DaemonOptions;
  #server: ChildProcessByStdio<null, null, Readable> | null = null;

  constructor(options: DaemonOptions) {
    this.#options = options;
  }

  /** Rejects with what it said when it does not start. */
  async start(): Promise<void> {
    const { name, file, args, options, ready, port } = this.#options;
    let said = "";
    const server = spawn(file, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
    this.#server = server;
    server.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
    for (let attempt = 0; attempt < 200; attempt++) {
      if (said.includes(ready) && (await answers(port))) return;
      if (server.exitCode !== null) break;
      await sleep(50);
    }
    throw new Error(`${name} did not start: ${said}`);
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    const running = this.#server;
    this.#server = null;
    if (running?.exitCode !== null) return;
    const gone = once(running, "exit");
    running.kill(signal);
    await gone;
  }
}

/** Database servers refuse to run as root; their packages bring a user. Throws `missing: ...` without it. */
export function serviceUser(name: string, debianPackage: string): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(spawnSync("id", [flag, name], { encoding: "utf8" }).stdout.trim() || NaN);
  const [uid, gid] = [id("-u"), id("-g")];
  if (Number.isNaN(uid))
    throw new Error(`missing: the user ${name} (apt-get install --no-install-recommends ${debianPackage})`);
  return { uid, gid };
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
