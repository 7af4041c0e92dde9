/** Alerts, silences and what was told outlive the worker, as long as there is a history file. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Rule } from "../../../protocol/bell.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { ChunkStore } from "../../octopus/store/chunk-store.ts";
import { alertMachine, rule } from "./testing.ts";

const MINUTE = 60_000;

let folder: string;
let clock: ManualClock;
const running: ReturnType<typeof alertMachine>[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gorgon-alerts-"));
  clock = new ManualClock();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((machine) => machine.close()));
  rmSync(folder, { recursive: true, force: true });
});

const file = () => path.join(folder, "history.db");

function start(over: Partial<Rule> = {}) {
  const store = () => new ChunkStore({ path: file(), clock });
  const machine = alertMachine({ rules: [rule(over)], clock, store });
  running.push(machine);
  return machine;
}

async function stop(machine: ReturnType<typeof alertMachine>): Promise<void> {
  running.splice(running.indexOf(machine), 1);
  await machine.close();
}

test("a firing alert goes on under its name and is not told again", async () => {
  const first = start();
  await first.hold(0.95, 20_000);
  const before = first.alert();
  expect(before.notifications).toBe(1);
  await stop(first);
  clock.advance(5 * MINUTE);

  const second = start();
  expect(second.alert()).toMatchObject({ id: before.id, level: "CRIT", status: "firing", notifications: 1 });
  await second.hold(0.96, MINUTE);
  expect(second.alert()).toMatchObject({ id: before.id, firingSince: before.firingSince, notifications: 1 });
  await second.hold(0.1, 2000);
  expect(second.steps().map(({ change }) => change)).toEqual(["pending", "firing", "resolved"]);
});

test("a pending alert goes on; the time in which nobody looked does not count", async () => {
  const first = start({ forMs: 10 * MINUTE });
  await first.hold(0.95, 6 * MINUTE);
  const { id, pendingSince } = first.alert();
  await stop(first);
  clock.advance(30 * MINUTE);
  const second = start({ forMs: 10 * MINUTE });
  await second.hold(0.95, 2 * MINUTE);
  expect(second.alert()).toMatchObject({ id, pendingSince, status: "pending" });
  await second.hold(0.95, 3 * MINUTE);
  expect(second.alert()).toMatchObject({ id, status: "firing" });
});

test("after more than an hour a pending alert begins anew", async () => {
  const first = start({ forMs: 10 * MINUTE });
  await first.hold(0.95, 6 * MINUTE);
  const { id } = first.alert();
  await stop(first);
  clock.advance(61 * MINUTE);
  const second = start({ forMs: 10 * MINUTE });
  await second.hold(0.95, 2000);
  expect(second.alert().id).not.toBe(id);
});

test("an alert that ended while nobody looked ends with the first value", async () => {
  const first = start();
  await first.hold(0.95, 20_000);
  await stop(first);
  const second = start();
  await second.hold(0.1, 2000);
  expect(second.alerts()).toMatchObject([{ status: "resolved", notifications: 1 }]);
});

test("silences, acknowledgements and what damping remembers are there again", async () => {
  const first = start();
  await first.hold(0.95, 2000);
  const now = clock.now();
  first.bell.act({ acknowledge: { alert: first.alert().id, by: "ann", note: "", undo: false } });
  first.bell.act({
    silence: { matchers: { rule: "load" }, startsAt: now, endsAt: now + 10 * MINUTE, author: "ann", comment: "" },
  });
  await first.hold(0.95, 2000);
  await stop(first);
  const second = start();
  expect(second.bell.state().silences).toMatchObject([{ author: "ann" }]);
  expect(second.alert()).toMatchObject({ acknowledged: { by: "ann" }, silencedBy: expect.any(String) as string });
  await second.hold(0.1, 2000);
  await second.hold(0.95, 2000);
  expect(second.alert().flaps).toBe(1);
  clock.advance(11 * MINUTE);
  await stop(second);
  expect(start().bell.state().silences).toEqual([]);
});

test("history has every alert that fired, newest first, by time and rule", async () => {
  const first = start();
  const began = clock.now();
  await first.hold(0.8, 4000);
  await first.hold(0.1, 4000);
  await stop(first);
  const second = start();
  await second.hold(0.95, 4000);
  const ask = (query: Partial<{ from: number; to: number; rule: string; limit: number }>) =>
    second.bell.book.history({ from: 0, to: Infinity, rule: "", limit: 10, ...query }).map(({ alert }) => alert.level);
  expect(ask({})).toEqual(["CRIT", "WARN"]);
  expect(ask({ limit: 1 })).toEqual(["CRIT"]);
  expect(ask({ to: began + 1000 })).toEqual(["WARN"]);
  expect(ask({ from: began + 7000 })).toEqual(["CRIT"]);
  expect(ask({ rule: "other" })).toEqual([]);
});

test("rows that another program wrote are left out, and the others stand", async () => {
  const first = start();
  await first.hold(0.95, 20_000);
  const { id } = first.alert();
  await stop(first);
  const database = new DatabaseSync(file());
  database.exec(
    "INSERT INTO alert_state VALUES ('life', 'x', '{\"alert\": 5}'), ('silence', 'y', 'not json'), ('seen2', '', '1');" +
      "INSERT INTO alert_record VALUES ('z', 'load', 1, NULL, '[]')",
  );
  database.close();
  const second = start();
  expect(second.alert().id).toBe(id);
  expect(second.bell.book.history({ from: 0, to: Infinity, rule: "", limit: 10 })).toHaveLength(1);
});

test("a history file of a release without these tables gets them", async () => {
  await stop(start());
  const database = new DatabaseSync(file());
  database.exec("DROP TABLE alert_state; DROP TABLE alert_record");
  database.close();
  const machine = start();
  await machine.hold(0.95, 20_000);
  const { id } = machine.alert();
  await stop(machine);
  expect(start().alert().id).toBe(id);
});

test("a worker that does not write keeps its alerts in memory", async () => {
  const writer = new ChunkStore({ path: file(), clock });
  const reader = start();
  await reader.hold(0.95, 20_000);
  expect(reader.alert().notifications).toBe(1);
  expect(reader.steps()).toHaveLength(2);
  await stop(reader);
  await writer.close();
  const later = start();
  expect(later.alerts()).toEqual([]);
});
