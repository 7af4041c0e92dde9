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

test("a driver that is not there is named with the command that installs it", async () => {
  const host = fixtureHost({ env: { HOME: "/home/ada", ORDERS_URL: "postgres://ada:s3cret@db/orders" } });
  const found = await probe(sqlSensor(host, () => [ORDERS], { folders: ["/nowhere/gorgon"] }));
  expect(found.reason).toBe("orders: The package pg is not installed. Run: npm install --prefix /nowhere/gorgon pg.");
});
