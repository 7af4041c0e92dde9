/** What the worker is told of focus and dashboard, and when. */
import { expect, test } from "vitest";
import { attentionChanged } from "../../protocol/messages/worker.ts";
import { Signal } from "../signal.ts";
import { fakeWorld } from "../testing/connection.ts";
import { ManualTimers } from "../testing/timers.ts";
import { fakeVscode } from "../testing/vscode.ts";
import { AttentionTeller } from "./attention.ts";
import { readLaunchOptions } from "./settings.ts";
import { Worker } from "./worker.ts";

async function setUp() {
  const world = fakeWorld();
  const fake = fakeVscode();
  const timers = new ManualTimers();
  const launchOptions = () => readLaunchOptions(fake.vs, fake.channel, "0.1.0");
  const worker = new Worker({ connect: world.connect, launchOptions, channel: fake.channel, timers });
  const dashboard = { visible: false, onVisible: new Signal<void>() };
  const teller = new AttentionTeller({ vs: fake.vs, worker, dashboard, timers });
  await worker.start();
  await timers.advance(1000);
  const told = () =>
    world.made
      .at(-1)
      ?.told.filter(({ method }) => method === attentionChanged.method)
      .map(({ params }) => params) ?? [];
  const focus = (focused: boolean) => {
    fake.state.focused = focused;
    fake.events.windowState.fire({ focused });
  };
  const show = (visible: boolean) => {
    dashboard.visible = visible;
    dashboard.onVisible.fire();
  };
  return { fake, world, timers, worker, teller, told, focus, show };
}

test("a worker is told at its start", async () => {
  const { told } = await setUp();
  expect(told()).toEqual([{ focused: true, dashboardVisible: false, notifies: true }]);
});

test("a window that was left is told after a while, one that is back at once", async () => {
  const { timers, told, focus } = await setUp();
  focus(false);
  await timers.advance(4900);
  expect(told()).toHaveLength(1);
  await timers.advance(200);
  expect(told().at(-1)).toEqual({ focused: false, dashboardVisible: false, notifies: true });
  focus(true);
  await timers.advance(150);
  expect(told().at(-1)).toEqual({ focused: true, dashboardVisible: false, notifies: true });
});

test("a short look at another window is not worth a word", async () => {
  const { timers, told, focus } = await setUp();
  for (let look = 0; look < 3; look += 1) {
    focus(false);
    await timers.advance(2000);
    focus(true);
    await timers.advance(2000);
  }
  expect(told()).toHaveLength(1);
});

test("the dashboard counts by itself, also in a window without the focus", async () => {
  const { timers, told, focus, show } = await setUp();
  focus(false);
  show(true);
  await timers.advance(150);
  expect(told().at(-1)).toEqual({ focused: false, dashboardVisible: true, notifies: true });
  show(false);
  await timers.advance(5100);
  expect(told().at(-1)).toEqual({ focused: false, dashboardVisible: false, notifies: true });
});

test("a worker after a crash is told anew", async () => {
  const { world, timers, told } = await setUp();
  world.made[0]?.end();
  await timers.advance(2000);
  expect(world.made).toHaveLength(2);
  expect(told()).toEqual([{ focused: true, dashboardVisible: false, notifies: true }]);
});

test("a window whose notifications are switched off says so", async () => {
  const { fake, timers, told } = await setUp();
  fake.state.settings = { "gorgon.notifications.enabled": false };
  fake.events.configuration.fire({ affectsConfiguration: (one: string) => one === "gorgon.notifications" });
  await timers.advance(150);
  expect(told().at(-1)).toEqual({ focused: true, dashboardVisible: false, notifies: false });
});

test("nothing is told once it is disposed", async () => {
  const { timers, teller, told, focus } = await setUp();
  teller.dispose();
  focus(false);
  await timers.advance(10_000);
  expect(told()).toHaveLength(1);
});
