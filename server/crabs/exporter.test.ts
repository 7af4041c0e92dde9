/** Handing snapshots to an arm: one that works, one that fails, one that hangs, and a real file. */
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import type { Snapshot } from "../../protocol/reading.ts";
import { ManualClock, settled } from "../host/manual-clock.ts";
import { systemClock } from "../host/node.ts";
import { CrabExporter, exportFrom, type Arm, type ExporterOptions } from "./exporter.ts";
import { CrabGuardian } from "./guardian.ts";

function snapshot(index: number): Snapshot {
  const time = index * 1000;
  return { id: String(index), time, node: "here", crab: "c", readings: [], failures: [], durationMs: 1, tags: [] };
}

/** An arm that does as told, and remembers what it got. */
function setUp(options: Partial<ExporterOptions> = {}) {
  const clock = new ManualClock();
  const got: string[] = [];
  const batches: number[] = [];
  const world = { deliver: (): Promise<void> => Promise.resolve(), closed: false, calls: 0 };
  const arm: Arm = {
    name: "test",
    deliver: async (snapshots) => {
      world.calls += 1;
      await world.deliver();
      batches.push(snapshots.length);
      got.push(...snapshots.map((one) => one.id));
    },
    close: () => {
      world.closed = true;
      return Promise.resolve();
    },
  };
  return { clock, got, batches, world, exporter: new CrabExporter({ arm, clock, ...options }) };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => String(from + index));

describe("an exporter", () => {
  it("hands over every snapshot once, in order, several at once when they come fast", async () => {
    const { exporter, got, batches, clock } = setUp({ batchSize: 10 });
    for (let index = 0; index < 25; index++) exporter.offer(snapshot(index));
    await settled();
    expect(got).toEqual(range(0, 25));
    expect(Math.max(...batches)).toBe(10);
    expect(exporter.stats()).toMatchObject({ delivered: 25, waiting: 0, dropped: 0, failures: 0, reason: "" });
    expect(clock.pending).toBe(0);
  });

  it("tries again with growing pauses, loses nothing that fits, and says why it failed", async () => {
    const { exporter, got, world, clock } = setUp();
    world.deliver = () => Promise.reject(new Error("connection refused"));
    exporter.offer(snapshot(0));
    await clock.advanceAsync(30_000);
    // At 0, 1, 3, 7 and 15 s.
    expect(world.calls).toBe(5);
    exporter.offer(snapshot(1));
    expect(exporter.stats()).toMatchObject({ waiting: 2, failures: 5, reason: "connection refused" });
    world.deliver = () => Promise.resolve();
    await clock.advanceAsync(1000);
    expect(got).toEqual(["0", "1"]);
    expect(exporter.stats()).toMatchObject({ reason: "", delivered: 2 });
  });

  it("drops the oldest when there is no room, and counts them", async () => {
    const { exporter, got, world, clock } = setUp({ queueSize: 5 });
    world.deliver = () => Promise.reject(new Error("away"));
    exporter.offer(snapshot(0));
    await settled();
    for (let index = 1; index < 12; index++) exporter.offer(snapshot(index));
    expect(exporter.stats()).toMatchObject({ waiting: 5, dropped: 7 });
    world.deliver = () => Promise.resolve();
    await clock.advanceAsync(1000);
    expect(got).toEqual(range(7, 12));
  });

  it("does not drop what is under way in favour of what comes", async () => {
    const { exporter, got, world } = setUp({ queueSize: 3, batchSize: 2 });
    let release = (): void => undefined;
    exporter.offer(snapshot(0));
    await settled();
    world.deliver = () => new Promise((resolve) => (release = resolve));
    exporter.offer(snapshot(1));
    for (let index = 2; index < 7; index++) exporter.offer(snapshot(index));
    world.deliver = () => Promise.resolve();
    release();
    await settled();
    expect(got).toEqual(["0", "1", "5", "6"]);
    expect(exporter.stats()).toMatchObject({ delivered: 4, dropped: 3 });
  });

  it("cuts an arm that hangs at the deadline, and does not call it again before it lets go", async () => {
    const { exporter, got, world, clock } = setUp({ deadlineMs: 500 });
    const release: (() => void)[] = [];
    world.deliver = () => new Promise((resolve) => release.push(resolve));
    exporter.offer(snapshot(0));
    await clock.advanceAsync(60_000);
    expect(world.calls).toBe(1);
    expect(exporter.stats()).toMatchObject({ waiting: 1, reason: "did not answer within 500 ms" });
    world.deliver = () => Promise.resolve();
    release[0]?.();
    await clock.advanceAsync(60_000);
    // At least once: the hand-over that came late had arrived after all.
    expect(got).toEqual(["0", "0"]);
    expect(exporter.stats().waiting).toBe(0);
  });

  it("hands over what waits before it closes, but does not wait for ever", async () => {
    const { exporter, got, world } = setUp();
    exporter.offer(snapshot(0));
    exporter.offer(snapshot(1));
    await exporter.close();
    expect(got).toEqual(["0", "1"]);
    expect(world.closed).toBe(true);
    exporter.offer(snapshot(2));
    expect(exporter.stats().waiting).toBe(0);

    const stuck = setUp();
    stuck.world.deliver = () => new Promise(() => undefined);
    stuck.exporter.offer(snapshot(0));
    const closing = stuck.exporter.close();
    await stuck.clock.advanceAsync(2000);
    await closing;
    expect(stuck.world.closed).toBe(true);
    expect(stuck.exporter.stats()).toMatchObject({ dropped: 1, waiting: 0 });
  });

  it.each([0, -1, 1.5, NaN])("refuses a queue of %s", (queueSize) => {
    expect(() => setUp({ queueSize })).toThrow(RangeError);
  });
});

describe("an exporter with a file as its arm", () => {
  it("leaves every snapshot of a crab in it, a line each", async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-export-"));
    try {
      const file = path.join(folder, "snapshots.ndjson");
      const handle = await open(file, "a");
      const arm: Arm = {
        name: "file",
        deliver: async (snapshots) => {
          await handle.appendFile(snapshots.map((one) => `${JSON.stringify(one)}\n`).join(""));
        },
        close: () => handle.close(),
      };
      const exporter = new CrabExporter({ arm, clock: systemClock });
      const crab = new CrabGuardian({ name: "local", node: "here", clock: systemClock, sensors: [] });
      const hub = { on: (_event: "snapshot", listener: (one: Snapshot) => void) => crab.onSnapshot(listener) };
      const subscription = exportFrom(hub, exporter);
      const taken: string[] = [];
      for (let poll = 0; poll < 50; poll++) taken.push((await crab.collectOnce()).id);
      subscription.dispose();
      await exporter.close();
      await crab.dispose();
      const kept: string[] = [];
      for await (const line of createInterface({ input: createReadStream(file) })) {
        kept.push((JSON.parse(line) as Snapshot).id);
      }
      expect(kept).toEqual(taken);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
