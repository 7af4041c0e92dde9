/** Notes on the time line. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../host/manual-clock.ts";
import { AnnotationsUnavailable } from "./annotations.ts";
import { ChunkStore } from "./chunk-store.ts";

const START = Date.UTC(2026, 0, 1);
let folder: string;
const open: ChunkStore[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gorgon-notes-"));
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
  rmSync(folder, { recursive: true, force: true });
});

function openStore(clock = new ManualClock(START)): ChunkStore {
  const store = new ChunkStore({ path: path.join(folder, "history.db"), clock });
  open.push(store);
  return store;
}

const note = (time: number, more = {}) => ({
  time,
  end: null,
  kind: "cell",
  text: "In [3]",
  source: "a.ipynb",
  ...more,
});
const everything = { from: -Infinity, to: Infinity };

describe("notes", () => {
  it("come back by time, of the kinds asked for, those that only reach into the time too", async () => {
    const store = openStore();
    const { annotations } = store;
    annotations.add(note(START + 5000));
    annotations.add(note(START, { end: START + 9000, kind: "alert", text: "cpu is CRIT" }));
    annotations.add(note(START + 20_000, { kind: "deploy" }));
    expect(annotations.list(everything).map((one) => one.kind)).toEqual(["alert", "cell", "deploy"]);
    expect(annotations.list({ from: START + 6000, to: START + 20_000 }).map((one) => one.kind)).toEqual(["alert"]);
    expect(annotations.list({ ...everything, kinds: ["deploy", "'; DROP TABLE annotation; --"] })).toHaveLength(1);
    await store.close();
    expect(openStore().annotations.list(everything)).toHaveLength(3);
  });

  it("that have begun can be ended later, never before they began", () => {
    const { annotations } = openStore();
    const id = annotations.add(note(START));
    expect(annotations.finish(id, START + 700)).toBe(true);
    expect(annotations.list(everything)[0]?.end).toBe(START + 700);
    annotations.finish(id, START - 700);
    expect(annotations.list(everything)[0]?.end).toBe(START);
    expect(annotations.finish(99, START)).toBe(false);
  });

  it("hold any text as it is, cut at a length", () => {
    const { annotations } = openStore();
    const text = "<b>'\"\u0000\u202e" + "x".repeat(5000);
    annotations.add(note(START, { text }));
    expect(annotations.list(everything)[0]?.text).toBe(text.slice(0, 2000));
  });

  it("at no time are refused, and a follower is told who keeps them", () => {
    const { annotations } = openStore();
    for (const wrong of [{ time: NaN }, { end: NaN }, { end: START - 1 }]) {
      expect(() => annotations.add(note(START, wrong))).toThrow(RangeError);
    }
    const follower = openStore();
    expect(() => follower.annotations.add(note(START))).toThrow(AnnotationsUnavailable);
    annotations.add(note(START));
    expect(follower.annotations.list(everything)).toHaveLength(1);
  });

  it("come all, however many, also where several have the same time", async () => {
    const store = openStore();
    for (let index = 0; index < 1500; index++) {
      store.annotations.add(note(START + Math.floor(index / 700), { text: String(index) }));
    }
    const texts = [...store.annotations.all(everything)].map((one) => one.text);
    expect(texts).toEqual(Array.from({ length: 1500 }, (_, index) => String(index)));
    expect([...store.annotations.all({ from: START + 2, to: START + 3 })]).toHaveLength(100);
    await store.close();
  });

  it("go when they are older than anything that is kept", async () => {
    const clock = new ManualClock(START);
    const store = openStore(clock);
    store.annotations.add(note(START));
    store.annotations.add(note(START, { kind: "alert", end: START + 3000 * 86_400_000 }));
    clock.jump(2000 * 86_400_000);
    await store.flush();
    expect(store.annotations.list(everything).map((one) => one.kind)).toEqual(["alert"]);
  });
});
