/** The chunk store with many samples: random ones, a day of them, and a file that is overwritten under it. */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Aggregate } from "../../../protocol/history.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { ChunkStore } from "./chunk-store.ts";
import { ask, METRICS, randomSamples, sample } from "./contract.ts";
import { MemoryStore } from "./memory.ts";
import { noise, stores } from "./testing.ts";

const START = Date.UTC(2026, 0, 1, 12);

const disk = stores();

const valuesOf = async (store: ChunkStore) => (await store.query(ask())).map((frame) => frame.values);

/** Files of the folder whose name says that they were moved aside. */
const aside = (why: string) => readdirSync(path.dirname(disk.file)).filter((name) => name.includes(`.${why}`));

describe("the store on disk", () => {
  randomSamples(
    (start, options) => {
      const clock = new ManualClock(start);
      return { clock, store: disk.openAnother(clock, options) };
    },
    (store) => store.flush(),
  );

  describe("with every sample sealed in the file", () => {
    randomSamples(
      (start, options) => {
        const clock = new ManualClock(start);
        return { clock, store: disk.openAnother(clock, options) };
      },
      async (store) => {
        if (store instanceof ChunkStore) await store.sealNow();
      },
    );
  });

  it("writes a day of samples in slices, and answers a day of one series in 500 points at once", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock);
    const day = 86_400_000;
    const readings = Array.from({ length: 5 }, (_, index) => sample(0.5, { index: String(index) }));
    for (let time = START - day; time < START; time += 2000) store.append(time, readings, METRICS);
    await store.flush();
    const query = ask({ match: { index: "3" }, from: START - day, to: START, step: day / 500 });
    await store.query(query);
    const began = performance.now();
    const [frame] = await store.query(query);
    const took = performance.now() - began;
    expect(frame?.times.length).toBeGreaterThanOrEqual(500);
    expect(took).toBeLessThan(200);
  });

  it("gives the same answers as the store in memory, whatever the window, the step and what is flushed", async () => {
    const clock = new ManualClock(START);
    const kept = disk.open(clock);
    const memory = new MemoryStore({ clock, limits: { maxSamples: 1_000_000 } });
    const readings = (index: number) => [sample(index % 97), sample(-index, { index: "1" })];
    for (let index = 0; index < 11_000; index++) {
      for (const store of [kept, memory]) store.append(START + index * 3, readings(index), METRICS);
      if (index === 7500) await kept.flush();
    }
    const time = fc.double({ min: START - 100, max: START + 34_000, noNaN: true });
    const window = fc.record({
      from: fc.oneof(time, time.map(Math.round), fc.constant(-Infinity)),
      to: fc.oneof(time, time.map(Math.round), fc.constant(Infinity)),
      step: fc.constantFrom(0, 1, 250, 1000, 86_400),
      aggregate: fc.constantFrom<Aggregate>("avg", "min", "max", "sum", "count", "last", "rate", "p50", "p99"),
    });
    await fc.assert(
      fc.asyncProperty(window, async (question) => {
        expect(await kept.query(ask(question))).toEqual(await memory.query(ask(question)));
      }),
      { numRuns: 60 },
    );
    expect(kept.health().reason).toBe("");
  });
});

describe("a file that cannot be used", () => {
  it("while it is in use, because somebody wrote over it, is moved aside at the next flush or question", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock);
    for (let index = 0; index < 400_000; index++) store.append(START + index, [sample(noise(index))], METRICS);
    // More than SQLite's cache holds, so that it has to read again.
    await store.flush();
    execFileSync(process.execPath, [
      "-e",
      `const fs = require("fs"); const f = fs.openSync(process.argv[1], "r+");
       const size = fs.fstatSync(f).size; fs.writeSync(f, Buffer.alloc(Math.max(size, 65536), 0xa5), 0, undefined, 0);
       fs.truncateSync(process.argv[1] + "-wal", 0);`,
      disk.file,
    ]);
    for (let round = 0; round < 4; round++) {
      await store.query(ask());
      store.append(START + 500_000 + round, [sample(round)], METRICS);
      await clock.advanceAsync(5000);
    }
    expect(aside("corrupt").length).toBeGreaterThanOrEqual(1);
    expect(store.health()).toMatchObject({ mode: "writing" });
    expect(store.health().reason).toContain("was damaged");
    expect((await valuesOf(store))[0]?.at(-1)).toBe(3);
  });
});

describe("two windows", () => {
  it("hold no more in RAM than is not in the file yet, whoever writes and whether or not anybody asks", async () => {
    const clock = new ManualClock(START);
    const writer = disk.open(clock);
    const follower = disk.open(clock);
    for (let index = 0; index < 5000; index++) {
      const readings = [sample(index), sample(-index, { core: "1" })];
      for (const store of [writer, follower]) store.append(clock.now(), readings, METRICS);
      clock.jump(2000);
      if (index % 100 !== 0) continue;
      await writer.flush();
      await follower.flush();
    }
    await writer.flush();
    await follower.flush();
    expect(writer.memory.samples).toBeLessThan(2 * 720);
    // What the writer has said, and its own share of the same.
    expect(follower.memory.samples).toBeLessThan(4 * 720);
    const [first] = await follower.query(ask());
    expect(first?.values.length).toBe(5000);
  });
});
