/** Reads the `sql` of the user's `gorgon.yaml`: queries whose latency is measured. One that is wrong is left out. */
import { t } from "@vscode/l10n";
import type { ConfigProblem } from "../../protocol/state.ts";
import { entriesOf, unknownKey } from "./layer.ts";
import { problem } from "./problem.ts";
import { parseInterval } from "./values.ts";

/** The clients that can be asked through. */
export const SQL_DRIVERS = ["pg", "mysql2"] as const;
export type SqlDriver = (typeof SQL_DRIVERS)[number];

/** A query that is asked again and again. */
export interface SqlQuery {
  /** Unique; the attribute `gorgon.sql.query` of its readings. */
  readonly id: string;
  /** The client's package: `pg` for PostgreSQL, `mysql2` for MySQL and MariaDB. */
  readonly driver: SqlDriver;
  /** The environment variable that holds the connection string, which never stands in a file. */
  readonly connection: string;
  /** One statement. It runs in a transaction that may only read. */
  readonly query: string;
  readonly deadlineMs: number;
}

const KNOWN = ["id", "driver", "connection", "query", "deadline"] as const;
/** Each holds a connection of the database's. */
const MAX_QUERIES = 8;
const MAX_QUERY = 10_000;
const MAX_DEADLINE_MS = 8000;
const DEFAULT_DEADLINE_MS = 5000;
const ID = /^[a-z][a-z0-9-]{0,63}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;

/** Checks the list. What is refused is told, with the mend. */
export function readSql(
  raw: unknown,
  file: string,
): { readonly queries: readonly SqlQuery[]; readonly problems: readonly ConfigProblem[] } {
  if (raw === undefined || raw === null) return { queries: [], problems: [] };
  if (!Array.isArray(raw)) {
    const message = t("It must be a list of queries, each with an id, a connection and a query.");
    return { queries: [], problems: [problem(file, "sql", raw, message)] };
  }
  const queries: SqlQuery[] = [];
  const problems: ConfigProblem[] = [];
  if (raw.length > MAX_QUERIES) {
    problems.push(problem(file, "sql", raw.length, t("Only the first {0} queries are asked.", MAX_QUERIES)));
  }
  for (const [index, item] of (raw as readonly unknown[]).slice(0, MAX_QUERIES).entries()) {
    const before = problems.length;
    const query = readQuery(item, `sql[${String(index)}]`, file, problems);
    if (query === null || problems.length > before) continue;
    if (queries.some((one) => one.id === query.id)) {
      problems.push(problem(file, `sql.${query.id}`, query.id, t("Another query has this id. This one is left out.")));
    } else queries.push(query);
  }
  return { queries, problems };
}

function readQuery(item: unknown, at: string, file: string, problems: ConfigProblem[]): SqlQuery | null {
  const entries = entriesOf(item);
  if (entries === null) {
    problems.push(problem(file, at, item, t("It must hold {0}. The query is left out.", KNOWN.join(", "))));
    return null;
  }
  for (const [name, value] of entries) {
    if (!KNOWN.some((known) => known === name)) problems.push(unknownKey(file, `${at}.`, name, value, KNOWN));
  }
  const given = new Map(entries);
  const text = (name: string): string => {
    const value = given.get(name);
    return typeof value === "string" ? value.trim() : "";
  };
  const refuse = (name: string, allowed: string, shown: unknown = given.get(name)): void => {
    problems.push(problem(file, `${at}.${name}`, shown, t("It must be {0}. The query is left out.", allowed)));
  };
  const [id, connection, query] = [text("id"), text("connection"), text("query")];
  if (!ID.test(id)) refuse("id", t("a name of small letters, digits and dashes"));
  if (!VARIABLE.test(connection)) {
    // It may be the connection string itself, with its password: it is not repeated.
    refuse(
      "connection",
      t("the name of an environment variable that holds the connection string, like ORDERS_URL"),
      "...",
    );
  }
  if (query === "" || query.length > MAX_QUERY) refuse("query", t("one SQL statement"));
  const wanted = given.get("driver") ?? "pg";
  const driver = SQL_DRIVERS.find((one) => one === wanted);
  if (driver === undefined) refuse("driver", t("{0} or {1}", ...SQL_DRIVERS));
  const deadline = given.has("deadline") ? parseInterval(given.get("deadline")) : null;
  if (deadline?.ok === false || (deadline?.ok === true && deadline.value > MAX_DEADLINE_MS)) {
    refuse("deadline", t("a time from {0} to {1}", "500ms", `${String(MAX_DEADLINE_MS / 1000)}s`));
  }
  const deadlineMs = deadline?.ok === true ? deadline.value : DEFAULT_DEADLINE_MS;
  return { id, driver: driver ?? "pg", connection, query, deadlineMs };
}
