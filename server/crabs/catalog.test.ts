import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { fixtureHost } from "../host/fixture.ts";
import { gpuSensor } from "../rhopalia/gpu/index.ts";
import { hostSensors, slowSensors } from "../rhopalia/index.ts";
import { builtInMetrics } from "./catalog.ts";

test.each(["linux", "darwin", "win32"] as const)("every metric of every sensor of %s is in the catalog", (platform) => {
  const host = fixtureHost({ platform, files: {} });
  const sensors = [...hostSensors(host), ...slowSensors(host), gpuSensor(host)];
  const known = builtInMetrics();
  const given = sensors.flatMap((sensor) => sensor.metrics.map(({ name }) => name));
  expect(given.length).toBeGreaterThan(20);
  expect(given.filter((name) => !known.has(name))).toEqual([]);
  for (const sensor of sensors) sensor.dispose();
});

test("every sensor has its place in the catalog", () => {
  const folder = path.join(import.meta.dirname, "../rhopalia");
  const sensors = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !["fixtures", "recorded"].includes(entry.name),
  );
  const catalog = readFileSync(path.join(import.meta.dirname, "catalog.ts"), "utf8");
  for (const { name } of sensors) expect(catalog).toContain(`/rhopalia/${name}/`);
});
