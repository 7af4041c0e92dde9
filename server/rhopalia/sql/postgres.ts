/** One query over PostgreSQL's client `pg`, which the user installs: read only, one statement, under a deadline. */
import { loadUserPackage } from "../../host/user-package.ts";
import type { Answer, Opening, QueryConnection } from "./driver.ts";

/** The parts of `pg` that are used. */
interface PgClient {
  connect(): Promise<void>;
  query(
    query: string | { readonly text: string; readonly queryMode: "extended" },
  ): Promise<{ rowCount: number | null }>;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): void;
}

interface PgModule {
  readonly Client: new (options: {
    readonly connectionString: string;
    readonly connectionTimeoutMillis: number;
    readonly statement_timeout: number;
    readonly query_timeout: number;
    readonly application_name: string;
  }) => PgClient;
}

/** Asks one query again and again over one connection. */
export class PostgresQuery implements QueryConnection {
  readonly #client: PgClient;
  readonly #text: string;
  readonly #now: () => number;
  #broken: Error | null = null;

  private constructor(client: PgClient, text: string, now: () => number) {
    this.#client = client;
    this.#text = text;
    this.#now = now;
    // Without a listener a server that goes away would end the worker.
    client.on("error", (error) => (this.#broken = error));
  }

  /** Loads `pg` out of the first folder that has it, and connects. Throws PackageMissing, or what the client says. */
  static async open({ connectionString, query: text, deadlineMs, folders, clock }: Opening): Promise<PostgresQuery> {
    const { Client } = loadUserPackage("pg", folders) as PgModule;
    const client = new Client({
      connectionString,
      connectionTimeoutMillis: deadlineMs,
      statement_timeout: deadlineMs,
      query_timeout: deadlineMs,
      application_name: "gorgon",
    });
    const query = new PostgresQuery(client, text, () => clock.monotonic());
    try {
      await client.connect();
    } catch (error) {
      query.close();
      throw error;
    }
    return query;
  }

  async ask(): Promise<Answer> {
    if (this.#broken !== null) throw this.#broken;
    await this.#client.query("BEGIN READ ONLY");
    const began = this.#now();
    const { rowCount } = await this.#client.query({ text: this.#text, queryMode: "extended" });
    const latencyMs = this.#now() - began;
    await this.#client.query("ROLLBACK");
    return { latencyMs, rows: rowCount ?? 0 };
  }

  close(): void {
    // It may be closed already, or never have been open.
    this.#client.end().catch(() => undefined);
  }
}
