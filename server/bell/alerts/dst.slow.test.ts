/** Where clocks are put forward in the night, waits and silences last as long as ever. A zone is set for a whole process. */
import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import type { DstNews } from "./dst-child.ts";

test.each([
  ["Europe/Berlin", [1, 3]],
  ["UTC", [0, 1]],
])("a for of one hour and a silence of two are that long in %s", (zone, wall) => {
  const child = path.join(import.meta.dirname, "dst-child.ts");
  const env = { ...process.env, TZ: zone };
  const out = execFileSync(process.execPath, ["--no-warnings", child], { env, encoding: "utf8" });
  const news = JSON.parse(out) as DstNews;
  expect(news.wall).toEqual(wall);
  expect(news.firedAfterHours).toBeCloseTo(1, 2);
  expect(news.silencedForHours).toBeCloseTo(2, 2);
});
