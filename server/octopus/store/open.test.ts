/** Opening a history: on disk where Node can, else in memory with the reason. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ManualClock } from "../../host/manual-clock.ts";
import { ask, METRICS, sample } from "./contract.ts";
import { openStore } from "./open.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gorgon-open-"));
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

it("is on disk where Node has SQLite", async () => {
  const store = openStore({ path: path.join(folder, "history.db"), clock: new ManualClock() });
  expect(store.health()).toMatchObject({ mode: "writing", reason: "" });
  await store.close();
});

it("is in memory where Node has none, says why and what to do, and answers all the same", async () => {
  vi.spyOn(process, "getBuiltinModule").mockImplementation(() => undefined);
  const clock = new ManualClock();
  const store = openStore({ path: path.join(folder, "history.db"), clock, retentionMs: 3_600_000 });
  expect(store.health()).toMatchObject({ mode: "memory", retentionMs: 3_600_000 });
  expect(store.health().reason).toMatch(/has no node:sqlite\. Use Node 22\.13 or later/);
  store.append(clock.now(), [sample(1)], METRICS);
  expect((await store.query(ask()))[0]?.values).toEqual([1]);
});
