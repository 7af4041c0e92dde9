/** The chunk store keeps the contract in RAM and on disk, survives restarts and bad files, and has one writer. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { leveledLog } from "../../host/log.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import type { Aggregate } from "../../../protocol/history.ts";
import { ask, METRICS, sample, storeContract } from "./contract.ts";
import { MemoryStore } from "./memory.ts";
import { ChunkStore, type ChunkStoreOptions } from "./chunk-store.ts";

const START = Date.UTC(2026, 0, 1, 12);

let folder: string;
let file: string;
const open: ChunkStore[] = [];
let number = 0;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gorgon-store-"));
  file = path.join(folder, "state", "history.db");
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
  rmSync(folder, { recursive: true, force: true });
});

function openStore(clock: ManualClock, more: Partial<ChunkStoreOptions> = {}): ChunkStore {
  const store = new ChunkStore({ path: file, clock, ...more });
  open.push(store);
  return store;
}

/** Values that no scheme makes smaller. */
const noise = (index: number): number => Math.sin(index) * 1e9;

const valuesOf = async (store: ChunkStore) => (await store.query(ask())).map((frame) => frame.values);

/** Files of the folder whose name says that they were moved aside. */
const aside = (why: string) => readdirSync(path.dirname(file)).filter((name) => name.includes(`.${why}`));

describe("the store on disk", () => {
  storeContract(
    (start, options) => {
      const clock = new ManualClock(start);
      number += 1;
      const own = path.join(folder, `contract-${String(number)}`, "history.db");
      return { clock, store: openStore(clock, { path: own, ...options }) };
    },
    (store) => store.flush(),
  );

  describe("with every sample sealed in the file", () => {
    storeContract(
      (start, options) => {
        const clock = new ManualClock(start);
        number += 1;
        const own = path.join(folder, `contract-${String(number)}`, "history.db");
        return { clock, store: openStore(clock, { path: own, ...options }) };
      },
      async (store) => {
        if (store instanceof ChunkStore) await store.sealNow();
      },
    );
  });

  it("keeps history across restarts, and needs no flush before a proper close", async () => {
    const clock = new ManualClock(START);
    const first = openStore(clock);
    first.append(START, [sample(1)], METRICS);
    await first.close();
    const second = openStore(clock);
    second.append(START + 1000, [sample(2)], METRICS);
    expect(await valuesOf(second)).toEqual([[1, 2]]);
    expect(second.health()).toMatchObject({ mode: "writing", reason: "", path: file, series: 1 });
  });

  it("flushes by itself every five seconds", async () => {
    const clock = new ManualClock(START);
    const store = openStore(clock);
    store.append(START, [sample(1)], METRICS);
    const journaled = () =>
      readdirSync(`${file}.journal`).reduce((sum, name) => sum + statSync(path.join(`${file}.journal`, name)).size, 0);
    await clock.advanceAsync(4999);
    expect(journaled()).toBe(0);
    await clock.advanceAsync(1);
    expect(journaled()).toBeGreaterThan(0);
  });

  it("writes a day of samples in slices, and answers a day of one series in 500 points at once", async () => {
    const clock = new ManualClock(START);
    const store = openStore(clock);
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
});

describe("the store on disk", () => {
  it("gives the same answers as the store in memory, whatever the window, the step and what is flushed", async () => {
    const clock = new ManualClock(START);
    const disk = openStore(clock);
    const memory = new MemoryStore({ clock, limits: { maxSamples: 1_000_000 } });
    const readings = (index: number) => [sample(index % 97), sample(-index, { index: "1" })];
    for (let index = 0; index < 11_000; index++) {
      for (const store of [disk, memory]) store.append(START + index * 3, readings(index), METRICS);
      if (index === 7500) await disk.flush();
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
        expect(await disk.query(ask(question))).toEqual(await memory.query(ask(question)));
      }),
      { numRuns: 60 },
    );
    expect(disk.health().reason).toBe("");
  });
});

describe("a file that cannot be used", () => {
  async function written(): Promise<void> {
    const store = openStore(new ManualClock(START));
    store.append(START, [sample(0)], METRICS);
    await store.sealNow();
    store.append(START + 1000, [sample(1)], METRICS);
    await store.close();
    open.length = 0;
  }

  /** `journaled`: what is not lost with the file. */
  async function begunAnew(why: string, journaled: readonly number[] = [1]): Promise<string> {
    const messages: string[] = [];
    const log = leveledLog(
      (level, message) => messages.push(`${level}: ${message}`),
      () => "info",
    );
    const store = openStore(new ManualClock(START + 60_000), { log });
    expect(store.health().mode).toBe("writing");
    store.append(START + 60_000, [sample(2)], METRICS);
    await store.flush();
    expect((await valuesOf(store))[0]?.filter((value) => value !== 0)).toEqual([...journaled, 2]);
    expect(aside(why).length).toBeGreaterThanOrEqual(1);
    expect(messages.some((message) => message.startsWith("error: ") && message.includes("moved to"))).toBe(true);
    return store.health().reason;
  }

  it("because it is no database is moved aside, unharmed, and a new one begun", async () => {
    await written();
    writeFileSync(file, "not a database at all, but of some length: ".repeat(100));
    expect(await begunAnew("corrupt")).toMatch(/was damaged .* moved to .*history\.db\.corrupt-2026-01-01T12-01-00/);
    const [kept = ""] = aside("corrupt");
    expect(readFileSync(path.join(path.dirname(file), kept), "utf8")).toContain("not a database at all");
  });

  it("because its pages are garbage is moved aside", async () => {
    const store = openStore(new ManualClock(START));
    for (let index = 0; index < 2000; index++) store.append(START + index, [sample(noise(index))], METRICS);
    await store.close();
    rmSync(`${file}.journal`, { recursive: true });
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 4096 * 2, 4096 * 6);
    writeFileSync(file, bytes);
    expect(await begunAnew("corrupt", [])).toContain("was damaged");
  });

  it("because it is another program's database is moved aside, not written into", async () => {
    mkdirSync(path.dirname(file), { recursive: true });
    const other = new DatabaseSync(file);
    other.exec("CREATE TABLE recipe (name TEXT); INSERT INTO recipe VALUES ('soup')");
    other.close();
    expect(await begunAnew("corrupt", [])).toContain("it is not a history of Gorgon");
    const kept = new DatabaseSync(path.join(path.dirname(file), aside("corrupt")[0] ?? ""), { readOnly: true });
    expect(kept.prepare("SELECT name FROM recipe").get()?.["name"]).toBe("soup");
    kept.close();
  });

  it("because a newer Gorgon wrote it is moved aside under its version", async () => {
    await written();
    const newer = new DatabaseSync(file);
    newer.exec("PRAGMA user_version = 7");
    newer.close();
    expect(await begunAnew("newer-v7")).toMatch(/newer Gorgon \(it has version 7.*update Gorgon/);
  });

  it("because it was emptied beside a full write-ahead log is moved aside with the log", async () => {
    await written();
    writeFileSync(file, "");
    writeFileSync(`${file}-wal`, "some frames");
    await begunAnew("corrupt");
    expect(aside("corrupt").some((name) => name.endsWith("-wal"))).toBe(true);
  });

  it("twice in the same second leaves two files aside", async () => {
    for (let round = 0; round < 2; round++) {
      writeFileSync((mkdirSync(path.dirname(file), { recursive: true }), file), "garbage ".repeat(1000));
      await openStore(new ManualClock(START)).close();
    }
    expect(aside("corrupt")).toHaveLength(2);
  });

  it("while it is in use, because somebody wrote over it, is moved aside at the next flush or question", async () => {
    const clock = new ManualClock(START);
    const store = openStore(clock);
    for (let index = 0; index < 400_000; index++) store.append(START + index, [sample(noise(index))], METRICS);
    // More than SQLite's cache holds, so that it has to read again.
    await store.flush();
    execFileSync(process.execPath, [
      "-e",
      `const fs = require("fs"); const f = fs.openSync(process.argv[1], "r+");
       const size = fs.fstatSync(f).size; fs.writeSync(f, Buffer.alloc(Math.max(size, 65536), 0xa5), 0, undefined, 0);
       fs.truncateSync(process.argv[1] + "-wal", 0);`,
      file,
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

  it("never gives a sample back whose bits were changed behind its back", async () => {
    const clock = new ManualClock(START);
    const store = openStore(clock);
    // Too far apart to be joined into one chunk.
    const apart = 3 * 3_600_000;
    for (let index = 0; index < 10; index++) {
      store.append(START + index * apart, [sample(index + 1)], METRICS);
      await store.sealNow();
    }
    const vandal = new DatabaseSync(file);
    const where = (index: number) => `WHERE start = ${String(START + index * apart)}`;
    vandal.exec(`UPDATE chunk SET max = 99 ${where(4)};
                 UPDATE chunk SET start = start + 1000, end = end + 1000 ${where(6)};
                 UPDATE chunk SET body = zeroblob(length(body)) ${where(7)};
                 UPDATE chunk SET checksum = 9007199254740999 ${where(8)}`);
    vandal.close();
    expect(await valuesOf(store)).toEqual([[1, 2, 3, 4, 6, 10]]);
    expect(store.health().reason).toContain("4 damaged chunks were found");
  });

  it("because it was deleted is made anew at the next flush", async () => {
    const clock = new ManualClock(START);
    const store = openStore(clock);
    store.append(START, [sample(1)], METRICS);
    await store.flush();
    rmSync(path.dirname(file), { recursive: true });
    store.append(START + 1000, [sample(2)], METRICS);
    await clock.advanceAsync(5000);
    await clock.advanceAsync(5000);
    expect(store.health().mode).toBe("writing");
    // What was in RAM goes into the new one.
    expect(await valuesOf(store)).toEqual([[1, 2]]);
    await store.close();
    expect(await valuesOf(openStore(clock))).toEqual([[1, 2]]);
  });

  it("or whose journal was deleted goes on with a new one, and what was in RAM is in it", async () => {
    const clock = new ManualClock(START);
    const store = openStore(clock);
    store.append(START, [sample(1)], METRICS);
    await store.flush();
    rmSync(`${file}.journal`, { recursive: true });
    store.append(START + 1000, [sample(2)], METRICS);
    await store.flush();
    expect(store.health()).toMatchObject({ mode: "writing", reason: "" });
    const other = path.join(folder, "copy", "history.db");
    cpSync(path.dirname(file), path.dirname(other), { recursive: true });
    expect(await valuesOf(openStore(clock, { path: other }))).toEqual([[1, 2]]);
  });
});

describe("no room and no right to write", () => {
  it("stops history with a reason when the file may not grow, keeps the newest in memory, and goes on by itself", async () => {
    const clock = new ManualClock(START);
    let pages = 8;
    const store = openStore(clock, { maxPages: () => pages });
    for (let index = 0; index < 3000; index++) store.append(START + index, [sample(noise(index))], METRICS);
    await store.flush();
    expect(store.health().mode).toBe("memory");
    expect(store.health().reason).toMatch(/there is no room for .*history\.db .*Free some space; it goes on by itself/);
    expect((await valuesOf(store))[0]?.length).toBe(3000);
    pages = 1_000_000;
    await clock.advanceAsync(60_000);
    expect(store.health()).toMatchObject({ mode: "writing", reason: "" });
    await store.close();
    expect((await valuesOf(openStore(clock)))[0]?.length).toBe(3000);
  });

  it("keeps the head bounded however long there is no room", async () => {
    const clock = new ManualClock(START);
    const store = openStore(clock, { maxPages: () => 8, limits: { maxSamples: 5000 } });
    for (let index = 0; index < 50_000; index++) store.append(START + index, [sample(noise(index))], METRICS);
    await store.flush();
    const [values = []] = await valuesOf(store);
    expect(values.length).toBeLessThanOrEqual(5000);
    expect(values.at(-1)).toBe(noise(49_999));
    expect(store.health().reason).toContain("oldest were dropped");
  });

  it("never drops what the disk takes, however much is closed at once", async () => {
    const clock = new ManualClock(START);
    const store = openStore(clock, { limits: { maxSamples: 1000 } });
    const readings = (index: number) => Array.from({ length: 10 }, (_, at) => sample(index, { at: String(at) }));
    for (let index = 0; index < 2000; index++) store.append(START + index * 2000, readings(index), METRICS);
    await store.flush();
    expect((await valuesOf(store)).map((values) => values.length)).toEqual(Array.from({ length: 10 }, () => 2000));
    await store.close();
    const again = openStore(clock, { limits: { maxSamples: 1000 } });
    expect((await valuesOf(again)).map((values) => values.length)).toEqual(Array.from({ length: 10 }, () => 2000));
    expect(again.health().reason).toBe("");
  });

  it("asks less and less often while there is no room", async () => {
    const clock = new ManualClock(START);
    let asked = 0;
    // A file where the folder should be: nothing can be made there.
    writeFileSync(path.join(folder, "state"), "in the way");
    const store = openStore(clock, {
      log: leveledLog(
        () => (asked += 1),
        () => "trace",
      ),
    });
    store.append(START, [sample(1)], METRICS);
    await clock.advanceAsync(600_000);
    expect(store.health()).toMatchObject({ mode: "memory" });
    expect(store.health().reason).toContain("It is tried again within a minute");
    expect(asked).toBeLessThan(5);
    expect(await valuesOf(store)).toEqual([[1]]);
    rmSync(path.join(folder, "state"));
    await clock.advanceAsync(60_000);
    expect(store.health()).toMatchObject({ mode: "writing", reason: "" });
    expect(await valuesOf(store)).toEqual([[1]]);
  });
});

describe("two windows", () => {
  it("have one writer; the other follows, sees what was written, and shows its own newest samples", async () => {
    const clock = new ManualClock(START);
    const writer = openStore(clock);
    writer.append(START, [sample(1)], METRICS);
    writer.append(START + 2000, [sample(2)], METRICS);
    await writer.flush();
    const follower = openStore(clock);
    expect(follower.health().mode).toBe("following");
    expect(follower.health().reason).toContain("Another window's Gorgon writes the history");
    // It saw the same machine: between the writer's samples, and after them.
    follower.append(START + 1000, [sample(8)], METRICS);
    follower.append(START + 3000, [sample(9)], METRICS);
    expect(await valuesOf(follower)).toEqual([[1, 2, 9]]);
    writer.append(START + 4000, [sample(3)], METRICS);
    writer.append(START + 4000, [sample(7)], new Map());
    await clock.advanceAsync(5000);
    expect(await valuesOf(follower)).toEqual([[1, 2, 7]]);
    expect(await valuesOf(writer)).toEqual([[1, 2, 7]]);
  });

  it("hand over within five seconds: the follower writes what the writer could not any more", async () => {
    const clock = new ManualClock(START);
    const writer = openStore(clock);
    writer.append(START, [sample(1)], METRICS);
    const follower = openStore(clock);
    follower.append(START + 500, [sample(5)], METRICS);
    await writer.close();
    follower.append(START + 1000, [sample(6)], METRICS);
    await clock.advanceAsync(5000);
    expect(follower.health()).toMatchObject({ mode: "writing", reason: "" });
    await follower.close();
    expect(await valuesOf(openStore(clock))).toEqual([[1, 5, 6]]);
  });

  it("learn each other's new series", async () => {
    const clock = new ManualClock(START);
    const writer = openStore(clock);
    const follower = openStore(clock);
    writer.append(START, [sample(4, { disk: "sdb" })], METRICS);
    await clock.advanceAsync(7500);
    expect((await follower.query(ask())).map((frame) => frame.attributes)).toEqual([{ disk: "sdb" }]);
  });

  it("hold no more in RAM than is not in the file yet, whoever writes and whether or not anybody asks", async () => {
    const clock = new ManualClock(START);
    const writer = openStore(clock);
    const follower = openStore(clock);
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

  it("survive a lock file full of garbage", () => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(`${file}.lock`, "garbage ".repeat(1000));
    expect(openStore(new ManualClock(START)).health().mode).toBe("writing");
  });

  it("are again one writer after somebody removed the lock file", async () => {
    const clock = new ManualClock(START);
    const writer = openStore(clock);
    const follower = openStore(clock);
    rmSync(`${file}.lock`);
    await clock.advanceAsync(10_000);
    expect([writer.health().mode, follower.health().mode].sort()).toEqual(["following", "writing"]);
  });
});
