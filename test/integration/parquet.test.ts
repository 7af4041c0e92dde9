/** Real history through `gorgon export` into Parquet, written by the real DuckDB and read back by it. */
import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ManualClock } from "../../server/host/manual-clock.ts";
import { nodeHost } from "../../server/host/node.ts";
import { statePaths } from "../../server/host/paths.ts";
import { loadUserPackage } from "../../server/host/user-package.ts";
import { ChunkStore } from "../../server/octopus/store/chunk-store.ts";
import { homes, type User } from "../../server/cli/testing.ts";
import { installClients, SERVICES } from "../services/install.ts";
import { METRIC, METRICS, random, valueOf } from "../torture/known.ts";

/** The part of DuckDB that reads. */
interface Reader {
  readonly DuckDBInstance: {
    create(path: string): Promise<{
      connect(): Promise<{
        runAndReadAll(sql: string): Promise<{ getRowObjectsJS(): readonly Readonly<Record<string, unknown>>[] }>;
        closeSync(): void;
      }>;
      closeSync(): void;
    }>;
  };
}

const { user, remove } = homes();
const SAMPLES = 3000;
const NAMES = ["plain", `a "quoted", name's\r\n\\ é 数`];
const EDGES = [-0, Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 53 + 2, 1 / 3, 1e-7, 123456789.125];
const START = Date.UTC(2026, 2, 29, 0, 30, 0, 123);

const next = random(7);
const times: number[] = [];
for (let index = 0, time = START; index < SAMPLES; index++, time += 1995 + Math.floor(next() * 10)) times.push(time);
const value = (series: number, index: number): number => EDGES[index + series] ?? valueOf(series, index);

/** A user who has installed DuckDB as the message says, and has history. */
async function userWithHistory(): Promise<User & { file: string }> {
  const one = user();
  const folder = path.join(one.home, ".config", "gorgon");
  mkdirSync(folder, { recursive: true });
  symlinkSync(path.join(SERVICES, "node_modules"), path.join(folder, "node_modules"), "junction");
  const { history } = await statePaths({ ...nodeHost(), env: { HOME: one.home } });
  const store = new ChunkStore({ path: history, clock: new ManualClock(times.at(-1)) });
  for (const [index, time] of times.entries()) {
    const readings = NAMES.map((series, at) => ({ metric: METRIC, attributes: { series }, value: value(at, index) }));
    store.append(time, readings, METRICS);
  }
  await store.close();
  return { ...one, file: path.join(one.home, "history's.parquet") };
}

async function read(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { DuckDBInstance } = loadUserPackage("@duckdb/node-api", [SERVICES]) as Reader;
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJS();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

beforeAll(() => installClients());
afterAll(remove);

describe("gorgon export to Parquet", () => {
  test("has every sample once, bit for bit, at its time, under its names", async () => {
    const { run, file } = await userWithHistory();
    expect(await run(`export --format parquet --output ${file}`)).toMatchObject({ code: 0 });
    const types = await read(`DESCRIBE SELECT * FROM read_parquet(${quoted(file)})`);
    expect(types.map((row) => [row["column_name"], row["column_type"]])).toEqual([
      ["time", "TIMESTAMP WITH TIME ZONE"],
      ["metric", "VARCHAR"],
      ["attributes", "VARCHAR"],
      ["unit", "VARCHAR"],
      ["value", "DOUBLE"],
    ]);
    const rows = await read(
      `SELECT epoch_us(time)::DOUBLE AS us, metric, attributes, unit, value FROM read_parquet(${quoted(file)}) ORDER BY time`,
    );
    expect(rows).toHaveLength(NAMES.length * SAMPLES);
    for (const [at, name] of NAMES.entries()) {
      const own = rows.filter((row) => row["attributes"] === JSON.stringify({ series: name }));
      expect(own.map((row) => row["us"])).toEqual(times.map((time) => time * 1000));
      expect(own.filter((row, index) => !Object.is(row["value"], value(at, index)))).toEqual([]);
      expect(own.every((row) => row["metric"] === METRIC && row["unit"] === "1")).toBe(true);
    }
  });

  test("has every step with its extremes", async () => {
    const { run, file } = await userWithHistory();
    const done = await run(`export --format parquet --step 1h --aggregate count --match series=plain --output ${file}`);
    expect(done).toMatchObject({ code: 0 });
    const rows = await read(
      `SELECT epoch_ms(time)::DOUBLE AS ms, value, min, max FROM read_parquet(${quoted(file)}) ORDER BY time`,
    );
    const hour = 3_600_000;
    const first = Math.floor(START / hour) * hour;
    expect(rows.map((row) => row["ms"])).toEqual([first, first + hour, first + 2 * hour]);
    expect(rows.reduce((sum, row) => sum + Number(row["value"]), 0)).toBe(SAMPLES);
    const values = times.map((_, index) => value(0, index));
    expect(Math.max(...rows.map((row) => Number(row["max"])))).toBe(Math.max(...values));
    expect(Math.min(...rows.map((row) => Number(row["min"])))).toBe(Math.min(...values));
  });
});
