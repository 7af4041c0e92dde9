import { expect, test } from "vitest";
import { readSql } from "./sql.ts";

const FILE = "gorgon.yaml";
const ORDERS = { id: "orders", connection: "ORDERS_URL", query: "SELECT count(*) FROM orders" };

test("a query needs an id, a variable and a statement, and has a deadline of its own", () => {
  const entry = new Map(Object.entries({ ...ORDERS, deadline: "2s" }));
  const { queries, problems } = readSql([entry], FILE);
  expect(problems).toEqual([]);
  expect(queries).toEqual([{ ...ORDERS, driver: "pg", deadlineMs: 2000 }]);
  expect(readSql([ORDERS], FILE).queries[0]?.deadlineMs).toBe(5000);
  expect(readSql(undefined, FILE).queries).toEqual([]);
});

test("the driver is pg unless another is named", () => {
  expect(readSql([{ ...ORDERS, driver: "mysql2" }], FILE)).toEqual({
    queries: [{ ...ORDERS, driver: "mysql2", deadlineMs: 5000 }],
    problems: [],
  });
  expect(readSql([ORDERS], FILE).queries[0]?.driver).toBe("pg");
});

test.each([
  ["no list", "orders", "list of queries"],
  ["an id with blanks", [{ ...ORDERS, id: "my orders" }], "small letters"],
  ["no query", [{ ...ORDERS, query: "" }], "one SQL statement"],
  ["another driver", [{ ...ORDERS, driver: "oracle" }], "It must be pg or mysql2"],
  ["a deadline longer than a poll has time", [{ ...ORDERS, deadline: "1m" }], "500ms to 8s"],
  ["a word that is not known", [{ ...ORDERS, qurey: "x" }], "Did you mean query"],
  ["an id that is taken", [ORDERS, ORDERS], "Another query has this id"],
])("%s is refused by name", (_what, raw, words) => {
  const { queries, problems } = readSql(raw, FILE);
  expect(problems[0]?.message).toContain(words);
  expect(queries.length).toBeLessThan(2);
});

test("a connection string in the file is refused, and not repeated", () => {
  const { queries, problems } = readSql([{ ...ORDERS, connection: "postgres://ada:s3cret@db/orders" }], FILE);
  expect(queries).toEqual([]);
  expect(problems[0]?.message).toContain("the name of an environment variable");
  expect(JSON.stringify(problems)).not.toContain("s3cret");
});
