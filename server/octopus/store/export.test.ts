/** Exports hold every sample once, in a form that comes back to the bit. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Attributes } from "../../../protocol/reading.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { METRICS, sample } from "./contract.ts";
import { exportCsv, exportNdjson, type ExportQuery } from "./export.ts";
import { MemoryStore } from "./memory.ts";
import { DuckDbMissing, exportParquet, loadDuckDb, parquetSql, type DuckDb } from "./parquet.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1, 0, 30);
const everything: ExportQuery = { match: {}, from: -Infinity, to: Infinity, step: 0, aggregate: "avg" };

function filled(): MemoryStore {
  const store = new MemoryStore({ clock: new ManualClock(START + 5 * HOUR) });
  for (let index = 0; index < 300; index++) {
    const values = [sample(index / 3, { mode: "user" }), sample(-0, { mode: 'a "quoted", name\r\n' })];
    store.append(START + index * 60_000, [...values, sample(index, {}, "system.network.io")], METRICS);
  }
  return store;
}

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

interface Row {
  readonly time: number;
  readonly metric: string;
  readonly attributes: Attributes;
  readonly value: number;
}

describe("an export", () => {
  it("as NDJSON has every sample once, to the bit, whatever the windows it is made in", async () => {
    const rows = (await all(exportNdjson(filled(), everything))).map((line) => JSON.parse(line) as Row);
    expect(rows).toHaveLength(900);
    const user = rows.filter((row) => row.attributes["mode"] === "user");
    expect(user.map((row) => row.time)).toEqual(Array.from({ length: 300 }, (_, index) => START + index * 60_000));
    expect(user.map((row) => row.value)).toEqual(Array.from({ length: 300 }, (_, index) => index / 3));
    expect(rows.some((row) => Object.is(row.value, -0))).toBe(true);
  });

  it("in steps has every step once, with its extremes", async () => {
    const query: ExportQuery = { ...everything, metrics: ["system.network.io"], step: HOUR, aggregate: "sum" };
    const rows = (await all(exportNdjson(filled(), query))).map((line) => JSON.parse(line) as Row & { max: number });
    expect(rows.map((row) => row.time)).toEqual([0, 1, 2, 3, 4, 5].map((hour) => START - HOUR / 2 + hour * HOUR));
    expect(rows.reduce((sum, row) => sum + row.value, 0)).toBe((299 * 300) / 2);
    expect(rows.at(-1)?.max).toBe(299);
  });

  it("as CSV quotes what must be quoted", async () => {
    const query: ExportQuery = { ...everything, from: START, to: START + 1, metrics: ["system.cpu.utilization"] };
    expect(await all(exportCsv(filled(), query))).toEqual([
      "time,metric,attributes,unit,value\r\n",
      '2026-01-01T00:30:00.000Z,system.cpu.utilization,"{""mode"":""a \\""quoted\\"", name\\r\\n""}",1,-0\r\n',
      '2026-01-01T00:30:00.000Z,system.cpu.utilization,"{""mode"":""user""}",1,0\r\n',
    ]);
  });

  it("as Parquet says what to install, and where, where DuckDB is not there", () => {
    expect(() => loadDuckDb(["/nowhere/gorgon"])).toThrow(DuckDbMissing);
    expect(() => loadDuckDb(["/nowhere/gorgon"])).toThrow("npm install --prefix /nowhere/gorgon @duckdb/node-api");
  });

  it("as Parquet gives DuckDB the rows, and closes it, also when it fails", async () => {
    const seen: string[] = [];
    const stand = (run: (sql: string) => void): DuckDb => {
      const connection = {
        run: (sql: string) => {
          run(sql);
          return Promise.resolve();
        },
        closeSync: () => void seen.push("connection closed"),
      };
      const instance = {
        connect: () => Promise.resolve(connection),
        closeSync: () => void seen.push("database closed"),
      };
      return { DuckDBInstance: { create: () => Promise.resolve(instance) } };
    };
    let lines = 0;
    await exportParquet(
      filled(),
      everything,
      "/tmp/it's.parquet",
      stand((sql) => {
        const file = /read_json\('([^']+)'/.exec(sql)?.[1] ?? "";
        lines = readFileSync(file, "utf8").trimEnd().split("\n").length;
        expect(sql).toBe(parquetSql(file, "/tmp/it's.parquet", false));
        expect(sql).toContain("TO '/tmp/it''s.parquet' (FORMAT parquet");
      }),
    );
    expect(lines).toBe(900);
    const broken = stand(() => {
      throw new Error("out of memory");
    });
    const failing = exportParquet(filled(), everything, "/tmp/none.parquet", broken);
    await expect(failing).rejects.toThrow("out of memory");
    expect(seen).toEqual(["connection closed", "database closed", "connection closed", "database closed"]);
  });
});
