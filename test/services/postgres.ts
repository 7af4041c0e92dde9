/** A PostgreSQL of the test's own: a cluster in a temporary folder, on a free loopback port, gone afterwards. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** One that runs. */
export interface Postgres {
  readonly url: string;
  /** Stops it as a crash would, keeping the data. */
  crash(): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes everything. */
  close(): Promise<void>;
}

/** Debian's programs, newest first; elsewhere what the search path has. */
function programs(): string {
  const base = "/usr/lib/postgresql";
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => Number(b) - Number(a)) : [];
  const folder = versions
    .map((version) => path.join(base, version, "bin"))
    .find((bin) => existsSync(path.join(bin, "initdb")));
  if (folder !== undefined) return folder;
  const inPath = (process.env["PATH"] ?? "").split(":").find((one) => existsSync(path.join(one, "initdb")));
  if (inPath !== undefined) return inPath;
  throw new Error("missing: PostgreSQL (apt-get install --no-install-recommends postgresql)");
}

/** PostgreSQL refuses to run as root; its packages bring a user. */
function user(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(spawnSync("id", [flag, "postgres"], { encoding: "utf8" }).stdout.trim() || NaN);
  const [uid, gid] = [id("-u"), id("-g")];
  if (Number.isNaN(uid))
    throw new Error("missing: the user postgres (apt-get install --no-install-recommends postgresql)");
  return { uid, gid };
}

/** Makes a cluster and starts it. Throws `missing: ...` where PostgreSQL is not installed. */
export async function startPostgres(): Promise<Postgres> {
  const bin = programs();
  const as = user();
  const folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-postgres-"));
  chmodSync(folder, 0o700);
  if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid);
  const data = path.join(folder, "data");
  const options = { ...as, cwd: folder, env: { PATH: process.env["PATH"], LC_ALL: "C" } };
  const made = spawnSync(
    path.join(bin, "initdb"),
    ["-D", data, "-U", "gorgon", "-A", "trust", "--no-sync", "-E", "UTF8", "--no-locale"],
    { ...options, encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await freePort();
  let server: ChildProcess | null = null;
  const stop = async (signal: NodeJS.Signals) => {
    const running = server;
    server = null;
    if (running?.exitCode !== null) return;
    const gone = once(running, "exit");
    running.kill(signal);
    await gone;
  };
  const start = async () => {
    let said = "";
    server = spawn(
      path.join(bin, "postgres"),
      ["-D", data, "-p", String(port), "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
      { ...options, stdio: ["ignore", "ignore", "pipe"] },
    );
    server.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
    for (let attempt = 0; attempt < 200; attempt++) {
      if (said.includes("ready to accept connections") && (await answers(port))) return;
      if (server.exitCode !== null) break;
      await sleep(50);
    }
    throw new Error(`PostgreSQL did not start: ${said}`);
  };
  await start();
  return {
    url: `postgres://gorgon:s3cret@127.0.0.1:${String(port)}/postgres`,
    // SIGINT is PostgreSQL's fast shutdown: it cuts every client off.
    crash: () => stop("SIGINT"),
    start,
    close: async () => {
      await stop("SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
