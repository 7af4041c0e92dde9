/** A MariaDB of the test's own: its data in a temporary folder, on a free loopback port, gone afterwards. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Daemon, freePort, serviceUser } from "./daemon.ts";

/** One that runs. Its user may do anything, as users of databases on a developer's machine often may. */
export interface Mariadb {
  readonly url: string;
  /** Stops it, cutting every client off and keeping the data. */
  crash(): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes everything. */
  close(): Promise<void>;
}

/** What it has, a statement a line, run at each start: a table, and a function that writes although it is only read. */
const CONTENTS = `
CREATE DATABASE IF NOT EXISTS shop;
CREATE OR REPLACE TABLE shop.orders (id INT PRIMARY KEY) ENGINE=InnoDB;
INSERT INTO shop.orders VALUES (1), (2), (3);
CREATE OR REPLACE FUNCTION shop.sneak() RETURNS INT MODIFIES SQL DATA BEGIN DELETE FROM shop.orders; RETURN 1; END;
CREATE OR REPLACE USER gorgon@'127.0.0.1' IDENTIFIED BY 's3cret';
GRANT ALL ON *.* TO gorgon@'127.0.0.1';
`.trimStart();

function program(name: string): string {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/libexec"];
  const found = folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
  if (found === undefined) throw new Error("missing: MariaDB (apt-get install --no-install-recommends mariadb-server)");
  return found;
}

/** Makes a database and starts its server. Throws `missing: ...` where MariaDB is not installed. */
export async function startMariadb(): Promise<Mariadb> {
  const [server, install] = [program("mariadbd"), program("mariadb-install-db")];
  const as = serviceUser("mysql", "mariadb-server");
  const folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-mariadb-"));
  const data = path.join(folder, "data");
  const contents = path.join(folder, "contents.sql");
  mkdirSync(data);
  writeFileSync(contents, CONTENTS);
  for (const one of [folder, data]) {
    chmodSync(one, 0o700);
    if (as.uid !== undefined && as.gid !== undefined) chownSync(one, as.uid, as.gid);
  }
  const options = { ...as, cwd: folder, env: { PATH: process.env["PATH"], LC_ALL: "C" } };
  const small = ["--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0"];
  const common = ["--no-defaults", `--datadir=${data}`, ...small];
  const made = spawnSync(install, [...common, "--auth-root-authentication-method=normal", "--skip-test-db"], {
    ...options,
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stdout}${made.stderr}`);
  const port = await freePort();
  const daemon = new Daemon({
    name: "MariaDB",
    file: server,
    args: [
      ...common,
      `--init-file=${contents}`,
      `--port=${String(port)}`,
      "--bind-address=127.0.0.1",
      "--skip-name-resolve",
      `--socket=${path.join(folder, "mariadb.sock")}`,
      `--pid-file=${path.join(folder, "mariadb.pid")}`,
    ],
    options,
    ready: "ready for connections",
    port,
  });
  await daemon.start();
  return {
    url: `mysql://gorgon:s3cret@127.0.0.1:${String(port)}/shop`,
    crash: () => daemon.stop("SIGTERM"),
    start: () => daemon.start(),
    close: async () => {
      await daemon.stop("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
