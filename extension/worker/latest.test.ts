/** The newest state, and the silence of a worker that hangs. */
import { expect, test } from "vitest";
import { collectNow, getState, stateChanged } from "../../protocol/messages/worker.ts";
import { fakeWorld } from "../testing/connection.ts";
import { stateOf } from "../testing/states.ts";
import { ManualTimers } from "../testing/timers.ts";
import { fakeVscode } from "../testing/vscode.ts";
import { LatestState } from "./latest.ts";
import { Worker } from "./worker.ts";

async function setUp() {
  const world = fakeWorld();
  const timers = new ManualTimers();
  const initialize = { protocol: 1, client: "0", logLevel: "info", settings: {}, workspaceFolders: [] } as const;
  const launchOptions = () => ({ execArgv: [], initialize });
  const worker = new Worker({ connect: world.connect, launchOptions, channel: fakeVscode().channel, timers });
  const latest = new LatestState(worker, timers);
  world.answer = (method) => (method === getState.method ? stateOf(undefined, { time: 1 }) : null);
  await worker.start();
  await timers.advance(0);
  return { world, timers, worker, latest };
}

test("a running worker is asked at once, so that the bell need not wait an interval", async () => {
  const { latest } = await setUp();
  expect(latest.last?.time).toBe(1);
});

test("a newer state replaces an older one, and one that came twice is news once", async () => {
  const { latest, world } = await setUp();
  let changes = 0;
  latest.onChange.on(() => (changes += 1));
  world.made[0]?.say(stateChanged.method, stateOf(undefined, { time: 5 }));
  world.made[0]?.say(stateChanged.method, stateOf(undefined, { time: 5 }));
  expect(latest.last?.time).toBe(5);
  expect(changes).toBe(1);
});

test("after a crash the old numbers are kept as the last ones but are not the present ones", async () => {
  const { latest, world, timers } = await setUp();
  expect(latest.now?.time).toBe(1);
  world.answer = () => null;
  world.made[0]?.end();
  expect(latest.now).toBeNull();
  await timers.advance(1500);
  expect(latest.now).toBeNull();
  expect(latest.last?.time).toBe(1);
  world.made[1]?.say(stateChanged.method, stateOf(undefined, { time: 2 }));
  expect(latest.now?.time).toBe(2);
});

test("a worker that hangs is noticed after ten seconds, and believed again when it speaks", async () => {
  const { latest, world, timers } = await setUp();
  const from = timers.now();
  await timers.advance(9000);
  expect(latest.silentSince).toBeNull();
  await timers.advance(1500);
  expect(latest.silentSince).toBe(from);
  world.made[0]?.say(stateChanged.method, stateOf(undefined, { time: 6 }));
  expect(latest.silentSince).toBeNull();
});

test("with a long interval the worker may be silent for three of them", async () => {
  const { latest, world, timers } = await setUp();
  world.made[0]?.say(stateChanged.method, stateOf(undefined, { time: 6, intervalMs: 60_000 }));
  await timers.advance(170_000);
  expect(latest.silentSince).toBeNull();
  await timers.advance(11_000);
  expect(latest.silentSince).not.toBeNull();
});

test("a poll on demand brings its state", async () => {
  const { latest, world } = await setUp();
  world.answer = (method) => (method === collectNow.method ? stateOf(undefined, { time: 9 }) : null);
  await latest.poll();
  expect(latest.last?.time).toBe(9);
});
