/** The SQL sensor against a real PostgreSQL and a real MariaDB, through the real clients. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { SqlQuery } from "../../server/config/sql.ts";
import { nodeHost } from "../../server/host/node.ts";
import { probe } from "../../server/rhopalia/probe.ts";
import type { Rhopalium } from "../../server/rhopalia/rhopalium.ts";
import { sqlSensor } from "../../server/rhopalia/sql/index.ts";
import { installClients, SERVICES } from "../services/install.ts";
import { type Mariadb, startMariadb } from "../services/mariadb.ts";
import { type Postgres, startPostgres } from "../services/postgres.ts";

let postgres: Postgres | null = null;
let mariadb: Mariadb | null = null;

beforeAll(async () => {
  installClients();
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariadb()]);
}, 60_000);
afterAll(async () => {
  await postgres?.close();
  await mariadb?.close();
});

const sensors: Rhopalium[] = [];
afterEach(() => {
  for (const sensor of sensors.splice(0)) sensor.dispose();
});

function asking(query: string, more: Partial<SqlQuery> = {}, url = postgres?.url): Rhopalium {
  const host = { ...nodeHost(), env: { HOME: "/nowhere", TEST_URL: url } };
  const one: SqlQuery = { id: "test", driver: "pg", connection: "TEST_URL", query, deadlineMs: 2000, ...more };
  const sensor = sqlSensor(host, () => [one], { folders: [SERVICES] });
  sensors.push(sensor);
  return sensor;
}

function mariadbUrl(): string {
  if (mariadb === null) throw new Error("MariaDB has not started");
  return mariadb.url;
}

function askingMariadb(query: string, more: Partial<SqlQuery> = {}, url = mariadbUrl()): Rhopalium {
  return asking(query, { driver: "mysql2", ...more }, url);
}

const of = { "gorgon.sql.query": "test" };

describe("a query to PostgreSQL", () => {
  test("is measured again and again over one connection", async () => {
    const sensor = asking("SELECT pg_sleep(0.1), pg_backend_pid() FROM generate_series(1, 2)");
    const found = await probe(sensor);
    expect(found.value("gorgon.sql.latency", of)).toBeGreaterThanOrEqual(0.2);
    expect(found.value("gorgon.sql.rows", of)).toBe(2);
    const backends = asking(
      "SELECT * FROM pg_stat_activity WHERE application_name = 'gorgon' AND query LIKE '%pg_sleep(0.1)%' AND pid <> pg_backend_pid() OR query = 'ROLLBACK'",
    );
    await probe(sensor);
    expect((await probe(backends)).value("gorgon.sql.rows", of)).toBe(1);
  });

  test.each([
    ["writes", "CREATE TABLE x (y int)", "read-only transaction"],
    [
      "writes within a WITH",
      "WITH gone AS (DELETE FROM pg_class RETURNING 1) SELECT * FROM gone",
      "read-only transaction",
    ],
    ["is two statements", "SELECT 1; SELECT 2", "multiple commands"],
    ["leads out of its transaction", "ROLLBACK; CREATE TABLE x (y int)", "multiple commands"],
    ["is no SQL", "SELEC 1", "syntax error"],
  ])("that %s is refused, and by name", async (_what, query, words) => {
    const { reason, readings } = await probe(asking(query));
    expect(reason).toMatch(/^test: /);
    expect(reason).toContain(words);
    expect(readings).toEqual([]);
  });

  test("that takes too long is cut at its deadline, and the next one is well", async () => {
    const sensor = asking("SELECT pg_sleep(60)", { deadlineMs: 500 });
    const began = performance.now();
    expect((await probe(sensor)).reason).toMatch(/timeout/i);
    expect(performance.now() - began).toBeLessThan(5000);
    expect((await probe(asking("SELECT 1"))).reason).toBe("");
  });

  test("is never asked twice at a time", async () => {
    const sensor = asking("SELECT pg_sleep(1)");
    const first = probe(sensor);
    expect((await probe(sensor)).reason).toContain("has not ended yet");
    expect((await first).reason).toBe("");
  });

  test("connects again after the server was away, and says why meanwhile", async () => {
    const sensor = asking("SELECT 1");
    expect((await probe(sensor)).reason).toBe("");
    await postgres?.crash();
    expect((await probe(sensor)).reason).not.toBe("");
    expect((await probe(sensor)).reason).toContain("ECONNREFUSED");
    await postgres?.start();
    await expect.poll(async () => (await probe(sensor)).reason, { timeout: 5000 }).toBe("");
  });

  test("that cannot connect never shows the password", async () => {
    const url = "postgres://gorgon:s3cret@127.0.0.1:1/s3cret";
    const { reason } = await probe(asking("SELECT 1", {}, url));
    expect(reason).toContain("ECONNREFUSED");
    expect(reason).not.toContain("s3cret");
  });
});

describe("a query to MariaDB", () => {
  test("is measured again and again over one connection", async () => {
    const sensor = askingMariadb("SELECT id, SLEEP(0.1) FROM orders WHERE id < 3");
    const found = await probe(sensor);
    expect(found.value("gorgon.sql.latency", of)).toBeGreaterThanOrEqual(0.2);
    expect(found.value("gorgon.sql.rows", of)).toBe(2);
    await probe(sensor);
    const others = "SELECT id FROM information_schema.processlist WHERE user = 'gorgon' AND id <> CONNECTION_ID()";
    expect((await probe(askingMariadb(others))).value("gorgon.sql.rows", of)).toBe(1);
  });

  test.each([
    ["SELECT 1"],
    ["  -- why\n# and how\n/* many */ (SELECT 1)"],
    ["with a as (select 1) select * from a"],
    ["SHOW STATUS LIKE 'Uptime'"],
    ["VALUES (1)"],
    ["EXPLAIN SELECT 1"],
  ])("that reads is let through: %s", async (query) => {
    const found = await probe(askingMariadb(query));
    expect(found.reason).toBe("");
    expect(found.value("gorgon.sql.rows", of)).toBe(1);
  });

  test.each([
    ["writes", "CREATE TABLE x (y int)", "not one that only reads"],
    ["changes what later queries may do", "SET SESSION TRANSACTION READ WRITE", "not one that only reads"],
    ["would hold others up", "LOCK TABLES orders WRITE", "not one that only reads"],
    ["hides a statement in a comment", "/*! DELETE FROM orders */", "not one that only reads"],
    ["hides one in MariaDB's own comment", "/*M! DELETE FROM orders */", "not one that only reads"],
    ["writes within a function", "SELECT sneak()", "READ ONLY transaction"],
    ["is two statements", "SELECT 1; DELETE FROM orders", "error in your SQL syntax"],
    ["leads out of its transaction", "SELECT 1; COMMIT; DELETE FROM orders", "error in your SQL syntax"],
    ["is no SQL", "SELECT FROM WHERE", "error in your SQL syntax"],
  ])("that %s is refused, and by name", async (_what, query, words) => {
    // Whoever wrote the connection string may want several statements elsewhere.
    const { reason, readings } = await probe(askingMariadb(query, {}, `${mariadbUrl()}?multipleStatements=true`));
    expect(reason).toMatch(/^test: /);
    expect(reason).toContain(words);
    expect(readings).toEqual([]);
    expect((await probe(askingMariadb("SELECT id FROM orders"))).value("gorgon.sql.rows", of)).toBe(3);
  });

  test("that takes too long is cut at its deadline, by the server too, and the next one is well", async () => {
    const sensor = askingMariadb("SELECT SLEEP(60), 'slow'", { deadlineMs: 500 });
    const began = performance.now();
    expect((await probe(sensor)).reason).toMatch(/timeout|max_statement_time/i);
    expect(performance.now() - began).toBeLessThan(5000);
    const running = askingMariadb(
      "SELECT id FROM information_schema.processlist WHERE info LIKE '%''slow''' AND id <> CONNECTION_ID()",
    );
    await expect.poll(async () => (await probe(running)).value("gorgon.sql.rows", of), { timeout: 5000 }).toBe(0);
  });

  test("is never asked twice at a time", async () => {
    const sensor = askingMariadb("SELECT SLEEP(1)");
    const first = probe(sensor);
    expect((await probe(sensor)).reason).toContain("has not ended yet");
    expect((await first).reason).toBe("");
  });

  test("connects again after the server was away, and says why meanwhile", async () => {
    const sensor = askingMariadb("SELECT 1");
    expect((await probe(sensor)).reason).toBe("");
    await mariadb?.crash();
    expect((await probe(sensor)).reason).not.toBe("");
    expect((await probe(sensor)).reason).toContain("ECONNREFUSED");
    await mariadb?.start();
    await expect.poll(async () => (await probe(sensor)).reason, { timeout: 5000 }).toBe("");
  });

  test("gives up on a server that takes the call and says nothing", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const url = `mysql://gorgon:s3cret@127.0.0.1:${String(port)}/shop`;
    const { reason } = await probe(askingMariadb("SELECT 1", { deadlineMs: 500 }, url));
    silent.close();
    expect(reason).toMatch(/timeout|ETIMEDOUT/i);
  });

  test("that is not let in never shows the password", async () => {
    const { reason } = await probe(askingMariadb("SELECT 1", {}, mariadbUrl().replace("s3cret", "wr0ng")));
    expect(reason).toContain("Access denied");
    expect(reason).not.toContain("wr0ng");
  });
});
