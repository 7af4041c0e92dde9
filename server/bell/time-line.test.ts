/** Alerts and notes come to the history's time line once, and end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BellState, Verdict } from "../../protocol/bell.ts";
import type { Level } from "../../protocol/level.ts";
import { ManualClock } from "../host/manual-clock.ts";
import { silentLog } from "../host/log.ts";
import { ChunkStore } from "../octopus/store/chunk-store.ts";
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
    id: "",
    time: START,
    node: "n",
    level: "OK",
    since: START,
    headline: "",
    verdicts: [],
    alerts: [],
    silences: [],
  };
  return {
    state: () => state,
    guests: () => [],
    on: (listener: (state: BellState) => void) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
    say: (time: number, level: Level, since: number, origin?: string) => {
      state = { ...state, time, level, verdicts: [verdict(level, since, origin)] };
      for (const listener of listeners) listener(state);
    },
  };
}

function verdict(level: Level, since: number, origin = "built in"): Verdict {
  const rule = {
    id: "memory",
    title: "Memory",
    metric: "system.memory.utilization",
    match: {},
    direction: "above",
    warn: 0.8,
    crit: 0.9,
    origin,
  } as const;
  return { rule, level, value: 0.95, unit: "1", attributes: {}, readAt: since, since, reason: "" };
}

const open = (over: Partial<ConstructorParameters<typeof TimeLine>[0]> = {}) => {
  const rings = bell();
  const timeLine = new TimeLine({ bell: rings, store: () => store, leads: () => true, log: silentLog, ...over });
  return { rings, timeLine };
};
const noted = () => store.annotations.list({ from: -Infinity, to: Infinity });

test("an alert stands from its first to its last moment, in words, once", () => {
  const { rings } = open();
  rings.say(START, "WARN", START);
  expect(noted()).toEqual([]);
  rings.say(START + 10_000, "CRIT", START + 10_000);
  rings.say(START + 12_000, "CRIT", START + 10_000);
  expect(noted()).toMatchObject([{ kind: "alert", source: "memory", text: "Memory is running out: 95.0 %" }]);
  rings.say(START + 30_000, "OK", START + 30_000);
  expect(noted()).toMatchObject([{ time: START + 10_000, end: START + 30_000 }]);
  rings.say(START + 40_000, "CRIT", START + 40_000);
  expect(noted()).toHaveLength(2);
});

test("an alert of a worker that is killed ends within a minute of its death, and the next leader goes on with it", () => {
  const first = open();
  for (let second = 0; second <= 150; second += 10) first.rings.say(START + second * 1000, "CRIT", START);
  expect(noted()).toMatchObject([{ time: START, end: START + 120_000 }]);
  const next = open();
  next.rings.say(START + 152_000, "CRIT", START + 500);
  next.rings.say(START + 160_000, "OK", START + 160_000);
  expect(noted()).toMatchObject([{ time: START, end: START + 160_000 }]);
});

test("an alert that stood when this worker came to judge it goes on, one that was over before is another", () => {
  const first = open();
  first.rings.say(START, "CRIT", START);
  first.rings.say(START + 60_000, "CRIT", START);
  // The worker was killed; the next has heard of the rule only now.
  const next = open();
  next.rings.say(START + 100_000, "UNKNOWN", START + 100_000);
  next.rings.say(START + 102_000, "CRIT", START + 102_000);
  next.rings.say(START + 110_000, "OK", START + 110_000);
  expect(noted()).toMatchObject([{ time: START, end: START + 110_000 }]);
  next.rings.say(START + 112_000, "CRIT", START + 112_000);
  expect(noted()).toHaveLength(2);
});

test("a workspace's rule is named with its workspace: another may have one of the same id", () => {
  const { rings } = open();
  rings.say(START, "CRIT", START, "workspace demo");
  expect(noted()).toMatchObject([{ source: "workspace demo/memory" }]);
});

test("an alert ends with the worker", () => {
  const { rings, timeLine } = open();
  rings.say(START, "CRIT", START);
  rings.say(START + 5000, "CRIT", START);
  timeLine.dispose();
  rings.say(START + 9000, "OK", START + 9000);
  expect(noted()).toMatchObject([{ time: START, end: START + 5000 }]);
});

test("a worker that does not lead notes nothing, and one without a file is not troubled", () => {
  const follower = open({ leads: () => false });
  follower.rings.say(START, "CRIT", START);
  follower.timeLine.add(EPOCH);
  const without = open({ store: () => ({}) });
  without.rings.say(START, "CRIT", START);
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
  rings.say(START + 2000, "OK", START);
  rings.say(START + 4000, "OK", START);
  expect(noted()).toMatchObject([EPOCH]);
});
