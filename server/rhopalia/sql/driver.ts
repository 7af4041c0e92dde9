/** What the sensor asks of a database's client, and how the user's own copy of one is found. */
import { createRequire } from "node:module";
import path from "node:path";
import type { Clock } from "../../host/host.ts";

/** What a query came to. */
export interface Answer {
  readonly latencyMs: number;
  readonly rows: number;
}

/** Asks one query again and again over one connection. */
export interface QueryConnection {
  /** Throws what the server says. After that the connection is not to be used again. */
  ask(): Promise<Answer>;
  /** Safe on a connection that was closed already. */
  close(): void;
}

/** What a connection is opened with. */
export interface Opening {
  /** The driver's own form; never to be told to anybody. */
  readonly connectionString: string;
  readonly query: string;
  /** For connecting, and for each answer. */
  readonly deadlineMs: number;
  /** Folders whose node_modules may have the client. */
  readonly folders: readonly string[];
  readonly clock: Pick<Clock, "monotonic" | "schedule">;
}

/** The package is not there. */
export class DriverMissing extends Error {
  override readonly name = "DriverMissing";
  constructor(driver: string, folder: string) {
    super(`The package ${driver} is not installed. Run: npm install --prefix ${folder} ${driver}`);
  }
}

/** Loads a client out of the first folder that has it; it is no part of Gorgon's bundle. Throws DriverMissing. */
export function loadDriver(driver: string, folders: readonly string[]): unknown {
  for (const folder of folders) {
    const require = createRequire(path.join(folder, "package.json"));
    try {
      require.resolve(driver);
    } catch {
      continue; // The next folder.
    }
    return require(driver) as unknown;
  }
  throw new DriverMissing(driver, folders[0] ?? ".");
}
