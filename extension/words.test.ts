/** Everything that the extension shows comes through the table of words: drawn in an invented language, no English is left. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { config } from "@vscode/l10n";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AlertRecord } from "../protocol/alert.ts";
import type { DoctorReport } from "../protocol/doctor.ts";
import { collectNow, getAlertHistory, getDoctor, terminateProcess } from "../protocol/messages/worker.ts";
import type { WorkerState } from "../protocol/state.ts";
import { pseudo, pseudoBundle, strays } from "../scripts/words.ts";
import { faceOf, type BellView } from "./bell/face.ts";
import { Mutes } from "./bell/mutes.ts";
import { pickMutes, pickUnmutes } from "./bell/muting.ts";
import { Notifications } from "./bell/notifications.ts";
import { StatusBell } from "./bell/status.ts";
import { tooltipOf } from "./bell/tooltip.ts";
import { answer } from "./dashboard/answers.ts";
import { EditRefused } from "./language/edit.ts";
import { Doctor } from "./doctor.ts";
import { showMenu } from "./menu.ts";
import { alarmed, alertOf, silenceOf } from "./testing/alerts.ts";
import { HELLO } from "./testing/connection.ts";
import { stateOf, verdict } from "./testing/states.ts";
import { settle } from "./testing/timers.ts";
import type { FakeRow } from "./testing/faces.ts";
import { fakeVscode, type FakeVscode } from "./testing/vscode.ts";
import { fakeWindow } from "./testing/window.ts";
import { acknowledge, silence, unsilence } from "./views/alert-actions.ts";
import { terminate, watchProcess } from "./views/process-actions.ts";
import { switchSensor } from "./views/sensor-switch.ts";
import { Views } from "./views/views.ts";
import { describeEnd } from "./worker/connection.ts";
import { tellOutages } from "./worker/outage.ts";
import { ProblemTeller } from "./worker/problems.ts";
import type { WorkerStatus } from "./worker/worker.ts";

const NOW = 1_700_000_120_000;
const BUNDLE = path.join(import.meta.dirname, "..", "l10n", "bundle.l10n.json");

beforeAll(() => {
  const english = JSON.parse(readFileSync(BUNDLE, "utf8")) as Record<string, string>;
  config({ contents: pseudoBundle(Object.keys(english)) });
});
afterAll(() => config({ contents: {} }));

/** What may be said in every language, by the reason. */
const DATA: Readonly<Record<string, readonly string[]>> = {
  "the product and its parts by name": ["Gorgon", "VS", "Code", "Node", "SQLite"],
  "the bell's levels": ["OK", "WARN", "CRIT", "UNKNOWN"],
  units: ["B", "KiB", "MiB", "GiB", "s", "ms", "min", "h", "d", "nbsp"],
  "abbreviations of the field": ["CPU", "IO", "pid"],
  "moments, which Intl writes": ["Nov", "AM", "PM", "GMT", "2023-11-14T22", "13Z", "20.000Z"],
  "names of this test's machine": ["devbox", "server.js", "node", "guardian", "ada", "eve", "moving", "files", "demo"],
  "names of sensors and rules": [
    "cpu",
    "memory",
    "disk",
    "filesystem",
    "network",
    "pressure",
    "self",
    "process",
    "file",
  ],
  "names of metrics, attributes and settings": [
    ...["system.filesystem.utilization", "system.filesystem.mountpoint", "rule", "bell.cpu.warn", "cgroup", "v2"],
    ...["gorgon.yaml", "interval"],
  ],
};
const ALLOWED = new Set(Object.values(DATA).flat());

/** Icons, addresses and tags are no words; the signs that escape Markdown neither. */
function shownWords(text: string): string {
  return text
    .replace(/\$\([\w~-]+\)/g, " ")
    .replace(/\]\(command:[^)]*\)/g, " ")
    .replace(/<[^>]*>|&nbsp;/g, " ")
    .replace(/\\(?=[!-/:-@[-`{-~])/g, "");
}

/** Words that are neither translated nor data, each with the text that it stands in. */
function english(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) =>
    strays(shownWords(text)).flatMap((word) => (ALLOWED.has(word) ? [] : [`${word} in: ${text}`])),
  );
}

/** As the worker tells it, whose sentences come in the window's language. */
function told(state: WorkerState): WorkerState {
  const verdicts = state.bell.verdicts.map((one) => ({
    ...one,
    rule: { ...one.rule, title: pseudo(one.rule.title) },
    reason: one.reason === "" ? "" : pseudo(one.reason),
  }));
  const alerts = state.bell.alerts.map((one) => ({ ...one, title: pseudo(one.title), message: pseudo(one.message) }));
  return { ...state, bell: { ...state.bell, headline: pseudo(state.bell.headline), verdicts, alerts } };
}

const RUNNING: WorkerStatus = { status: "running", reason: "", hello: HELLO };
const DOWN = { status: "down", reason: pseudo("It ended."), mend: "restart" } as const;

function bells(): readonly BellView[] {
  const view = (more: Partial<BellView>): BellView => ({
    ...{ worker: RUNNING, state: told(stateOf()), silentSince: null, muted: [], now: NOW },
    ...more,
  });
  const bad = ["WARN", "CRIT", "UNKNOWN"] as const;
  const alone = { role: "alone", worker: "w", leader: null, since: 0, reason: pseudo("no window answers") } as const;
  const seeks = { role: "seeks", worker: "w", leader: null, since: 0, reason: "" } as const;
  const follows = { role: "follows", worker: "w", leader: 7, since: 0, reason: "" } as const;
  const state = stateOf();
  const memory = { ...state.history, mode: "memory", reason: pseudo("The disk is full.") } as const;
  const following = { ...state.history, mode: "following" } as const;
  const rate = { ...state.rate, reason: pseudo("window unfocused") };
  const silent = { crab: "guardian", sensor: "cpu", ok: false, intervalMs: 2000, lastMs: 1, failures: 2 };
  const problem = { source: "setting", key: "bell.cpu.warn", value: "x", message: pseudo("It must be a number.") };
  const limited = { ...state.glance, memory: { ...state.glance.memory, limitedBy: "cgroup v2" } };
  return [
    view({}),
    view({ worker: DOWN }),
    view({ worker: { ...DOWN, mend: "reload" } }),
    view({ worker: { status: "starting", reason: "" }, state: null }),
    view({ worker: { status: "starting", reason: describeEnd({ code: 9, signal: null, said: "" }) }, state: null }),
    view({ silentSince: NOW - 60_000 }),
    ...bad.map((level) =>
      view({ state: told(stateOf(["cpu", "memory", "disk"].map((id) => verdict(id, level, 0.9)))) }),
    ),
    ...bad.map((level) => view({ state: told(stateOf([verdict("demo", level, 0.9)])) })),
    view({ state: told(stateOf(undefined, { role: alone, history: memory, rate, glance: limited })) }),
    view({
      state: told(stateOf(undefined, { role: follows, history: following, problems: [problem] })),
      muted: ["cpu"],
    }),
    view({ state: told(stateOf(undefined, { role: seeks, sensors: [{ ...silent, reason: pseudo("It failed.") }] })) }),
    view({ state: told(stateOf(Array.from({ length: 6 }, (_, at) => verdict(`demo${String(at)}`, "WARN", 1)))) }),
  ].map((one) => ({ ...one, state: one.state && { ...one.state, bell: { ...one.state.bell, since: NOW - 1 } } }));
}

test("the status bar and its tooltip, in every state", () => {
  const { vs, items } = fakeVscode();
  new StatusBell(vs).draw({ worker: RUNNING, state: stateOf(), silentSince: null, muted: [], now: NOW });
  const faces = bells().flatMap((view) => [faceOf(view).text, faceOf(view).label, tooltipOf(view).markdown]);
  expect(english([String(items[0]?.now["name"]), ...faces]).filter((one) => !/^demo\d/.test(one))).toEqual([]);
});

const ALERT_TIME = 1_700_000_000_000;
const PROCESS = {
  ...{ pid: 4711, name: "node", detail: "server.js", startedAt: ALERT_TIME, threads: 7 },
  ...{ cpu: 0.5, memoryBytes: 2 ** 30, gpuMemoryBytes: null, ioRate: 1024 },
};
const HEALTH = { crab: "guardian", ok: true, reason: "", intervalMs: 2000, lastMs: 0.42, failures: 0 };

/** A machine on which everything happens that can be told. */
function busy(): WorkerState {
  const seen = { by: "eve", at: ALERT_TIME, note: "" };
  const state = alarmed(
    [
      alertOf("a", { level: "CRIT", labels: {} }),
      alertOf("b", { acknowledged: seen, heldUntil: NOW + 1, labels: {} }),
      alertOf("c", { silencedBy: "s", level: "UNKNOWN", labels: {} }),
      alertOf("d", { status: "pending", firingSince: null, inhibitedBy: "a", labels: {} }),
    ],
    { silences: [silenceOf("s"), silenceOf("t", { startsAt: NOW + 60_000, endsAt: NOW + 3_600_000 })] },
  );
  const names = ["cpu", "memory", "filesystem", "network", "pressure", "self"];
  const sensors = [
    ...names.map((sensor) => ({ ...HEALTH, sensor })),
    { ...HEALTH, sensor: "process", off: true },
    { ...HEALTH, sensor: "file", ok: false, reason: pseudo("It failed.") },
    { ...HEALTH, sensor: "disk", reason: pseudo("nothing here") },
  ];
  const processes = { time: ALERT_TIME, intervalMs: 2000, rows: [PROCESS] };
  const glance = { ...state.glance, memory: { ...state.glance.memory, swapTotal: 100, swapUsed: 50 } };
  return told({
    ...state,
    sensors,
    glance,
    processes,
  });
}

async function busyWindow() {
  const window = fakeWindow();
  const { worker, world, say } = window;
  world.answer = (method) => {
    if (method === getAlertHistory.method) return { records: records() };
    if (method === collectNow.method) return busy();
    return method === terminateProcess.method ? { outcome: "asked" } : null;
  };
  await worker.start();
  await say(busy());
  return window;
}

function records(): readonly AlertRecord[] {
  const changes = [
    ...(["pending", "firing", "worse", "better", "resolved", "acknowledged"] as const),
    ...(["unacknowledged", "silenced", "unsilenced", "inhibited", "uninhibited"] as const),
  ];
  const step = { time: ALERT_TIME, level: "WARN", value: 0.9, cause: "ada" } as const;
  return ["a", "b", "c", "d"].flatMap((id, at) => ({
    alert: alertOf(id),
    steps: changes.slice(at * 3, at * 3 + 3).map((change) => ({ ...step, change })),
  }));
}

const rowTexts = (rows: readonly FakeRow[]): readonly string[] =>
  rows.flatMap(({ item, rows: below }) => [
    ...[item.label, item.description, item.accessibilityInformation?.label, item.command?.title].map((one) =>
      typeof one === "string" ? one : "",
    ),
    ...rowTexts(below),
  ]);

test("the three views, with what is shown when one points at a row", async () => {
  const { fake, worker, latest, timers } = await busyWindow();
  const views = new Views({ vs: fake.vs, worker, latest, timers, memory: fake.memento, log: () => undefined });
  const texts: string[] = [];
  for (const { view, show, drawn, provider } of fake.trees) {
    show(true);
    const rows = await drawn();
    const explain = async (row: FakeRow): Promise<void> => {
      const none = { isCancellationRequested: false, onCancellationRequested: () => ({ dispose: () => undefined }) };
      const item = await provider.resolveTreeItem?.(row.item, row.element, none);
      if (typeof item?.tooltip === "object") texts.push(item.tooltip.value);
      for (const one of row.rows) await explain(one);
    };
    for (const row of rows) await explain(row);
    expect(rows).not.toEqual([]);
    texts.push(...rowTexts(rows), view.badge?.tooltip ?? "", view.description ?? "");
  }
  for (const sort of ["memory", "io"] as const) {
    await views.sortBy(sort);
    texts.push(fake.trees.at(-1)?.view.description ?? "");
  }
  expect(texts.length).toBeGreaterThan(60);
  expect(english(texts)).toEqual([]);
});

/** Everything that was asked, offered and said so far. */
function said({ messages, boxes, state, progress }: FakeVscode): readonly string[] {
  return [
    ...messages.flatMap(({ text, buttons, modal }) => [text, ...buttons, modal?.detail ?? ""]),
    ...boxes.flatMap(({ title, prompt }) => [title ?? "", prompt ?? ""]),
    ...state.pickItems.flatMap(({ label, description, detail }) => [label, description ?? "", detail ?? ""]),
    ...[state.pickTitle, state.pickPlaceHolder, ...progress],
  ];
}

test("the menu, running, starting and down", async () => {
  const window = await busyWindow();
  const { fake, worker, latest, timers, vs } = window;
  const mutes = new Mutes(fake.memento);
  await mutes.set("disk", true);
  const found: string[] = [];
  const open = async (status: WorkerStatus, now: WorkerState | null, silentSince: number | null) => {
    await showMenu(vs, { worker: { status }, latest: { now, silentSince }, mutes, timers });
    found.push(...said(fake));
  };
  await open(worker.status, latest.now, null);
  await open(worker.status, null, null);
  await open(worker.status, latest.now, 1);
  await open(DOWN, null, null);
  expect(found.length).toBeGreaterThan(60);
  expect(english(found)).toEqual([]);
});

test("notifications, mutes, outages and refused settings", async () => {
  const { fake, worker, world, vs } = fakeWindow();
  const mutes = new Mutes(fake.memento);
  const acts = { acknowledge: () => Promise.reject(new Error(pseudo("No."))), silence: () => Promise.resolve() };
  const notifications = new Notifications({ vs, mutes, acts, now: () => NOW });
  const state = busy();
  const firing = state.bell.alerts
    .slice(0, 2)
    .map((one) => ({ ...one, group: "g", teller: state.role?.worker ?? null }));
  const see = (count: number, alerts = firing): void =>
    notifications.see({
      ...state,
      bell: { ...state.bell, alerts: alerts.map((one) => ({ ...one, notifications: count })) },
    });
  const found: string[] = [];
  see(0);
  see(1);
  see(2, firing.slice(0, 1));
  fake.messages[0]?.answer(pseudo("Acknowledge"));
  fake.messages[1]?.answer(pseudo("Mute..."));
  await settle();
  found.push(...said(fake));
  expect(fake.state.pickItems).toHaveLength(3);
  for (const now of [state, null]) {
    void pickMutes(vs, mutes, now);
    void pickUnmutes(vs, mutes, now);
    found.push(...said(fake));
  }
  await mutes.set("disk", true);
  void pickUnmutes(vs, mutes, state);
  tellOutages(vs, worker);
  world.start = () => Promise.reject(new Error(pseudo("It broke.")));
  await worker.start();
  const problem = { key: "interval", value: "x", message: pseudo("It must be a number.") };
  new ProblemTeller(vs).tell(["setting", "/home/ada/gorgon.yaml"].map((source) => ({ ...problem, source })));
  await settle();
  found.push(...said(fake));
  expect(fake.messages.length).toBeGreaterThan(6);
  expect(english(found)).toEqual([]);
});

test("what is asked and said when somebody acts on alerts, processes and sensors", async () => {
  const { fake, vs, worker, latest, timers, say } = await busyWindow();
  const alerts = { vs, worker, latest, timers, author: "ada" };
  const found: string[] = [];
  const act = async (run: () => Promise<unknown>, inputs: readonly (string | undefined)[] = []): Promise<void> => {
    fake.state.inputs = [...inputs];
    const before = fake.messages.length;
    const done = run().catch((error: unknown) => found.push(error instanceof Error ? error.message : String(error)));
    for (let at = before; at < before + 3; at += 1) {
      await settle();
      const message = fake.messages[at];
      message?.answer(message.buttons[0]);
    }
    await done;
    found.push(...said(fake));
  };
  const everything = async (): Promise<void> => {
    for (const undo of [false, true]) await act(() => acknowledge(alerts, undefined, undo));
    await act(() => acknowledge(alerts, "alert gone", false));
    await act(() => silence(alerts, undefined));
    fake.state.picks = [pseudo("Custom…")];
    await act(() => silence(alerts, "alert a"), ["2h", undefined]);
    const refused: unknown = fake.boxes[0]?.validateInput?.("nonsense");
    found.push(typeof refused === "string" ? refused : "not refused");
    fake.state.picks = undefined;
    await act(() => unsilence(alerts, undefined));
    await act(() => unsilence(alerts, "silence gone"));
    await act(() => terminate({ vs, worker, latest }, undefined));
    await act(() => terminate({ vs, worker, latest }, "process 1 1"));
    await act(() => terminate({ vs, worker, latest }, "process 4711 1700000000000"));
    await act(() => watchProcess({ vs, worker, latest }, undefined));
    for (const on of [false, true]) await act(() => switchSensor({ vs, latest }, undefined, on));
  };
  await everything();
  await say(told(stateOf(undefined, { time: NOW })));
  await everything();
  fake.state.trusted = false;
  await act(() => terminate({ vs, worker, latest }, undefined));
  const untrusted = { worker, timers, author: "ada", mayAct: () => false, deeds: { edit: noDeed, save: noDeed } };
  await act(() => answer({ ask: "endSilence", id: "s" }, untrusted));
  found.push(new EditRefused("demo").message);
  expect(found.length).toBeGreaterThan(150);
  expect(english(found)).toEqual([]);
});

const noDeed = (): Promise<never> => Promise.reject(new Error("not in this test"));

test("the doctor's page, with the worker up and down", async () => {
  const { fake, vs, worker, world } = fakeWindow();
  const doctor = new Doctor(vs, worker, "0.1.0");
  const statuses = ["ok", "note", "missing", "broken"] as const;
  const findings = statuses.map((status) => ({
    ...{ group: pseudo("Sensors"), subject: "cpu", status, detail: pseudo("It is."), mend: pseudo("Mend it.") },
  }));
  const report: DoctorReport = { time: ALERT_TIME, version: "0.1.0", findings };
  const pages: string[] = [];
  const look = async (answered: unknown): Promise<void> => {
    world.answer = (method) => (method === getDoctor.method ? answered : null);
    await doctor.run();
    pages.push(doctor.provideTextDocumentContent(), ...said(fake));
  };
  await look(report);
  await worker.start();
  await look(report);
  await look({ ...report, findings: findings.slice(0, 3) });
  await look({ ...report, findings: findings.slice(0, 2) });
  fake.state.trusted = false;
  world.made.at(-1)?.end();
  await look(report);
  const lines = pages.flatMap((page) => page.split("\n")).filter((line) => !line.startsWith("Gorgon 0.1.0,"));
  expect(english(lines)).toEqual([]);
});

test("a text that nobody translated is found", () => {
  expect(english([`${pseudo("Windows:")} this window leads`])).toHaveLength(3);
});
