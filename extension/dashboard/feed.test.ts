/** What the dashboard's page gets, how often, and when it gets nothing. */
import { expect, test } from "vitest";
import type { HistoryQuery } from "../../protocol/history.ts";
import { RANGES, type DashboardSnapshot } from "../../protocol/messages/webview.ts";
import { getAnnotations, getHistory, stateChanged } from "../../protocol/messages/worker.ts";
import { Mutes } from "../bell/mutes.ts";
import { fakeWorld } from "../testing/connection.ts";
import { stateOf } from "../testing/states.ts";
import { ManualTimers } from "../testing/timers.ts";
import { fakeVscode } from "../testing/vscode.ts";
import { LatestState } from "../worker/latest.ts";
import { Worker } from "../worker/worker.ts";
import { DashboardFeed } from "./feed.ts";
import { Pins } from "./pins.ts";
import { planOf, queriesOf } from "./queries.ts";

const NOTE = { id: 1, time: 5, end: null, kind: "alert", text: "Memory is running out", source: "memory" };

async function setUp() {
  const world = fakeWorld();
  const timers = new ManualTimers();
  const fake = fakeVscode();
  const initialize = { protocol: 1, client: "0", logLevel: "info", settings: {}, workspaceFolders: [] } as const;
  const launchOptions = () => ({ execArgv: [], initialize });
  const worker = new Worker({ connect: world.connect, launchOptions, channel: fake.channel, timers });
  const latest = new LatestState(worker, timers);
  const mutes = new Mutes(fake.memento);
  const pins = new Pins(fake.memento);
  world.answer = (method) => {
    if (method === getAnnotations.method) return { annotations: [NOTE] };
    return method === getHistory.method ? { frames: [[], [], [], []] } : stateOf();
  };
  await worker.start();
  await timers.advance(0);

  const posted: DashboardSnapshot[] = [];
  const page = { visible: true };
  const feed = new DashboardFeed(
    {
      visible: () => page.visible,
      post: (snapshot) => Promise.resolve(void posted.push(snapshot)),
    },
    { worker, latest, mutes, pins, mayAct: () => true, timers, log: () => undefined },
  );
  const tick = async (everyMs = 2000): Promise<void> => {
    await timers.advance(everyMs);
    world.made.at(-1)?.say(stateChanged.method, stateOf(undefined, { time: timers.now(), intervalMs: everyMs }));
    await timers.advance(0);
  };
  const questions = () => world.made.at(-1)?.asked.filter(({ method }) => method === getHistory.method) ?? [];
  return { world, timers, worker, latest, mutes, pins, posted, page, feed, tick, questions };
}

test("nothing is sent before the page woke", async () => {
  const { posted, tick } = await setUp();
  await tick();
  expect(posted).toEqual([]);
});

test("the page that woke gets state and history at once, then with every state", async () => {
  const { posted, feed, tick, timers } = await setUp();
  feed.wake(15);
  await timers.advance(0);
  expect(posted).toHaveLength(1);
  expect(posted[0]?.history?.annotations).toEqual([NOTE]);
  expect(posted[0]).toMatchObject({ type: "snapshot", range: 15, worker: { status: "running", reason: "" } });
  expect(posted[0]?.state).not.toBeNull();
  expect(posted[0]?.history?.step).toBe(5000);
  await tick();
  await tick();
  expect(posted).toHaveLength(3);
});

test("never more than four messages a second, and the last one is the newest", async () => {
  const { posted, feed, timers, tick, latest } = await setUp();
  feed.wake(1);
  await timers.advance(0);
  const before = posted.length;
  for (let state = 0; state < 100; state += 1) await tick(10);
  await timers.advance(250);
  expect(posted.length - before).toBeLessThanOrEqual(5); // 1.25 s
  expect(posted.length - before).toBeGreaterThanOrEqual(4);
  expect(posted.at(-1)?.state?.id).toBe(latest.last?.id);
});

test("a hidden page gets nothing and asks nothing of the worker", async () => {
  const { posted, page, feed, tick, timers, questions } = await setUp();
  feed.wake(1);
  await timers.advance(0);
  page.visible = false;
  const before = { posted: posted.length, asked: questions().length };
  for (let state = 0; state < 10; state += 1) await tick();
  expect({ posted: posted.length, asked: questions().length }).toEqual(before);
  page.visible = true;
  feed.wake(1);
  await timers.advance(0);
  expect(posted).toHaveLength(before.posted + 1);
});

test.each([
  [1, 30],
  [15, 30],
  [60, 7],
  [1440, 2],
] as const)("in a minute of the %i min range history is read about %i times", async (range, times) => {
  const { feed, tick, timers, questions, posted } = await setUp();
  feed.wake(range);
  await timers.advance(0);
  for (let state = 0; state < 30; state += 1) await tick();
  expect(questions().length).toBeGreaterThanOrEqual(times - 2);
  expect(questions().length).toBeLessThanOrEqual(times + 1);
  // Between two readings the states come with the history that is there.
  expect(posted.length).toBeGreaterThan(28);
  expect(posted.every((one) => one.history !== null)).toBe(true);
});

test("another range gets its own history and never that of the one before", async () => {
  const { feed, world, timers, posted } = await setUp();
  feed.wake(1440);
  await timers.advance(0);
  const held: ((value: unknown) => void)[] = [];
  world.answer = () => new Promise((resolve) => held.push(resolve));
  feed.wake(60);
  await timers.advance(300);
  feed.wake(1);
  const answer = { frames: [[], [], [], []], annotations: [] };
  world.answer = () => answer;
  for (const release of held) release(answer);
  await timers.advance(1000);
  expect(posted.filter((one) => one.range === 60)).toEqual([]);
  expect(posted.at(-1)).toMatchObject({ range: 1, history: { step: 2000 } });
});

test("a worker that ends is said so with its reason, beside the last numbers", async () => {
  const { feed, world, timers, posted } = await setUp();
  feed.wake(1);
  await timers.advance(0);
  world.start = () => Promise.reject(new Error("No luck."));
  world.made[0]?.end();
  await timers.advance(2000);
  expect(posted.at(-1)?.worker).toEqual({ status: "down", reason: "No luck." });
  expect(posted.at(-1)?.state).not.toBeNull();
});

test("a worker that hangs is said so", async () => {
  const { feed, timers, posted } = await setUp();
  feed.wake(1);
  await timers.advance(15_000);
  expect(posted.at(-1)?.worker).toMatchObject({ status: "running" });
  expect(posted.at(-1)?.worker.reason).toContain("has not answered for");
});

test("history that cannot be read does not keep the state away", async () => {
  const { feed, world, timers, posted } = await setUp();
  world.answer = () => Promise.reject(new Error("store is closed"));
  feed.wake(1);
  await timers.advance(0);
  expect(posted[0]).toMatchObject({ history: null, worker: { status: "running" } });
});

test("pinned charts bring the frames of their own series, and no others", async () => {
  const { feed, pins, world, timers, posted } = await setUp();
  const frame = (attributes: Record<string, string>) => ({
    ...{ metric: "a.b", attributes, unit: "1", times: [], values: [], min: [], max: [] },
  });
  world.answer = (method, params) => {
    if (method === getAnnotations.method) return { annotations: [] };
    const { queries } = params as { queries: readonly HistoryQuery[] };
    return { frames: queries.map(({ metric }) => (metric === "a.b" ? [frame({}), frame({ more: "x" })] : [])) };
  };
  feed.wake(15);
  await timers.advance(0);
  await pins.add({ id: "p", series: [{ metric: "a.b", attributes: {} }] });
  await timers.advance(300);
  expect(posted.at(-1)?.pins?.map((pin) => pin.id)).toEqual(["p"]);
  expect(posted.at(-1)?.pinned).toEqual({ p: [frame({})] });
  expect(posted.at(-1)).toMatchObject({ mayAct: true, versions: { worker: "0.1.0" } });
});

test("a mute is shown at once", async () => {
  const { feed, mutes, timers, posted } = await setUp();
  feed.wake(1);
  await timers.advance(300);
  await mutes.set("cpu", true);
  await timers.advance(300);
  expect(posted.at(-1)?.muted).toEqual(["cpu"]);
});

test("no range asks for more than 360 points a series, at any interval", () => {
  for (const range of RANGES) {
    for (const interval of [500, 2000, 30_000]) {
      const plan = planOf(range, interval);
      expect(plan.spanMs / (plan.step === 0 ? interval : plan.step)).toBeLessThanOrEqual(360);
      for (const query of queriesOf(plan, 1_700_000_001_234)) check(query, plan.spanMs);
    }
  }
});

function check(query: HistoryQuery, spanMs: number): void {
  expect(query.to - query.from).toBe(spanMs);
  // The newest sample is inside: `to` is exclusive.
  expect(query.to).toBeGreaterThan(1_700_000_001_234);
  if (query.step > 0) expect(query.to % query.step).toBe(0);
}
