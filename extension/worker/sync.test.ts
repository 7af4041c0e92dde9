/** What the worker is told when VS Code's settings, folders, trust or log level change. */
import { expect, test } from "vitest";
import { setContext, setLogLevel } from "../../protocol/messages/worker.ts";
import type { ConfigProblem } from "../../protocol/state.ts";
import { fakeWorld } from "../testing/connection.ts";
import { ManualTimers } from "../testing/timers.ts";
import { fakeVscode } from "../testing/vscode.ts";
import { readContext, readLaunchOptions } from "./settings.ts";
import { WorkerSync } from "./sync.ts";
import { Worker } from "./worker.ts";

async function setUp() {
  const world = fakeWorld();
  const fake = fakeVscode();
  const timers = new ManualTimers();
  const problems: ConfigProblem[] = [];
  const launchOptions = () => readLaunchOptions(fake.vs, fake.channel, "0.1.0");
  const worker = new Worker({ connect: world.connect, launchOptions, channel: fake.channel, timers });
  const onProblems = (found: readonly ConfigProblem[]) => void problems.push(...found);
  const sync = new WorkerSync({ vs: fake.vs, worker, channel: fake.channel, timers, onProblems });
  world.answer = () => ({ problems: [] });
  await worker.start();
  await timers.advance(1000);
  const change = () => fake.events.configuration.fire({ affectsConfiguration: (one) => one === "gorgon" });
  const contexts = () => world.made.at(-1)?.asked.filter(({ method }) => method === setContext.method) ?? [];
  return { world, fake, timers, worker, sync, problems, change, contexts };
}

test("only what the user set is sent, so that files and defaults can decide the rest", () => {
  const fake = fakeVscode();
  expect(readContext(fake.vs).settings).toEqual({});
  fake.state.settings = { "gorgon.cpu.warn": 50, "gorgon.history.enabled": false };
  expect(readContext(fake.vs).settings).toEqual({ cpu: { warn: 50 }, historyEnabled: false });
});

test("folders are sent when they are trusted and on this machine's disk", () => {
  const fake = fakeVscode();
  fake.state.folders = [
    { name: "here", uri: { scheme: "file", fsPath: "/here" } },
    { name: "there", uri: { scheme: "vscode-vfs", fsPath: "/there" } },
  ];
  expect(readContext(fake.vs).workspaceFolders).toEqual([{ name: "here", path: "/here" }]);
  fake.state.trusted = false;
  expect(readContext(fake.vs).workspaceFolders).toEqual([]);
});

test("a burst of changes is sent once, complete, and only when something differs", async () => {
  const { fake, timers, change, contexts } = await setUp();
  const before = contexts().length;
  fake.state.settings = { "gorgon.interval": 5 };
  for (let stroke = 0; stroke < 5; stroke += 1) {
    change();
    await timers.advance(100);
  }
  await timers.advance(1000);
  change();
  await timers.advance(1000);
  expect(contexts()).toHaveLength(before + 1);
  expect(contexts().at(-1)?.params).toEqual({ settings: { interval: 5 }, workspaceFolders: [], trusted: true });
});

test("what the worker refused is passed on", async () => {
  const { world, fake, timers, change, problems } = await setUp();
  const problem = { source: "setting", key: "interval", value: "-1", message: "must be positive" };
  world.answer = () => ({ problems: [problem] });
  fake.state.settings = { "gorgon.interval": -1 };
  change();
  await timers.advance(1000);
  expect(problems).toEqual([problem]);
});

test("granted trust brings the folders", async () => {
  const { fake, timers, contexts } = await setUp();
  fake.state.folders = [{ name: "here", uri: { scheme: "file", fsPath: "/here" } }];
  fake.events.trust.fire(undefined);
  await timers.advance(1000);
  expect(contexts().at(-1)?.params).toMatchObject({ workspaceFolders: [{ name: "here", path: "/here" }] });
});

test("the log level follows the output channel", async () => {
  const { world, fake } = await setUp();
  fake.events.logLevel.fire(1);
  expect(world.made[0]?.told).toEqual([{ method: setLogLevel.method, params: { level: "trace" } }]);
});

test("other arguments for Node restart the worker with them", async () => {
  const { world, fake, timers, change } = await setUp();
  fake.state.settings = { "gorgon.server.execArgv": ["--max-old-space-size=128", 7] };
  change();
  await timers.advance(1000);
  expect(world.made).toHaveLength(2);
  expect(world.made[1]?.options.execArgv).toEqual(["--max-old-space-size=128"]);
});

test("a context that did not arrive is sent again with the next change", async () => {
  const { world, fake, timers, change, contexts } = await setUp();
  world.answer = () => Promise.reject(new Error("busy"));
  fake.state.settings = { "gorgon.interval": 5 };
  change();
  await timers.advance(1000);
  world.answer = () => ({ problems: [] });
  const before = contexts().length;
  change();
  await timers.advance(1000);
  expect(contexts()).toHaveLength(before + 1);
});
