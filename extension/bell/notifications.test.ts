/** When a notification comes, when it does not, and what its buttons do. */
import { expect, test } from "vitest";
import type { Level } from "../../protocol/level.ts";
import { stateOf, verdict } from "../testing/states.ts";
import { settle } from "../testing/timers.ts";
import { fakeVscode } from "../testing/vscode.ts";
import { Mutes } from "./mutes.ts";
import { pickMutes, pickUnmutes } from "./muting.ts";
import { Notifications } from "./notifications.ts";

function setUp() {
  const fake = fakeVscode();
  const mutes = new Mutes(fake.memento);
  const notifications = new Notifications(fake.vs, mutes);
  let time = 1_700_000_000_000;
  const see = (level: Level, afterMs = 2000, id = "cpu"): void => {
    time += afterMs;
    notifications.see(stateOf([verdict(id, level, 0.95)], { time }));
  };
  /** A state of a worker that has just started. */
  const opening = (level: Level, uptimeMs: number): void => {
    time += 2000;
    const young = { ...stateOf().self, uptimeMs };
    notifications.see(stateOf([verdict("cpu", level, 0.95)], { time, self: young }));
  };
  return { fake, mutes, see, opening };
}

test("a CRIT is told once, also when the first state has it", () => {
  const { fake, see } = setUp();
  see("CRIT");
  see("CRIT");
  expect(fake.messages).toHaveLength(1);
  expect(fake.messages[0]).toMatchObject({
    kind: "warning",
    text: "Gorgon: CPU is CRIT: it is at or over its threshold",
    buttons: ["Show Dashboard", "Mute"],
  });
});

test("a CRIT while the window opens is told only if it stands afterwards", () => {
  const { fake, opening, see } = setUp();
  opening("CRIT", 2000);
  opening("OK", 8000);
  see("OK");
  expect(fake.messages).toEqual([]);
  opening("CRIT", 14_000);
  expect(fake.messages).toEqual([]);
  see("CRIT");
  expect(fake.messages).toHaveLength(1);
});

test("WARN and UNKNOWN are not told", () => {
  const { fake, see } = setUp();
  see("WARN");
  see("UNKNOWN");
  expect(fake.messages).toEqual([]);
});

test("while it flaps nothing is told again; after a minute of being well it is news again", () => {
  const { fake, see } = setUp();
  see("CRIT");
  for (let turn = 0; turn < 20; turn += 1) {
    see("OK", 20_000);
    see("CRIT", 20_000);
  }
  expect(fake.messages).toHaveLength(1);
  see("OK", 61_000);
  see("CRIT");
  expect(fake.messages).toHaveLength(2);
});

test("not knowing is not being well", () => {
  const { fake, see } = setUp();
  see("CRIT");
  see("UNKNOWN", 600_000);
  see("WARN", 2000);
  see("CRIT", 2000);
  expect(fake.messages).toHaveLength(1);
});

test("each rule is a cause of its own", () => {
  const { fake, see } = setUp();
  see("CRIT");
  see("CRIT", 2000, "disk");
  expect(fake.messages).toHaveLength(2);
});

test("switched off, nothing is told", () => {
  const { fake, see } = setUp();
  fake.state.settings = { "gorgon.notifications.enabled": false };
  see("CRIT");
  expect(fake.messages).toEqual([]);
});

test("Show Dashboard opens it", async () => {
  const { fake, see } = setUp();
  see("CRIT");
  fake.messages[0]?.answer("Show Dashboard");
  await settle();
  expect(fake.executed).toEqual([{ command: "gorgon.showDashboard", args: [] }]);
});

test("Mute silences that rule in this workspace, and Unmute brings it back", async () => {
  const { fake, mutes, see } = setUp();
  see("CRIT");
  fake.messages[0]?.answer("Mute");
  await settle();
  expect(mutes.list()).toEqual(["cpu"]);
  expect(new Mutes(fake.memento).has("cpu")).toBe(true);
  see("OK", 61_000);
  see("CRIT");
  expect(fake.messages).toHaveLength(1);

  fake.state.picks = ["CPU"];
  await pickUnmutes(fake.vs, mutes, stateOf());
  see("OK", 61_000);
  see("CRIT");
  expect(fake.messages).toHaveLength(2);
});

test("the mute command offers the rules that are not muted", async () => {
  const { fake, mutes } = setUp();
  await mutes.set("memory", true);
  fake.state.picks = ["Disk"];
  await pickMutes(fake.vs, mutes, stateOf());
  expect(fake.state.pickItems.map((item) => item.label)).toEqual(["CPU", "Disk"]);
  expect(mutes.list()).toEqual(["disk", "memory"]);
});

test("a hostile name makes no link in a notification", () => {
  const fake = fakeVscode();
  const notifications = new Notifications(fake.vs, new Mutes(fake.memento));
  notifications.see(stateOf([verdict("cpu", "CRIT", 1, { reason: "[click](command:evil)\n\u202Eabc" })]));
  expect(fake.messages[0]?.text).toBe("Gorgon: CPU is CRIT: [click] (command:evil) abc");
});
