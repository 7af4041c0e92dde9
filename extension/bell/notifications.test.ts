/** When a notification comes, when it does not, and what its buttons do. */
import { expect, test } from "vitest";
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

const cpu = (notifications: number, more: Partial<Alert> = {}) => alertOf("cpu", "CRIT", { notifications, ...more });

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

test("what a window finds when it opens was told before, unless it began after the worker did", () => {
  const { fake, see } = setUp();
  see([cpu(1, { firingSince: NOW - 3_600_000 })]);
  expect(fake.messages).toEqual([]);
  const other = setUp();
  other.see([cpu(1, { firingSince: NOW })]);
  expect(other.fake.messages).toHaveLength(1);
});

test("alerts of one cause that grow together are one notification", () => {
  const { fake, see } = setUp();
  see([]);
  see([
    alertOf("memory", "CRIT", { notifications: 1, group: "here memory", message: "Memory is running out: 99 %" }),
    alertOf("oom", "CRIT", { notifications: 1, group: "here memory", message: "Memory ran out, processes killed: 1" }),
    cpu(1),
  ]);
  expect(fake.messages.map(({ text }) => text)).toEqual([
    "Gorgon CRIT: 2 alerts of one cause: Memory is running out: 99 %; Memory ran out, processes killed: 1",
    "Gorgon CRIT: CPU is busy: 95.0 %",
  ]);
});

test("only the window whose worker leads, or watches for itself, tells; the others know what was told", () => {
  const { fake, see } = setUp();
  const role = { leader: 7, since: 0, reason: "" };
  see([], { role: { ...role, role: "follows" } });
  see([cpu(1)], { role: { ...role, role: "follows" } });
  see([cpu(1)], { role: { ...role, role: "seeks" } });
  see([cpu(1)], { role: { ...role, role: "leads" } });
  expect(fake.messages).toEqual([]);
  see([cpu(2)], { role: { ...role, role: "alone" } });
  expect(fake.messages).toHaveLength(1);
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
