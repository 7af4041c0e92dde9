/** When a notification comes, when it does not, and what its buttons do. */
import { describe, expect, test } from "vitest";
import type { Alert } from "../../protocol/alert.ts";
import { alertOf, stateOf } from "../testing/states.ts";
import { settle } from "../testing/timers.ts";
import { fakeVscode } from "../testing/vscode.ts";
import { Mutes } from "./mutes.ts";
import { pickMutes, pickUnmutes } from "./muting.ts";
import { Notifications } from "./notifications.ts";

const NOW = 1_700_000_000_000;

function setUp() {
  const fake = fakeVscode();
  const mutes = new Mutes(fake.memento);
  const done: unknown[] = [];
  const acts = {
    acknowledge: (alert: string) => Promise.resolve(void done.push({ acknowledge: alert })),
    silence: (silence: unknown) => Promise.resolve(void done.push({ silence })),
  };
  const notifications = new Notifications({ vs: fake.vs, mutes, acts, now: () => NOW });
  let time = NOW;
  const see = (alerts: readonly Alert[], more: Parameters<typeof stateOf>[1] = {}): void => {
    time += 2000;
    const state = stateOf(undefined, { time, ...more });
    notifications.see({ ...state, bell: { ...state.bell, alerts } });
  };
  return { fake, mutes, see, done, acts };
}

const cpu = (notifications: number, more: Partial<Alert> = {}) =>
  alertOf("cpu", "CRIT", { notifications, teller: "test", ...more });

test("an alert is told when its notifications grow, once each time", () => {
  const { fake, see } = setUp();
  see([]);
  see([cpu(0)]);
  expect(fake.messages).toEqual([]);
  see([cpu(1)]);
  see([cpu(1)]);
  expect(fake.messages).toHaveLength(1);
  expect(fake.messages[0]).toMatchObject({
    kind: "warning",
    text: "Gorgon CRIT: CPU is busy: 95.0 %",
    buttons: ["Show Dashboard", "Acknowledge", "Mute..."],
  });
  see([cpu(2)]);
  expect(fake.messages).toHaveLength(2);
});

test("what a window finds when it opens was told before, unless it was chosen to tell it", () => {
  const { fake, see } = setUp();
  see([cpu(1, { teller: "the window before" })]);
  expect(fake.messages).toEqual([]);
  const other = setUp();
  other.see([cpu(1)]);
  expect(other.fake.messages).toHaveLength(1);
});

test("a worker that looks for no others tells what came after it did", () => {
  const { fake, see } = setUp();
  see([cpu(1, { teller: null, firingSince: NOW - 3_600_000 })], { role: null });
  expect(fake.messages).toEqual([]);
  const other = setUp();
  other.see([cpu(1, { teller: null, firingSince: NOW })], { role: null });
  expect(other.fake.messages).toHaveLength(1);
});

test("alerts of one cause that grow together are one notification", () => {
  const { fake, see } = setUp();
  see([]);
  see([
    alertOf("memory", "CRIT", {
      notifications: 1,
      teller: "test",
      group: "here memory",
      message: "Memory is running out: 99 %",
    }),
    alertOf("oom", "CRIT", {
      notifications: 1,
      teller: "test",
      group: "here memory",
      message: "Memory ran out, processes killed: 1",
    }),
    cpu(1),
  ]);
  expect(fake.messages.map(({ text }) => text)).toEqual([
    "Gorgon CRIT: 2 alerts of one cause: Memory is running out: 99 %; Memory ran out, processes killed: 1",
    "Gorgon CRIT: CPU is busy: 95.0 %",
  ]);
});

describe("of several windows", () => {
  const roles = { a: "leads", b: "follows", c: "seeks" } as const;
  const names = ["a", "b", "c"] as const;

  /** Three windows that see the same alerts, each with its own worker's name. */
  function three() {
    const windows = names.map((worker) => {
      const made = setUp();
      const role = { worker, role: roles[worker], leader: 7, since: 0, reason: "" };
      return { ...made, see: (alerts: readonly Alert[]) => made.see(alerts, { role }) };
    });
    const told = () => windows.map(({ fake }) => fake.messages.length);
    return { windows, told, see: (alerts: readonly Alert[]) => windows.forEach((one) => one.see(alerts)) };
  }

  test.each(names)("the one that is named tells, whatever its role: %s", (teller) => {
    const { see, told } = three();
    see([]);
    see([cpu(0)]);
    see([cpu(1, { teller })]);
    see([cpu(1, { teller })]);
    expect(told()).toEqual(names.map((name) => (name === teller ? 1 : 0)));
  });

  test("each notification is told once, where the focus was when it became due, also when a window misses states", () => {
    const { windows, see, told } = three();
    see([]);
    see([cpu(1, { teller: "a" })]);
    // The second sees only what came of it, after the focus had moved there.
    windows[1]?.see([cpu(2, { teller: "b" })]);
    windows[0]?.see([cpu(2, { teller: "b" })]);
    see([cpu(2, { teller: "b" })]);
    see([cpu(3, { teller: "a" })]);
    expect(told()).toEqual([2, 1, 0]);
  });

  test("none tells when none could be chosen, as while a terminal leads alone, and later it is old", () => {
    const { see, told } = three();
    see([]);
    see([cpu(1, { teller: null })]);
    see([cpu(1, { teller: null }), alertOf("disk", "CRIT", { notifications: 1, teller: "c" })]);
    expect(told()).toEqual([0, 0, 1]);
  });
});

test("one that is over before it is seen is not told", () => {
  const { fake, see } = setUp();
  see([]);
  see([cpu(1, { status: "resolved", resolvedAt: NOW })]);
  expect(fake.messages).toEqual([]);
});

test("switched off, nothing is told", () => {
  const { fake, see } = setUp();
  fake.state.settings = { "gorgon.notifications.enabled": false };
  see([]);
  see([cpu(1)]);
  expect(fake.messages).toEqual([]);
});

test("Show Dashboard opens it, and Acknowledge acknowledges every alert that was told", async () => {
  const { fake, see, done } = setUp();
  see([]);
  see([cpu(1)]);
  fake.messages[0]?.answer("Show Dashboard");
  await settle();
  expect(fake.executed).toEqual([{ command: "gorgon.showDashboard", args: [] }]);
  see([cpu(2)]);
  fake.messages[1]?.answer("Acknowledge");
  await settle();
  expect(done).toEqual([{ acknowledge: "alert/cpu" }]);
});

test("Mute... silences the rule for a time in every window", async () => {
  const { fake, see, done } = setUp();
  see([]);
  see([cpu(1)]);
  fake.state.picks = ["Silence for 1 hour"];
  fake.messages[0]?.answer("Mute...");
  await settle();
  expect(fake.state.pickItems.map(({ label }) => label)).toEqual([
    "Silence for 1 hour",
    "Silence for 8 hours",
    "Mute in this workspace",
  ]);
  expect(done).toEqual([
    { silence: { matchers: { rule: "cpu" }, endsAt: NOW + 3_600_000, comment: "From a notification" } },
  ]);
});

test("Mute... mutes the rule in this workspace, and Unmute brings it back", async () => {
  const { fake, mutes, see } = setUp();
  see([]);
  see([cpu(1)]);
  fake.state.picks = ["Mute in this workspace"];
  fake.messages[0]?.answer("Mute...");
  await settle();
  expect(mutes.list()).toEqual(["cpu"]);
  expect(new Mutes(fake.memento).has("cpu")).toBe(true);
  see([cpu(2)]);
  expect(fake.messages).toHaveLength(1);

  fake.state.picks = ["CPU"];
  await pickUnmutes(fake.vs, mutes, stateOf());
  see([cpu(3)]);
  expect(fake.messages).toHaveLength(2);
});

test("in a workspace that is not trusted there is nothing to act with but a mute of its own", async () => {
  const { fake, mutes, see, done } = setUp();
  fake.state.trusted = false;
  see([]);
  see([cpu(1)]);
  expect(fake.messages[0]?.buttons).toEqual(["Show Dashboard", "Mute"]);
  fake.messages[0]?.answer("Mute");
  await settle();
  expect(mutes.list()).toEqual(["cpu"]);
  expect(done).toEqual([]);
});

test("an act that is refused says why", async () => {
  const { fake, see, acts } = setUp();
  acts.acknowledge = () => Promise.reject(new Error("This alert is not open any more."));
  see([]);
  see([cpu(1)]);
  fake.messages[0]?.answer("Acknowledge");
  await settle();
  expect(fake.messages[1]).toMatchObject({ kind: "error", text: "Gorgon: This alert is not open any more." });
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
  const { fake, see } = setUp();
  see([]);
  see([cpu(1, { message: "[click](command:evil)\n\u202Eabc" })]);
  expect(fake.messages[0]?.text).toBe("Gorgon CRIT: [click] (command:evil) abc");
});
