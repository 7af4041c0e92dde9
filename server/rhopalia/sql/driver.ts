/** What the sensor asks of a database's client. */
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
