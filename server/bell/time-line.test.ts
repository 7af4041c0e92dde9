/** Alerts and notes come to the history's time line once, and end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Alert } from "../../protocol/alert.ts";
import type { BellState } from "../../protocol/bell.ts";
import { ManualClock } from "../host/manual-clock.ts";
import { silentLog } from "../host/log.ts";
import { ChunkStore } from "../octopus/store/chunk-store.ts";
import { begin } from "./alerts/life.ts";
import { rule } from "./alerts/testing.ts";
import { TimeLine } from "./time-line.ts";

const START = Date.UTC(2026, 0, 1);
const EPOCH = { time: START, end: START + 1000, kind: "epoch", text: "Epoch 1 ended", source: "progress" };

let folder: string;
let store: ChunkStore;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gorgon-time-line-"));
  store = new ChunkStore({ path: path.join(folder, "history.db"), clock: new ManualClock(START) });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A bell that says what it is told to say. */
function bell() {
  const listeners = new Set<(state: BellState) => void>();
  let state: BellState = {
    ...{
      id: "",
      time: START,
      node: "n",
      level: "OK",
      since: START,
      headline: "",
      verdicts: [],
      alerts: [],
      silences: [],
    },
  };
  return {
    state: () => state,
    on: (listener: (state: BellState) => void) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
    say: (time: number, ...alerts: readonly Alert[]) => {
      state = { ...state, time, alerts };
      for (const listener of listeners) listener(state);
    },
  };
}

/** An alert that fired then. */
function memory(firingSince: number, more: Partial<Alert> = {}): Alert {
  const shape = rule({ id: "memory", title: "Memory", origin: "built in" });
  const birth = { id: `n/${String(firingSince)}`, fingerprint: "f", labels: {}, group: "n memory" };
  const seen = { raw: "CRIT", value: 0.95, unit: "1", cause: "" } as const;
  const { alert } = begin(shape, birth, seen, firingSince);
  return { ...alert, status: "firing", firingSince, message: "Memory is running out: 95.0 %", ...more };
}

const over = (alert: Alert, resolvedAt: number): Alert => ({ ...alert, status: "resolved", resolvedAt });

const open = (over: Partial<ConstructorParameters<typeof TimeLine>[0]> = {}) => {
  const rings = bell();
  const timeLine = new TimeLine({ bell: rings, store: () => store, leads: () => true, log: silentLog, ...over });
  return { rings, timeLine };
};
const noted = () => store.annotations.list({ from: -Infinity, to: Infinity });

test("an alert that is CRIT stands from when it fired to its end, in its own words, once", () => {
  const { rings } = open();
  const alert = memory(START, { level: "WARN" });
  rings.say(START, alert);
  expect(noted()).toEqual([]);
  const worse = { ...alert, level: "CRIT" } as const;
  rings.say(START + 10_000, worse);
  rings.say(START + 12_000, { ...worse, message: "Memory is running out: 99.0 %" });
  expect(noted()).toMatchObject([{ kind: "alert", source: "memory", text: "Memory is running out: 95.0 %" }]);
  rings.say(START + 20_000, alert);
  rings.say(START + 32_000, over(worse, START + 30_000));
  expect(noted()).toMatchObject([{ time: START, end: START + 30_000 }]);
  rings.say(START + 40_000, memory(START + 40_000), over(worse, START + 30_000));
  expect(noted()).toHaveLength(2);
});

test("one that is pending, or was never more than WARN, is not noted", () => {
  const { rings } = open();
  rings.say(START, memory(START, { status: "pending", firingSince: null }));
  rings.say(START + 2000, memory(START, { level: "WARN" }));
  rings.say(START + 4000, over(memory(START, { level: "WARN" }), START + 4000));
  expect(noted()).toEqual([]);
});

test("each series of a rule is a note of its own, also when they fire at once", () => {
  const [home, temporary] = ["/home", "/tmp"].map((mount) =>
    memory(START, { id: mount, rule: "disk", message: `Disk ${mount} is nearly full: 95.1 %` }),
  ) as [Alert, Alert];
  const first = open();
  first.rings.say(START, home, temporary);
  // The next leader takes each up by its words, in whatever order.
  const next = open();
  const now = (alert: Alert): Alert => ({ ...alert, message: alert.message.replace("95.1", "97.0") });
  next.rings.say(START + 5000, now(temporary), now(home));
  next.rings.say(START + 9000, now(home), over(temporary, START + 8000));
  next.rings.say(START + 20_000, over(home, START + 20_000));
  expect(noted().map(({ text, end }) => [text, (end ?? 0) - START])).toEqual([
    ["Disk /home is nearly full: 95.1 %", 20_000],
    ["Disk /tmp is nearly full: 95.1 %", 8000],
  ]);
});

test("an alert of a worker that is killed ends within a minute of its death, and the next leader goes on with it", () => {
  const first = open();
  for (let second = 0; second <= 150; second += 10) first.rings.say(START + second * 1000, memory(START));
  expect(noted()).toMatchObject([{ time: START, end: START + 120_000 }]);
  const next = open();
  next.rings.say(START + 152_000, memory(START, { level: "UNKNOWN" }));
  expect(noted()).toMatchObject([{ time: START, end: START + 152_000 }]);
  next.rings.say(START + 160_000, over(memory(START), START + 160_000));
  expect(noted()).toMatchObject([{ time: START, end: START + 160_000 }]);
  next.rings.say(START + 170_000, memory(START + 170_000));
  expect(noted()).toHaveLength(2);
});

test("a workspace's rule is named with its workspace: another may have one of the same id", () => {
  const { rings } = open();
  rings.say(START, memory(START, { origin: "workspace demo" }));
  expect(noted()).toMatchObject([{ source: "workspace demo/memory" }]);
});

test("an alert ends with the worker", () => {
  const { rings, timeLine } = open();
  rings.say(START, memory(START));
  rings.say(START + 5000, memory(START));
  timeLine.dispose();
  rings.say(START + 9000);
  expect(noted()).toMatchObject([{ time: START, end: START + 5000 }]);
});

test("a worker that does not lead notes nothing, and one without a file is not troubled", () => {
  const follower = open({ leads: () => false });
  follower.rings.say(START, memory(START));
  follower.timeLine.add(EPOCH);
  const without = open({ store: () => ({}) });
  without.rings.say(START, memory(START));
  without.timeLine.add(EPOCH);
  expect(noted()).toEqual([]);
});

test("a note that the file does not take now is written with the next judgement, once", () => {
  let busy = true;
  const notes = store.annotations;
  const unready = {
    add: (note: Parameters<typeof notes.add>[0]) => {
      if (busy) throw new Error("database is locked");
      return notes.add(note);
    },
    finish: notes.finish.bind(notes),
    list: notes.list.bind(notes),
    all: notes.all.bind(notes),
  };
  const { rings, timeLine } = open({ store: () => ({ annotations: unready }) });
  timeLine.add(EPOCH);
  expect(noted()).toEqual([]);
  busy = false;
  rings.say(START + 2000);
  rings.say(START + 4000);
  expect(noted()).toMatchObject([EPOCH]);
});
