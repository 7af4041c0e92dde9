/** An alert end to end with the real worker: seen in time, alive across kill -9, told once, over in time. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Alert } from "../../protocol/alert.ts";
import {
  acknowledgeAlert,
  addSilence,
  endSilence,
  getAlertHistory,
  getState,
  stateChanged,
} from "../../protocol/messages/worker.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { OPTIONS, TestClient } from "../protocol/client.ts";

/** Between two polls. */
const INTERVAL_MS = 500;
const FOR_MS = 2000;
/** Until the threshold is seen: one poll of the file, and a busy machine. */
const SEEN_MS = INTERVAL_MS + 3000;

let home: string;
const clients: TestClient[] = [];

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "gorgon-alerts-e2e-"));
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.dispose({ keepHome: true })));
  rmSync(home, { recursive: true, force: true });
});

const watched = () => path.join(home, "watched.log");
const grow = (bytes: number) => writeFileSync(watched(), Buffer.alloc(bytes));

/** A worker that watches a file, with a rule on its size. */
async function start(rule: string): Promise<TestClient> {
  const folder = path.join(home, "config", "gorgon");
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "gorgon.yaml"), `watches: [{id: log, path: ${watched()}}]\nrules: [${rule}]\n`);
  const client = new TestClient({ home });
  clients.push(client);
  await client.initialize({
    ...OPTIONS,
    trusted: true,
    settings: { interval: INTERVAL_MS / 1000, rateAdaptive: false },
  });
  return client;
}

const RULE = "{id: big, title: Big log, metric: gorgon.watch.file.size, crit: 1000, for: 2s}";

const alertsOf = (state: WorkerState): readonly Alert[] => state.bell.alerts.filter(({ rule }) => rule === "big");
const isFiring = (state: WorkerState) => alertsOf(state).some(({ status }) => status === "firing");

/** The alert once a state has it so, and how long that took from `since`. */
async function seen(client: TestClient, since: number, wanted: (alert: Alert) => boolean) {
  const state = await client.next(stateChanged, (now) => alertsOf(now).some(wanted));
  const alert = alertsOf(state).find(wanted);
  if (alert === undefined) throw new Error("no such alert");
  return { alert, after: Date.now() - since };
}

test("an alert fires within its window, outlives kill -9 under its name, is told once and ends within its window", async () => {
  grow(10);
  const first = await start(RULE);
  await first.next(
    stateChanged,
    (state) =>
      state.history.mode === "writing" &&
      state.bell.verdicts.some(({ rule, level }) => rule.id === "big" && level === "OK"),
  );
  const crossed = Date.now();
  grow(5000);
  const pending = await seen(first, crossed, ({ status }) => status === "pending");
  expect(pending.after).toBeLessThan(SEEN_MS);
  const firing = await seen(first, crossed, ({ status }) => status === "firing");
  expect(firing.after).toBeGreaterThanOrEqual(FOR_MS);
  expect(firing.after).toBeLessThan(FOR_MS + SEEN_MS);
  const { id } = firing.alert;
  expect(id).toBe(pending.alert.id);
  const told = await seen(first, crossed, ({ notifications }) => notifications > 0);
  expect(told.alert.notifications).toBe(1);

  first.child.kill("SIGKILL");
  await first.ended;
  const second = await start(RULE);
  const started = await second.next(stateChanged, isFiring);
  expect(alertsOf(started)).toMatchObject([{ id, status: "firing", notifications: 1 }]);
  // Judged anew, still under its name, and told no second time.
  await second.next(stateChanged, (state) => state.time > started.time + 12_000);
  const after = await second.send(getState, null);
  expect(after === null ? [] : alertsOf(after)).toMatchObject([{ id, level: "CRIT", notifications: 1 }]);

  const mended = Date.now();
  grow(10);
  const resolved = await seen(second, mended, ({ status }) => status === "resolved");
  expect(resolved.after).toBeLessThan(SEEN_MS);
  const asked = { from: 0, to: Date.now() + 1000, rule: "big", limit: 10 };
  const { records } = await second.send(getAlertHistory, asked);
  expect(records).toHaveLength(1);
  expect(records[0]?.steps.map(({ change }) => change)).toEqual(["pending", "firing", "resolved"]);
});

test("what a window does to alerts is done where it is trusted, and refused in words where not or when it is wrong", async () => {
  grow(5000);
  const client = await start(RULE.replace(", for: 2s", ""));
  const { alert } = await seen(client, Date.now(), ({ status }) => status === "firing");
  const wish = { alert: alert.id, by: "ann", note: "on it", undo: false };
  await client.send(acknowledgeAlert, wish);
  const now = Date.now();
  const silence = { matchers: { rule: "big" }, startsAt: now, endsAt: now + 60_000, author: "ann", comment: "" };
  const added = await client.send(addSilence, { silence });
  const state = await client.send(getState, null);
  expect(state?.bell.silences).toMatchObject([{ id: added.silence.id, author: "ann" }]);
  expect(state === null ? [] : alertsOf(state)).toMatchObject([
    { acknowledged: { by: "ann", note: "on it" }, silencedBy: added.silence.id, notifications: 0 },
  ]);
  await client.send(endSilence, { id: added.silence.id });
  await expect(client.send(endSilence, { id: added.silence.id })).rejects.toThrow("over already");
  await expect(client.send(acknowledgeAlert, { ...wish, alert: "none" })).rejects.toThrow("not open");
  await expect(client.send(addSilence, { silence: { ...silence, matchers: {} } })).rejects.toThrow("matcher");
  const bad = { silence: { ...silence, endsAt: "soon" } } as unknown as { silence: typeof silence };
  await expect(client.send(addSilence, bad)).rejects.toThrow(/endsAt.*number expected/);
  await client.dispose({ keepHome: true });

  const stranger = new TestClient({ home });
  clients.push(stranger);
  await stranger.initialize({ ...OPTIONS, settings: { interval: INTERVAL_MS / 1000 } });
  await expect(stranger.send(acknowledgeAlert, wish)).rejects.toThrow("not trusted");
});
