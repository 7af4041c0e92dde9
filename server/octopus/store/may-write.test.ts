/** Whoever leads writes: a store takes and gives back the right to write with its worker's place among the others. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ManualClock } from "../../host/manual-clock.ts";
import { METRICS, sample } from "./contract.ts";
import { openStore } from "./open.ts";
import type { SeriesStore } from "./store.ts";

const START = Date.UTC(2026, 0, 1);

let folder: string;
const stores: SeriesStore[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gorgon-may-write-"));
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  rmSync(folder, { recursive: true, force: true });
});

function open(mayWrite: () => boolean): SeriesStore {
  const clock = new ManualClock(START);
  const store = openStore({ path: path.join(folder, "state", "history.db"), clock, mayWrite });
  stores.push(store);
  return store;
}

test("a worker that does not lead does not write, though nobody else does", async () => {
  const store = open(() => false);
  store.append(START, [sample(1)], METRICS);
  await store.flush();
  expect(store.health().mode).not.toBe("writing");
});

test("the right to write goes from one to the other with the next flush of each", async () => {
  let leader = 1;
  const one = open(() => leader === 1);
  const two = open(() => leader === 2);
  await Promise.all([one.flush(), two.flush()]);
  expect([one.health().mode, two.health().mode]).toEqual(["writing", "following"]);
  leader = 2;
  await one.flush();
  await two.flush();
  expect([one.health().mode, two.health().mode]).toEqual(["following", "writing"]);
  two.append(START, [sample(2)], METRICS);
  await two.flush();
  await one.flush();
  expect((await one.series()).length).toBe(1);
});

test("one that only reads has what was written a moment ago when it is asked, however seldom it looks by itself", async () => {
  const one = open(() => true);
  const two = open(() => false);
  await two.flush();
  for (const [after, value] of [1, 2, 3].entries()) {
    one.append(START + after, [sample(value)], METRICS);
    await one.flush();
    const asked = {
      metric: sample(1).metric,
      match: {},
      from: START,
      to: START + 10,
      step: 0,
      aggregate: "avg",
    } as const;
    expect((await two.query(asked))[0]?.times).toHaveLength(value);
  }
});

test("a right that cannot be had leaves history in memory, with the reason", () => {
  const store = open(() => {
    throw Object.assign(new Error("permission denied, mkdir '/x'"), { code: "EACCES" });
  });
  expect(store.health()).toMatchObject({
    mode: "memory",
    reason: expect.stringContaining("permission denied") as string,
  });
});
