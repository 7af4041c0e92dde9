/** The SQL sensor against a real PostgreSQL, through the real client. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { SqlQuery } from "../../server/config/sql.ts";
import { nodeHost } from "../../server/host/node.ts";
import { probe } from "../../server/rhopalia/probe.ts";
import type { Rhopalium } from "../../server/rhopalia/rhopalium.ts";
import { sqlSensor } from "../../server/rhopalia/sql/index.ts";
import { installClients, SERVICES } from "../services/install.ts";
import { type Postgres, startPostgres } from "../services/postgres.ts";

let postgres: Postgres | null = null;

beforeAll(async () => {
  installClients();
  postgres = await startPostgres();
});
afterAll(() => postgres?.close());

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
