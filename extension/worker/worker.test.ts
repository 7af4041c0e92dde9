/** The worker's life: start, crash, back-off, giving up, refusal. */
import { expect, test } from "vitest";
import { getState, stateChanged } from "../../protocol/messages/worker.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import { fakeWorld, HELLO } from "../testing/connection.ts";
import { stateOf } from "../testing/states.ts";
import { ManualTimers, settle } from "../testing/timers.ts";
import { fakeVscode } from "../testing/vscode.ts";
import { WorkerExited } from "./connection.ts";
import { Worker, WorkerNotRunning } from "./worker.ts";

function setUp() {
  const world = fakeWorld();
  const timers = new ManualTimers();
  const { channel, logged } = fakeVscode();
  const initialize = { protocol: 1, client: "0", logLevel: "info", settings: {}, workspaceFolders: [] } as const;
  const launchOptions = () => ({ execArgv: [], initialize });
  const worker = new Worker({ connect: world.connect, launchOptions, channel, timers });
  return { world, timers, worker, logged };
}

test("a worker that introduces itself is running", async () => {
  const { worker } = setUp();
  expect(worker.status).toEqual({ status: "starting", reason: "" });
  await worker.start();
  expect(worker.status).toEqual({ status: "running", reason: "", hello: HELLO });
});

test("a worker of another protocol is refused in plain words and ended", async () => {
  const { worker, world } = setUp();
  world.start = () => Promise.resolve({ ...HELLO, protocol: PROTOCOL_VERSION + 1 });
  await worker.start();
  expect(worker.status).toEqual({
    status: "down",
    reason: `The worker speaks protocol ${PROTOCOL_VERSION + 1}, this extension ${PROTOCOL_VERSION}: reload the window.`,
    mend: "reload",
  });
  expect(world.made[0]?.stopped).toBe(true);
});

test("a worker that refuses us for its protocol asks for a reload as well", async () => {
  const { worker, world } = setUp();
  world.start = () => Promise.reject(Object.assign(new Error("They are of different releases."), { code: -32600 }));
  await worker.start();
  expect(worker.status).toMatchObject({ status: "down", reason: "They are of different releases.", mend: "reload" });
});

test("a worker that says nothing of itself is refused", async () => {
  const { worker, world } = setUp();
  world.start = () => Promise.resolve(undefined);
  await worker.start();
  expect(worker.status).toMatchObject({ status: "down", mend: "reload" });
});

test("a rejected start is down with its reason, and is not tried again by itself", async () => {
  const { worker, world, timers } = setUp();
  world.start = () => Promise.reject(new Error("worker.cjs is missing. Reinstall the extension."));
  await worker.start();
  await timers.advance(600_000);
  expect(worker.status).toEqual({
    status: "down",
    reason: "worker.cjs is missing. Reinstall the extension.",
    mend: "restart",
  });
  expect(world.made).toHaveLength(1);
});

test("a start that hangs is down after its deadline, and its process is ended", async () => {
  const { worker, world, timers } = setUp();
  world.start = () => new Promise(() => undefined);
  void worker.start();
  await timers.advance(19_000);
  expect(worker.status.status).toBe("starting");
  await timers.advance(2000);
  expect(worker.status).toMatchObject({ status: "down", mend: "restart" });
  expect(world.made[0]?.stopped).toBe(true);
});

test("a client that cannot be loaded is down, not an unhandled rejection", async () => {
  const { timers } = setUp();
  const { channel } = fakeVscode();
  const worker = new Worker({
    connect: () => Promise.reject(new Error("Cannot find module './client.cjs'")),
    launchOptions: () => {
      throw new Error("never read");
    },
    channel,
    timers,
  });
  await worker.start();
  expect(worker.status.status).toBe("down");
});

test("after a crash it starts again in 1 s, then 2 s, 4 s and 8 s, and is given up at the fifth", async () => {
  const { worker, world, timers } = setUp();
  await worker.start();
  for (const [index, delay] of [1000, 2000, 4000, 8000].entries()) {
    world.made.at(-1)?.end();
    expect(worker.status.status).toBe("starting");
    expect(worker.status.reason).toContain("killed by SIGKILL");
    await timers.advance(delay - 1);
    expect(world.made).toHaveLength(index + 1);
    await timers.advance(1);
    expect(world.made).toHaveLength(index + 2);
    expect(worker.status.status).toBe("running");
  }
  world.made.at(-1)?.end({ code: 7, signal: null, said: "out of luck" });
  await timers.advance(600_000);
  expect(worker.status).toEqual({
    status: "down",
    reason: "The worker ended 5 times within 3 min, at last with exit code 7: out of luck.",
    mend: "restart",
  });
  expect(world.made).toHaveLength(5);
});

test("crashes far apart do not add up", async () => {
  const { worker, world, timers } = setUp();
  await worker.start();
  for (let crash = 0; crash < 10; crash += 1) {
    world.made.at(-1)?.end();
    await timers.advance(181_000);
    expect(worker.status.status).toBe("running");
  }
});

test("a process that ends while starting counts as a crash and is tried again", async () => {
  const { worker, world, timers } = setUp();
  // The client's bundle throws a class that is not ours, only named like it.
  const end = { code: 9, signal: null, said: "node: bad option: --foo" };
  const { name, message } = new WorkerExited(end);
  world.start = () => Promise.reject(Object.assign(new Error(message), { name, end }));
  await worker.start();
  expect(worker.status.reason).toBe("The worker ended (exit code 9: node: bad option: --foo); it starts again in 1 s.");
  world.start = () => Promise.resolve(HELLO);
  await timers.advance(1000);
  expect(worker.status.status).toBe("running");
});

test("restart ends the old worker, forgets the crashes and starts another at once", async () => {
  const { worker, world, timers } = setUp();
  await worker.start();
  for (let crash = 0; crash < 5; crash += 1) {
    world.made.at(-1)?.end();
    await timers.advance(10_000);
  }
  expect(worker.status.status).toBe("down");
  await worker.restart();
  expect(worker.status.status).toBe("running");
  world.made.at(-1)?.end();
  expect(worker.status.reason).toContain("starts again in 1 s");
});

test("a stopped worker stays stopped, whatever its process still does", async () => {
  const { worker, world, timers } = setUp();
  await worker.start();
  await worker.stop();
  expect(world.made[0]?.stopped).toBe(true);
  world.made[0]?.end();
  await timers.advance(60_000);
  expect(world.made).toHaveLength(1);
});

test("listeners hear every worker, also the one after a crash, and not the one before it", async () => {
  const { worker, world, timers } = setUp();
  const heard: number[] = [];
  worker.on(stateChanged, (state) => heard.push(state.time));
  await worker.start();
  world.made[0]?.say(stateChanged.method, stateOf(undefined, { time: 1 }));
  world.made[0]?.end();
  await timers.advance(1000);
  world.made[0]?.say(stateChanged.method, stateOf(undefined, { time: 2 }));
  world.made[1]?.say(stateChanged.method, stateOf(undefined, { time: 3 }));
  expect(heard).toEqual([1, 3]);
});

test("a question to a worker that is down says why it has no answer", async () => {
  const { worker, world } = setUp();
  await expect(worker.send(getState, null)).rejects.toThrow(new WorkerNotRunning("The worker is starting."));
  world.start = () => Promise.reject(new Error("No luck."));
  await worker.start();
  await expect(worker.send(getState, null)).rejects.toThrow("No luck.");
});

test("a question without an answer ends at its deadline", async () => {
  const { worker, world, timers } = setUp();
  await worker.start();
  world.answer = () => new Promise(() => undefined);
  const answer = worker.send(getState, null).catch((error: unknown) => String(error));
  await settle();
  await timers.advance(10_000);
  expect(await answer).toContain("did not answer gorgon/state/get within 10 s");
});
