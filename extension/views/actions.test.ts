/** What a user does from the views: each names what it acts on, and none acts where the workspace is not trusted. */
import { describe, expect, test } from "vitest";
import {
  acknowledgeAlert,
  addSilence,
  endSilence,
  proposeConfigEdit,
  terminateProcess,
} from "../../protocol/messages/worker.ts";
import type { ProcessRow, WorkerState } from "../../protocol/state.ts";
import { alarmed, alertOf, silenceOf } from "../testing/alerts.ts";
import { stateOf } from "../testing/states.ts";
import { settle } from "../testing/timers.ts";
import { fakeWindow } from "../testing/window.ts";
import { acknowledge, parseDuration, silence, tomorrow, unsilence } from "./alert-actions.ts";
import { terminate, watchProcess } from "./process-actions.ts";
import { switchSensor } from "./sensor-switch.ts";

const HOUR = 3_600_000;
const NODE: ProcessRow = {
  ...{ pid: 4711, name: "node", detail: "server.js", startedAt: 1_700_000_000_000, threads: 7 },
  ...{ cpu: 0.5, memoryBytes: 2 ** 30, gpuMemoryBytes: null, ioRate: 0 },
};
const NODE_ELEMENT = "process 4711 1700000000000";

async function setUp(state: WorkerState) {
  const window = fakeWindow();
  const { worker, latest, timers, vs, say } = window;
  await worker.start();
  await say(state);
  return { ...window, targets: { vs, worker, latest, timers, author: "ada" } };
}

describe("acknowledging", () => {
  test("is of the alert that was clicked, in the user's name, and can be taken back", async () => {
    const { targets, asked } = await setUp(alarmed([alertOf("a"), alertOf("b")]));
    await acknowledge(targets, "alert b", false);
    await acknowledge(targets, "alert b", true);
    const ask = { alert: "b", by: "ada", note: "" };
    expect(asked(acknowledgeAlert)).toEqual([
      { ...ask, undo: false },
      { ...ask, undo: true },
    ]);
  });

  test("from the palette asks which, of those that wait for it", async () => {
    const seen = { by: "eve", at: 1, note: "" };
    const { targets, asked, fake } = await setUp(alarmed([alertOf("a", { acknowledged: seen }), alertOf("b")]));
    fake.state.picks = ["Disk /b"];
    await acknowledge(targets, undefined, false);
    expect(fake.state.pickItems.map(({ label }) => label)).toEqual(["Disk /b"]);
    expect(asked(acknowledgeAlert)).toMatchObject([{ alert: "b" }]);
    fake.state.picks = undefined;
    await acknowledge(targets, undefined, false);
    expect(asked(acknowledgeAlert)).toHaveLength(1);
  });

  test("of nothing, or of what is over, is said in words", async () => {
    const { targets, fake } = await setUp(alarmed([]));
    void acknowledge(targets, undefined, false);
    await settle();
    expect(fake.messages[0]?.text).toBe("Gorgon: no alert waits to be acknowledged.");
    await expect(acknowledge(targets, "alert gone", false)).rejects.toThrow("this alert is over.");
  });
});

describe("silencing", () => {
  test("is of the rule and its series, for as long as was picked, with the comment", async () => {
    const { targets, asked, fake, timers } = await setUp(alarmed([alertOf("a")]));
    fake.state.picks = ["For 4 h"];
    fake.state.inputs = ["moving files"];
    await silence(targets, "alert a");
    expect(asked(addSilence)).toEqual([
      {
        silence: {
          matchers: { rule: "disk", "system.filesystem.mountpoint": "/a" },
          startsAt: timers.now(),
          endsAt: timers.now() + 4 * HOUR,
          author: "ada",
          comment: "moving files",
        },
      },
    ]);
  });

  test("for a time of one's own takes minutes, hours and days, and nothing else", async () => {
    const { targets, asked, fake, timers } = await setUp(alarmed([alertOf("a")]));
    fake.state.picks = ["Custom…"];
    fake.state.inputs = ["90m", ""];
    await silence(targets, "alert a");
    expect(asked(addSilence)).toMatchObject([{ silence: { endsAt: timers.now() + 1.5 * HOUR, comment: "" } }]);
    const check = (value: string) => fake.boxes[0]?.validateInput?.(value);
    expect(check("2h")).toBeNull();
    expect(check("soon")).toContain("30m or 2h");
    expect(["1.5 d", "0h", "31d", "-2h", "1e3h", "2 weeks"].map(parseDuration)).toEqual([
      36 * HOUR,
      ...[null, null, null, null, null],
    ]);
  });

  test("until tomorrow ends the next morning", () => {
    const evening = new Date(2026, 10, 30, 23, 50).getTime();
    expect(new Date(tomorrow(evening))).toEqual(new Date(2026, 11, 1, 8));
  });

  test("is called off by Escape at any step", async () => {
    const { targets, asked, fake } = await setUp(alarmed([alertOf("a")]));
    await silence(targets, "alert a");
    fake.state.picks = ["Custom…"];
    fake.state.inputs = [undefined];
    await silence(targets, "alert a");
    fake.state.picks = ["For 1 h"];
    fake.state.inputs = [undefined];
    await silence(targets, "alert a");
    expect(asked(addSilence)).toEqual([]);
  });

  test("is ended at the silence itself or at an alert that it covers", async () => {
    const state = alarmed([alertOf("a", { silencedBy: "s1" })], { silences: [silenceOf("s1"), silenceOf("s2")] });
    const { targets, asked } = await setUp(state);
    await unsilence(targets, "alert a");
    await unsilence(targets, "silence s2");
    expect(asked(endSilence)).toEqual([{ id: "s1" }, { id: "s2" }]);
    await expect(unsilence(targets, "silence s3")).rejects.toThrow("over");
  });
});

describe("a process", () => {
  const state = stateOf(undefined, { processes: { time: 1, intervalMs: 10_000, rows: [NODE] } });

  /** The worker's answers to the asking and to the killing. */
  async function withOutcomes(...outcomes: readonly string[]) {
    const parts = await setUp(state);
    const left = [...outcomes];
    parts.world.answer = (method) => (method === terminateProcess.method ? { outcome: left.shift() } : state);
    return parts;
  }

  test("is asked to end after a question in the way that names it and says what happens", async () => {
    const { targets, asked, fake } = await withOutcomes("gone");
    const done = terminate(targets, NODE_ELEMENT);
    await settle();
    const [question] = fake.messages;
    expect(question).toMatchObject({
      kind: "warning",
      text: "Terminate node server.js (pid 4711)?",
      buttons: ["Terminate"],
    });
    expect(question?.modal?.detail).toContain("not saved may be lost");
    expect(asked(terminateProcess)).toEqual([]);
    question?.answer("Terminate");
    await done;
    expect(asked(terminateProcess)).toEqual([{ pid: 4711, startedAt: 1_700_000_000_000, force: false }]);
    expect(fake.messages[1]?.text).toBe("Gorgon: node server.js (pid 4711) has ended.");
  });

  test("is left alone when the question is closed", async () => {
    const { targets, asked, fake } = await withOutcomes();
    const done = terminate(targets, NODE_ELEMENT);
    await settle();
    fake.messages[0]?.answer(undefined);
    await done;
    expect(asked(terminateProcess)).toEqual([]);
  });

  test("that is still there is killed after a second question, and not without it", async () => {
    for (const answer of ["Kill", undefined]) {
      const { targets, asked, fake } = await withOutcomes("asked", "gone");
      const done = terminate(targets, NODE_ELEMENT);
      await settle();
      fake.messages[0]?.answer("Terminate");
      await settle();
      expect(fake.messages[1]).toMatchObject({
        buttons: ["Kill"],
        modal: { detail: expect.stringContaining("SIGKILL") as string },
      });
      fake.messages[1]?.answer(answer);
      await done;
      const forced = asked(terminateProcess).map((one) => (one as { force: boolean }).force);
      expect(forced).toEqual(answer === undefined ? [false] : [false, true]);
    }
  });

  test("that is not shown any more is not ended by its old row", async () => {
    const { targets, asked } = await withOutcomes();
    await expect(terminate(targets, "process 4711 1600000000000")).rejects.toThrow("not among those");
    expect(asked(terminateProcess)).toEqual([]);
  });

  test("is watched by its program's name, in an editor where the user decides", async () => {
    const { targets, asked, world, fake } = await setUp(state);
    world.answer = () => ({ path: "/home/ada/gorgon.yaml", exists: true, text: "watches: []\n", line: 0, id: "node" });
    await watchProcess(targets, NODE_ELEMENT);
    expect(asked(proposeConfigEdit)).toEqual([{ add: { watch: { title: "node", name: "node" } } }]);
    expect(fake.documents).toEqual(["file:/home/ada/gorgon.yaml"]);
    expect(fake.edits).toEqual([{ uri: "file:/home/ada/gorgon.yaml", text: "watches: []\n" }]);
  });
});

describe("a sensor", () => {
  const sensor = { crab: "sleeper", sensor: "thermal", ok: true, reason: "", intervalMs: 1, lastMs: 1, failures: 0 };

  test("is switched off and on in the user's own settings, whatever the workspace says", async () => {
    const { targets, fake } = await setUp(stateOf(undefined, { sensors: [sensor] }));
    fake.state.settings = { "gorgon.sensors.disabled": ["tcp"] };
    fake.state.workspaceSettings = { "gorgon.sensors.disabled": ["cpu"] };
    await switchSensor(targets, "sensor sleeper thermal", false);
    expect(fake.state.settings).toEqual({ "gorgon.sensors.disabled": ["tcp", "thermal"] });
    await switchSensor(targets, "sensor sleeper thermal", true);
    await switchSensor(targets, "sensor sleeper tcp", true);
    expect(fake.state.settings).toEqual({ "gorgon.sensors.disabled": undefined });
    expect(fake.state.workspaceSettings).toEqual({ "gorgon.sensors.disabled": ["cpu"] });
  });

  test("is picked from those that are on, or off", async () => {
    const { targets, fake } = await setUp(
      stateOf(undefined, { sensors: [sensor, { ...sensor, sensor: "tcp", off: true }] }),
    );
    fake.state.picks = ["thermal", "tcp"];
    await switchSensor(targets, undefined, false);
    expect(fake.state.pickItems.map(({ label }) => label)).toEqual(["thermal"]);
    await switchSensor(targets, undefined, true);
    expect(fake.state.pickItems.map(({ label }) => label)).toEqual(["tcp"]);
  });
});

test("nothing is done from a workspace that is not trusted, not even asked", async () => {
  const state = alarmed([alertOf("a", { silencedBy: "s1" })], { silences: [silenceOf("s1")] });
  const processes = { time: 1, intervalMs: 1, rows: [NODE] };
  const { targets, fake, world } = await setUp({ ...state, processes });
  fake.state.trusted = false;
  for (const act of [
    () => acknowledge(targets, "alert a", false),
    () => acknowledge(targets, undefined, true),
    () => silence(targets, "alert a"),
    () => unsilence(targets, "silence s1"),
    () => terminate(targets, NODE_ELEMENT),
    () => watchProcess(targets, NODE_ELEMENT),
  ]) {
    await expect(act()).rejects.toThrow(/not trusted.*Manage Workspace Trust/);
  }
  expect(fake.messages).toEqual([]);
  const methods = world.made.flatMap((one) => one.asked.map(({ method }) => method));
  expect(methods).toEqual(["gorgon/state/get"]);
});
