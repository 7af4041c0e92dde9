/** A PostgreSQL of the test's own: a cluster in a temporary folder, on a free loopback port, gone afterwards. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Daemon, freePort, serviceUser } from "./daemon.ts";

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

/** Makes a cluster and starts it. Throws `missing: ...` where PostgreSQL is not installed. */
export async function startPostgres(): Promise<Postgres> {
  const bin = programs();
  const as = serviceUser("postgres", "postgresql");
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
  const server = new Daemon({
    name: "PostgreSQL",
    file: path.join(bin, "postgres"),
    args: ["-D", data, "-p", String(port), "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
    options,
    ready: "ready to accept connections",
    port,
  });
  await server.start();
  return {
    url: `postgres://gorgon:s3cret@127.0.0.1:${String(port)}/postgres`,
    // SIGINT is PostgreSQL's fast shutdown: it cuts every client off.
    crash: () => server.stop("SIGINT"),
    start: () => server.start(),
    close: async () => {
      await server.stop("SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
