import { expect, test } from "vitest";
import { fixtureHost } from "../../host/fixture.ts";
import { probe } from "../probe.ts";
import { NoData } from "../rhopalium.ts";
import { sqlSensor } from "./index.ts";

const ORDERS = { id: "orders", driver: "pg", connection: "ORDERS_URL", query: "SELECT 1", deadlineMs: 1000 } as const;

test("without a query there is nothing to read", async () => {
  await expect(probe(sqlSensor(fixtureHost(), () => []))).rejects.toThrow(NoData);
});

test("a variable that is not set is named", async () => {
  const found = await probe(sqlSensor(fixtureHost({ env: { HOME: "/home/ada" } }), () => [ORDERS]));
  expect(found.reason).toContain("orders: The environment variable ORDERS_URL is not set");
});

test.each([
  ["pg", "postgres://..."],
  ["mysql2", "mysql://..."],
] as const)("a connection string for %s looks like %s", async (driver, like) => {
  const found = await probe(sqlSensor(fixtureHost({ env: { HOME: "/home/ada" } }), () => [{ ...ORDERS, driver }]));
  expect(found.reason).toContain(like);
});

test.each(["pg", "mysql2"] as const)(
  "%s that is not there is named with the command that installs it",
  async (driver) => {
    const host = fixtureHost({ env: { HOME: "/home/ada", ORDERS_URL: "postgres://ada:s3cret@db/orders" } });
    const found = await probe(sqlSensor(host, () => [{ ...ORDERS, driver }], { folders: ["/nowhere/gorgon"] }));
    expect(found.reason).toBe(
      `orders: The package ${driver} is not installed. Run: npm install --prefix /nowhere/gorgon ${driver}.`,
    );
  },
);
