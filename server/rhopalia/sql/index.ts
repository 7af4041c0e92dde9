/** The SQL sensor: how long the configured queries take. For a slow crab. */
import { t } from "@vscode/l10n";
import type { MetricInfo, Reading } from "../../../protocol/reading.ts";
import type { SqlQuery } from "../../config/sql.ts";
import type { Host } from "../../host/host.ts";
import { configFolder } from "../../host/paths.ts";
import { NoData, PartialFailure, type Rhopalium } from "../rhopalium.ts";
import type { Answer, Opening, QueryConnection } from "./driver.ts";
import { MysqlQuery } from "./mysql.ts";
import { PostgresQuery } from "./postgres.ts";

const LATENCY = "gorgon.sql.latency";
const ROWS = "gorgon.sql.rows";

/** What the sensor gives. */
export const SQL_METRICS: readonly MetricInfo[] = [
  { name: LATENCY, unit: "s", kind: "gauge", description: "Time that a configured query took" },
  { name: ROWS, unit: "{row}", kind: "gauge", description: "Rows that a configured query gave" },
];

/** By the package that the user installs: how it connects, and what its connection string begins with. */
const DRIVERS: Readonly<
  Record<SqlQuery["driver"], { readonly open: (opening: Opening) => Promise<QueryConnection>; readonly like: string }>
> = {
  pg: { open: (opening) => PostgresQuery.open(opening), like: "postgres://..." },
  mysql2: { open: (opening) => MysqlQuery.open(opening), like: "mysql://..." },
};

/** A query with its connection. */
interface Asked {
  readonly query: SqlQuery;
  connection: QueryConnection | null;
  /** It is being asked: not to be asked again before it has ended. */
  running: Promise<Answer> | null;
}

/** Everything may be left out. */
export interface SqlOptions {
  /** Folders whose node_modules may have the driver; the user's own configuration folder, never a workspace's. */
  readonly folders?: readonly string[];
}

class SqlSensor implements Rhopalium {
  readonly name = "sql";
  readonly metrics = SQL_METRICS;
  readonly #host: Host;
  readonly #queries: () => readonly SqlQuery[];
  readonly #folders: readonly string[];
  readonly #asked = new Map<string, Asked>();

  constructor(host: Host, queries: () => readonly SqlQuery[], options: SqlOptions) {
    this.#host = host;
    this.#queries = queries;
    this.#folders = options.folders ?? [configFolder(host)];
  }

  async read(): Promise<readonly Reading[]> {
    const wanted = this.#follow();
    if (wanted.length === 0) throw new NoData(t("no query is configured (sql in gorgon.yaml)"));
    const readings: Reading[] = [];
    const failures: string[] = [];
    await Promise.all(
      wanted.map(async (one) => {
        const { id } = one.query;
        if (one.running !== null) {
          failures.push(t("{0}: the query before it has not ended yet.", id));
          return;
        }
        try {
          one.running = this.#ask(one);
          const { latencyMs, rows } = await one.running;
          const attributes = { "gorgon.sql.query": id };
          readings.push({ metric: LATENCY, attributes, value: latencyMs / 1000 });
          readings.push({ metric: ROWS, attributes, value: rows });
        } catch (error) {
          one.connection?.close();
          one.connection = null;
          failures.push(`${id}: ${this.#words(one.query, error)}`);
        } finally {
          one.running = null;
        }
      }),
    );
    if (failures.length > 0) throw new PartialFailure(readings, failures.join(" "));
    return readings;
  }

  async #ask(one: Asked): Promise<Answer> {
    const { driver, connection, query, deadlineMs } = one.query;
    const { open, like } = DRIVERS[driver];
    const connectionString = this.#host.env[connection];
    if (connectionString === undefined || connectionString === "") {
      throw new Error(
        t("The environment variable {0} is not set. Set it to a connection string, {1}", connection, like),
      );
    }
    const { clock } = this.#host;
    one.connection ??= await open({ connectionString, query, deadlineMs, folders: this.#folders, clock });
    return one.connection.ask();
  }

  /** What went wrong, without the connection string or the password in it. */
  #words({ connection }: SqlQuery, error: unknown): string {
    let text = error instanceof Error ? error.message || error.name : String(error);
    // Several addresses that all refuse come as one error without a message of its own.
    if (error instanceof AggregateError && error.message === "") text = String(error.errors[0]);
    const whole = this.#host.env[connection] ?? "";
    const password = /:\/\/[^:@/]*:([^@/]+)@/.exec(whole)?.[1] ?? "";
    for (const secret of [whole, password, decoded(password)]) if (secret !== "") text = text.replaceAll(secret, "...");
    return /[.!?]$/.test(text) ? text : `${text}.`;
  }

  /** The queries in force; connections of those that went away are closed. */
  #follow(): readonly Asked[] {
    const queries = this.#queries();
    for (const [id, one] of this.#asked) {
      if (queries.some((query) => same(query, one.query))) continue;
      one.connection?.close();
      this.#asked.delete(id);
    }
    for (const query of queries) {
      if (!this.#asked.has(query.id)) this.#asked.set(query.id, { query, connection: null, running: null });
    }
    return [...this.#asked.values()];
  }

  dispose(): void {
    for (const one of this.#asked.values()) one.connection?.close();
    this.#asked.clear();
  }
}

function same(a: SqlQuery, b: SqlQuery): boolean {
  return (["id", "driver", "connection", "query", "deadlineMs"] as const).every((key) => a[key] === b[key]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // Not encoded.
  }
}

/** Latency of each configured query. Throws NoData without any, PartialFailure naming those that failed. */
export function sqlSensor(host: Host, queries: () => readonly SqlQuery[], options: SqlOptions = {}): Rhopalium {
  return new SqlSensor(host, queries, options);
}
