/** The menu of the bell: what it offers in which state, and what it runs. */
import { expect, test } from "vitest";
import { COMMANDS } from "./contributions.ts";
import { Mutes } from "./bell/mutes.ts";
import { showMenu } from "./menu.ts";
import { alarmed, alertOf, silenceOf } from "./testing/alerts.ts";
import { stateOf } from "./testing/states.ts";
import { fakeWindow } from "./testing/window.ts";

async function setUp() {
  const window = fakeWindow();
  const { fake, worker, latest, timers, vs } = window;
  const mutes = new Mutes(fake.memento);
  await worker.start();
  const open = () => showMenu(vs, { worker, latest, mutes, timers });
  const labels = () => fake.state.pickItems.map(({ label }) => label.replace(/\$\([\w-]+\) /, ""));
  return { ...window, mutes, open, labels };
}

test("says how things stand, and offers what is most wanted", async () => {
  const { fake, say, open, labels } = await setUp();
  await say(stateOf());
  await open();
  expect(fake.state.pickTitle).toBe("Gorgon: OK just now. All is well");
  expect(labels()).toEqual([
    ...["Look", "Show Dashboard", "Show Alerts and Silences", "Show Sensors", "Show Processes"],
    ...["Do", "Poll Now", "Run Doctor", "Mute Notifications…"],
    ...["Gorgon", "Open Settings", "Show Log", "Restart Worker"],
  ]);
  expect(fake.executed).toEqual([]);
  for (const { label, kind } of fake.state.pickItems) if (kind === undefined) expect(label).toMatch(/^\$\([\w-]+\) \w/);
});

test("offers to acknowledge and silence the worst alert that nobody has seen, the newest of equals", async () => {
  const { fake, say, open, labels } = await setUp();
  const seen = { by: "eve", at: 1, note: "" };
  await say(
    alarmed([
      alertOf("old", { level: "CRIT", changedAt: 1 }),
      alertOf("new", { level: "CRIT", changedAt: 2 }),
      alertOf("mild", { changedAt: 3 }),
      alertOf("seen", { level: "CRIT", changedAt: 4, acknowledged: seen }),
      alertOf("quiet", { level: "CRIT", changedAt: 5, silencedBy: "s" }),
    ]),
  );
  fake.state.picks = ["$(check) Acknowledge"];
  await open();
  expect(labels().slice(0, 4)).toEqual(["CRIT: Disk /new", "Acknowledge", "Silence…", "Show Alerts"]);
  expect(fake.executed).toEqual([{ command: COMMANDS.acknowledge, args: ["alert new"] }]);
});

test("offers no acts where the workspace is not trusted", async () => {
  const { fake, say, open, labels } = await setUp();
  fake.state.trusted = false;
  await say(alarmed([alertOf("a")], { silences: [silenceOf("s")] }));
  await open();
  expect(labels()).not.toContain("Acknowledge");
  expect(labels()).not.toContain("End Silence…");
  expect(labels()).toContain("Show Alerts");
});

test("offers to lift what is muted or silenced", async () => {
  const { say, open, labels, mutes } = await setUp();
  await mutes.set("cpu", true);
  await say(alarmed([], { silences: [silenceOf("s")] }));
  await open();
  expect(labels()).toEqual(expect.arrayContaining(["Unmute Notifications…", "End Silence…"]));
});

test("offers the restart first while the worker is silent", async () => {
  const { fake, say, open, labels, timers } = await setUp();
  await say(stateOf());
  await timers.advance(60_000);
  await open();
  expect(fake.state.pickTitle).toContain("does not answer");
  expect(labels()[0]).toBe("Restart Worker");
  expect(labels()).not.toContain("Poll Now");
});

test("makes no icon of a hostile name", async () => {
  const { fake, say, open } = await setUp();
  await say(alarmed([alertOf("a", { title: "$(flame) \n" })]));
  await open();
  for (const { label, description } of fake.state.pickItems) {
    expect(label).not.toContain("$(flame)");
    expect(description ?? "").not.toContain("$(flame)");
  }
});
