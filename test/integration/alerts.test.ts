/** An alert end to end with the real worker: seen in time, alive across kill -9, told once, over in time. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
/** Until a report of the training is read: it is looked at every second, before the first one every five; and a busy machine. */
const SEEN_MS = 5000 + 3000;

let home: string;
const clients: TestClient[] = [];

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "gorgon-alerts-e2e-"));
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.dispose({ keepHome: true })));
  rmSync(home, { recursive: true, force: true });
});

const progress = () => path.join(home, "progress.jsonl");
/** What a training run reports. */
const report = (loss: number) =>
  appendFileSync(progress(), `${JSON.stringify({ epoch: 1, loss, time: Date.now() / 1000 })}\n`);

/** A worker that reads the training's reports, with a rule on its loss. */
async function start(rule: string, trusted = true): Promise<TestClient> {
  const folder = path.join(home, "config", "gorgon");
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "gorgon.yaml"), `rules: [${rule}]\n`);
  const client = new TestClient({ home, env: { GORGON_PROGRESS: progress() } });
  clients.push(client);
  await client.initialize({ ...OPTIONS, trusted, settings: { interval: INTERVAL_MS / 1000, rateAdaptive: false } });
  return client;
}

const RULE = "{id: loss, title: Loss, metric: gorgon.training.loss, crit: 10, for: 2s}";

const alertsOf = (state: WorkerState): readonly Alert[] => state.bell.alerts.filter(({ rule }) => rule === "loss");
const isFiring = (state: WorkerState) => alertsOf(state).some(({ status }) => status === "firing");

/** The alert once a state has it so, and how long that took from `since`. */
async function seen(client: TestClient, since: number, wanted: (alert: Alert) => boolean) {
  const state = await client.next(stateChanged, (now) => alertsOf(now).some(wanted));
  const alert = alertsOf(state).find(wanted);
  if (alert === undefined) throw new Error("no such alert");
  return { alert, after: Date.now() - since };
}

test("an alert fires within its window, outlives kill -9 under its name, is told once and ends within its window", async () => {
  report(1);
  const first = await start(RULE);
  await first.next(
    stateChanged,
    (state) =>
      state.history.mode === "writing" &&
      state.bell.verdicts.some(({ rule, level }) => rule.id === "loss" && level === "OK"),
  );
  const crossed = Date.now();
  report(50);
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
  report(60);
  expect(alertsOf(started)).toMatchObject([{ id, status: "firing", notifications: 1 }]);
  // Judged anew, still under its name, and told no second time.
  await second.next(stateChanged, (state) => state.time > started.time + 12_000);
  const after = await second.send(getState, null);
  expect(after === null ? [] : alertsOf(after)).toMatchObject([{ id, level: "CRIT", notifications: 1 }]);

  const mended = Date.now();
  report(1);
  const resolved = await seen(second, mended, ({ status }) => status === "resolved");
  expect(resolved.after).toBeLessThan(SEEN_MS);
  const asked = { from: 0, to: Date.now() + 1000, rule: "loss", limit: 10 };
  const { records } = await second.send(getAlertHistory, asked);
  expect(records).toHaveLength(1);
  expect(records[0]?.steps.map(({ change }) => change)).toEqual(["pending", "firing", "resolved"]);
});

test("a window that follows shows the leader's alerts under their names, and what its user does is done by the leader", async () => {
  report(50);
  const leader = await start(RULE.replace(", for: 2s", ""));
  const { alert } = await seen(leader, Date.now(), ({ status }) => status === "firing");
  const follower = await start(RULE.replace(", for: 2s", ""));
  const following = await follower.next(stateChanged, (state) => state.role?.role === "follows" && isFiring(state));
  expect(alertsOf(following).map(({ id }) => id)).toEqual([alert.id]);
  await follower.send(acknowledgeAlert, { alert: alert.id, by: "ann", note: "", undo: false });
  const both = [leader, follower].map((client) =>
    seen(client, Date.now(), ({ acknowledged }) => acknowledged !== null),
  );
  for (const { alert: now } of await Promise.all(both)) expect(now.acknowledged?.by).toBe("ann");
  await expect(follower.send(acknowledgeAlert, { alert: "none", by: "ann", note: "", undo: false })).rejects.toThrow(
    "not open",
  );

  leader.child.kill("SIGKILL");
  const taken = await follower.next(stateChanged, (state) => state.role?.role === "leads" && isFiring(state));
  expect(alertsOf(taken)).toMatchObject([{ id: alert.id, acknowledged: { by: "ann" } }]);
});

test("what a window does to alerts is done where it is trusted, and refused in words where not or when it is wrong", async () => {
  report(50);
  const client = await start(RULE.replace(", for: 2s", ""));
  const { alert } = await seen(client, Date.now(), ({ status }) => status === "firing");
  const wish = { alert: alert.id, by: "ann", note: "on it", undo: false };
  await client.send(acknowledgeAlert, wish);
  const now = Date.now();
  const silence = { matchers: { rule: "loss" }, startsAt: now, endsAt: now + 60_000, author: "ann", comment: "" };
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

  const stranger = await start(RULE, false);
  await expect(stranger.send(acknowledgeAlert, wish)).rejects.toThrow("not trusted");
});
