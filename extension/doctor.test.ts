/** The doctor's document, with the worker up and down, and the commands that lead there. */
import { expect, test } from "vitest";
import type { Finding } from "../protocol/doctor.ts";
import { getDoctor } from "../protocol/messages/worker.ts";
import { Mutes } from "./bell/mutes.ts";
import { registerCommands } from "./commands.ts";
import { COMMANDS } from "./contributions.ts";
import { Dashboard } from "./dashboard/dashboard.ts";
import { Pins } from "./dashboard/pins.ts";
import { Doctor, reportText } from "./doctor.ts";
import { fakeWorld } from "./testing/connection.ts";
import { ManualTimers, settle } from "./testing/timers.ts";
import { fakeVscode } from "./testing/vscode.ts";
import { LatestState } from "./worker/latest.ts";
import { tellOutages } from "./worker/outage.ts";
import { ProblemTeller } from "./worker/problems.ts";
import { Worker } from "./worker/worker.ts";

function setUp() {
  const world = fakeWorld();
  const timers = new ManualTimers();
  const fake = fakeVscode();
  const initialize = { protocol: 1, client: "0", logLevel: "info", settings: {}, workspaceFolders: [] } as const;
  const launchOptions = () => ({ execArgv: [], initialize });
  const worker = new Worker({ connect: world.connect, launchOptions, channel: fake.channel, timers });
  const latest = new LatestState(worker, timers);
  const mutes = new Mutes(fake.memento);
  const doctor = new Doctor(fake.vs, worker, "0.1.0");
  const log = () => undefined;
  const pins = new Pins(fake.memento);
  const dashboard = new Dashboard(fake.vs, fake.vs.Uri.file("/ext"), { worker, latest, mutes, pins, timers, log });
  const views = { sortBy: () => Promise.resolve() };
  const { channel } = fake;
  const notebooks = { run: () => Promise.resolve() };
  const parts = { worker, latest, dashboard, doctor, mutes, views, notebooks, timers };
  registerCommands(fake.vs, { ...parts, channel, extensionId: "us.gorgon" });
  const run = async (id: string): Promise<void> => {
    await fake.commands.get(id)?.();
    await settle();
  };
  return { world, fake, worker, doctor, run };
}

const finding = (more: Partial<Finding>): Finding => ({
  group: "Sensors",
  subject: "cpu",
  status: "ok",
  detail: "reads /proc/stat",
  mend: "",
  ...more,
});

test("the report says first how much needs doing, then each finding with its mend", () => {
  const text = reportText(
    {
      time: 0,
      version: "0.1.0",
      findings: [finding({}), finding({ subject: "disk", status: "broken", mend: "Ask." })],
    },
    [],
  );
  expect(text).toContain("1 of 2 findings needs something");
  expect(text).toContain("- ✓ **cpu**: reads /proc/stat");
  expect(text).toContain("- ◆ broken: **disk**: reads /proc/stat\n  - Mend: Ask.");
});

test("names from the machine make no markup in the report", () => {
  const text = reportText(
    { time: 0, version: "1", findings: [finding({ detail: "[x](command:evil)\n# big <b>" })] },
    [],
  );
  expect(text).not.toContain("[x](");
  expect(text).not.toMatch(/^# big/m);
  expect(text).not.toMatch(/(?<!\\)<b>/);
});

test("Run Doctor opens a read-only document with what the worker found", async () => {
  const { world, fake, worker, doctor, run } = setUp();
  await worker.start();
  world.answer = (method) =>
    method === getDoctor.method ? { time: 0, version: "0.1.0", findings: [finding({})] } : null;
  await run(COMMANDS.runDoctor);
  expect(fake.documents).toEqual(["gorgon-doctor:/Gorgon Doctor.md"]);
  expect(doctor.provideTextDocumentContent()).toContain("running, pid 42");
});

test("with the worker down the doctor still opens, and says so", async () => {
  const { world, fake, worker, doctor, run } = setUp();
  world.start = () => Promise.reject(new Error("No luck."));
  await worker.start();
  await run(COMMANDS.runDoctor);
  expect(fake.documents).toHaveLength(1);
  expect(doctor.provideTextDocumentContent()).toContain("broken: **Worker**: down. No luck.");
});

test("a command that fails says why in words", async () => {
  const { fake, run } = setUp();
  await run(COMMANDS.pollNow);
  expect(fake.messages.map((one) => one.text)).toEqual(["Gorgon: The worker is starting."]);
});

test("every contributed command is registered", () => {
  const { fake } = setUp();
  expect([...fake.commands.keys()].sort()).toEqual(Object.values(COMMANDS).sort());
});

test("an outage is told once, with what helps", async () => {
  const { world, fake, worker } = setUp();
  tellOutages(fake.vs, worker);
  world.start = () => Promise.reject(new Error("No luck."));
  await worker.start();
  expect(fake.messages.map((one) => [one.kind, one.text, one.buttons])).toEqual([
    ["error", "Gorgon is down: No luck.", ["Restart", "Show Log"]],
  ]);
  fake.messages[0]?.answer("Restart");
  await settle();
  expect(fake.executed.map((one) => one.command)).toEqual([COMMANDS.restartWorker]);
});

test("a refused setting is told once, and its button leads to where the mistake is", async () => {
  const { fake } = setUp();
  const teller = new ProblemTeller(fake.vs);
  const setting = { source: "setting", key: "interval", value: "-1", message: "must be 0.5 or more; 2 is in force" };
  const file = { ...setting, source: "/home/me/gorgon.yaml" };
  teller.tell([setting]);
  teller.tell([setting, file]);
  expect(fake.messages.map((one) => one.buttons)).toEqual([["Open Settings"], ["Open File"]]);
  fake.messages[0]?.answer("Open Settings");
  fake.messages[1]?.answer("Open File");
  await settle();
  expect(fake.executed.map((one) => one.command)).toEqual([COMMANDS.openSettings]);
  expect(fake.documents).toEqual(["file:/home/me/gorgon.yaml"]);
});
