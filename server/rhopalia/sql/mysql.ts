/** One query over the client `mysql2`, which the user installs: read only, one statement, under a deadline. */
import { loadUserPackage } from "../../host/user-package.ts";
import type { Answer, Opening, QueryConnection } from "./driver.ts";

type Done<T> = (error: Error | null, value: T) => void;

/** The parts of a `mysql2` connection that are used. */
interface MysqlClient {
  connect(done: (error: Error | null) => void): void;
  query(options: MysqlStatement, done: Done<unknown>): void;
  /** Through the protocol of prepared statements, which takes one statement alone. */
  execute(options: MysqlStatement, done: Done<unknown>): void;
  destroy(): void;
  on(event: "error", listener: (error: Error) => void): void;
}

interface MysqlStatement {
  readonly sql: string;
  readonly rowsAsArray: true;
}

interface MysqlModule {
  createConnection(options: {
    readonly uri: string;
    readonly connectTimeout: number;
    readonly connectAttributes: Readonly<Record<string, string>>;
  }): MysqlClient;
}

/**
 * Statements that give rows, behind comments and brackets. A transaction that may only read still lets LOCK TABLES, SET,
 * KILL and the like through, and none of them is undone when it ends. A comment that the server executes is none.
 */
const READS =
  /^(?:\s|\(|(?:--(?=\s)|#)[^\n]*\n|\/\*(?![!M])[^*]*(?:\*(?!\/)[^*]*)*\*\/)*(?:SELECT|WITH|SHOW|TABLE|VALUES|EXPLAIN|DESC|DESCRIBE)\b/i;

/** A statement was refused before it was sent. */
export class NotAReading extends Error {
  override readonly name = "NotAReading";
  constructor() {
    super("The query is not one that only reads. It must begin with SELECT, WITH, SHOW, TABLE, VALUES or EXPLAIN.");
  }
}

/** It took too long. */
export class DeadlineOver extends Error {
  override readonly name = "DeadlineOver";
  constructor(what: string, deadlineMs: number) {
    super(`Timeout: ${what} took longer than ${String(deadlineMs / 1000)} s.`);
  }
}

/** Asks MySQL or MariaDB one query again and again over one connection. */
export class MysqlQuery implements QueryConnection {
  readonly #client: MysqlClient;
  readonly #opening: Opening;
  #broken: Error | null = null;

  private constructor(client: MysqlClient, opening: Opening) {
    this.#client = client;
    this.#opening = opening;
    // Without a listener a server that goes away would end the worker.
    client.on("error", (error) => (this.#broken = error));
  }

  /** Loads `mysql2`, and connects. Throws NotAReading, PackageMissing, DeadlineOver, or what the client says. */
  static async open(opening: Opening): Promise<MysqlQuery> {
    if (!READS.test(opening.query)) throw new NotAReading();
    const driver = loadUserPackage("mysql2", opening.folders) as MysqlModule;
    const client = driver.createConnection({
      uri: opening.connectionString,
      connectTimeout: opening.deadlineMs,
      connectAttributes: { program_name: "gorgon" },
    });
    const query = new MysqlQuery(client, opening);
    try {
      await query.#withinDeadline("connecting", () => query.#connect());
    } catch (error) {
      query.close();
      throw error;
    }
    return query;
  }

  async #connect(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#client.connect((error) => {
        if (error) reject(error);
        else resolve();
      });
    });
    // The client may be cut off at any time; the server is to stop by itself then.
    const version = JSON.stringify(await this.#say("SELECT VERSION()"));
    const { deadlineMs } = this.#opening;
    await this.#say(
      /mariadb/i.test(version)
        ? `SET SESSION max_statement_time = ${String(deadlineMs / 1000)}`
        : `SET SESSION max_execution_time = ${String(deadlineMs)}`,
    );
    // Also of a transaction that a procedure or function begins.
    await this.#say("SET SESSION TRANSACTION READ ONLY");
  }

  ask(): Promise<Answer> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    return this.#withinDeadline("the query", async () => {
      const { clock, query } = this.#opening;
      await this.#say("START TRANSACTION READ ONLY");
      const began = clock.monotonic();
      const rows = await this.#say(query, "execute");
      const latencyMs = clock.monotonic() - began;
      await this.#say("ROLLBACK");
      return { latencyMs, rows: Array.isArray(rows) ? rows.length : 0 };
    });
  }

  close(): void {
    this.#client.destroy();
  }

  #say(sql: string, how: "query" | "execute" = "query"): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#client[how]({ sql, rowsAsArray: true }, (error, value) => {
        if (error) reject(error);
        else resolve(value);
      });
    });
  }

  /** Everything that is said together: the client's own timeouts cover connecting and single statements only. */
  async #withinDeadline<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { clock, deadlineMs } = this.#opening;
    const over = Promise.withResolvers<never>();
    const timer = clock.schedule(() => over.reject(new DeadlineOver(what, deadlineMs)), deadlineMs);
    try {
      return await Promise.race([work(), over.promise]);
    } finally {
      timer.dispose();
    }
  }
}
