/** The chunk store keeps the contract in RAM and on disk, survives restarts and bad files, and has one writer. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { leveledLog } from "../../host/log.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { ask, METRICS, sample, storeContract } from "./contract.ts";
import { ChunkStore } from "./chunk-store.ts";
import { noise, stores } from "./testing.ts";

const START = Date.UTC(2026, 0, 1, 12);

const disk = stores();

const valuesOf = async (store: ChunkStore) => (await store.query(ask())).map((frame) => frame.values);

/** Files of the folder whose name says that they were moved aside. */
const aside = (why: string) => readdirSync(path.dirname(disk.file)).filter((name) => name.includes(`.${why}`));

describe("the store on disk", () => {
  storeContract(
    (start, options) => {
      const clock = new ManualClock(start);
      return { clock, store: disk.openAnother(clock, options) };
    },
    (store) => store.flush(),
  );

  describe("with every sample sealed in the file", () => {
    storeContract(
      (start, options) => {
        const clock = new ManualClock(start);
        return { clock, store: disk.openAnother(clock, options) };
      },
      async (store) => {
        if (store instanceof ChunkStore) await store.sealNow();
      },
    );
  });

  it("keeps history across restarts, and needs no flush before a proper close", async () => {
    const clock = new ManualClock(START);
    const first = disk.open(clock);
    first.append(START, [sample(1)], METRICS);
    await first.close();
    const second = disk.open(clock);
    second.append(START + 1000, [sample(2)], METRICS);
    expect(await valuesOf(second)).toEqual([[1, 2]]);
    expect(second.health()).toMatchObject({ mode: "writing", reason: "", path: disk.file, series: 1 });
  });

  it("flushes by itself every five seconds", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock);
    store.append(START, [sample(1)], METRICS);
    const journaled = () =>
      readdirSync(`${disk.file}.journal`).reduce(
        (sum, name) => sum + statSync(path.join(`${disk.file}.journal`, name)).size,
        0,
      );
    await clock.advanceAsync(4999);
    expect(journaled()).toBe(0);
    await clock.advanceAsync(1);
    expect(journaled()).toBeGreaterThan(0);
  });
});

describe("a file that cannot be used", () => {
  async function written(): Promise<void> {
    const store = disk.open(new ManualClock(START));
    store.append(START, [sample(0)], METRICS);
    await store.sealNow();
    store.append(START + 1000, [sample(1)], METRICS);
    await store.close();
  }

  /** `journaled`: what is not lost with the file. */
  async function begunAnew(why: string, journaled: readonly number[] = [1]): Promise<string> {
    const messages: string[] = [];
    const log = leveledLog(
      (level, message) => messages.push(`${level}: ${message}`),
      () => "info",
    );
    const store = disk.open(new ManualClock(START + 60_000), { log });
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
    writeFileSync(disk.file, "not a database at all, but of some length: ".repeat(100));
    expect(await begunAnew("corrupt")).toMatch(/was damaged .* moved to .*history\.db\.corrupt-2026-01-01T12-01-00/);
    const [kept = ""] = aside("corrupt");
    expect(readFileSync(path.join(path.dirname(disk.file), kept), "utf8")).toContain("not a database at all");
  });

  it("because its pages are garbage is moved aside", async () => {
    const store = disk.open(new ManualClock(START));
    for (let index = 0; index < 2000; index++) store.append(START + index, [sample(noise(index))], METRICS);
    await store.close();
    rmSync(`${disk.file}.journal`, { recursive: true });
    const bytes = readFileSync(disk.file);
    bytes.fill(0xa5, 4096 * 2, 4096 * 6);
    writeFileSync(disk.file, bytes);
    expect(await begunAnew("corrupt", [])).toContain("was damaged");
  });

  it("because it is another program's database is moved aside, not written into", async () => {
    mkdirSync(path.dirname(disk.file), { recursive: true });
    const other = new DatabaseSync(disk.file);
    other.exec("CREATE TABLE recipe (name TEXT); INSERT INTO recipe VALUES ('soup')");
    other.close();
    expect(await begunAnew("corrupt", [])).toContain("it is not a history of Gorgon");
    const kept = new DatabaseSync(path.join(path.dirname(disk.file), aside("corrupt")[0] ?? ""), { readOnly: true });
    expect(kept.prepare("SELECT name FROM recipe").get()?.["name"]).toBe("soup");
    kept.close();
  });

  it("because a newer Gorgon wrote it is moved aside under its version", async () => {
    await written();
    const newer = new DatabaseSync(disk.file);
    newer.exec("PRAGMA user_version = 7");
    newer.close();
    expect(await begunAnew("newer-v7")).toMatch(/newer Gorgon \(it has version 7.*update Gorgon/);
  });

  it("because it was emptied beside a full write-ahead log is moved aside with the log", async () => {
    await written();
    writeFileSync(disk.file, "");
    writeFileSync(`${disk.file}-wal`, "some frames");
    await begunAnew("corrupt");
    expect(aside("corrupt").some((name) => name.endsWith("-wal"))).toBe(true);
  });

  it("twice in the same second leaves two files aside", async () => {
    for (let round = 0; round < 2; round++) {
      writeFileSync((mkdirSync(path.dirname(disk.file), { recursive: true }), disk.file), "garbage ".repeat(1000));
      await disk.open(new ManualClock(START)).close();
    }
    expect(aside("corrupt")).toHaveLength(2);
  });

  it("never gives a sample back whose bits were changed behind its back", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock);
    // Too far apart to be joined into one chunk.
    const apart = 3 * 3_600_000;
    for (let index = 0; index < 10; index++) {
      store.append(START + index * apart, [sample(index + 1)], METRICS);
      await store.sealNow();
    }
    const vandal = new DatabaseSync(disk.file);
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
    const store = disk.open(clock);
    store.append(START, [sample(1)], METRICS);
    await store.flush();
    rmSync(path.dirname(disk.file), { recursive: true });
    store.append(START + 1000, [sample(2)], METRICS);
    await clock.advanceAsync(5000);
    await clock.advanceAsync(5000);
    expect(store.health().mode).toBe("writing");
    // What was in RAM goes into the new one.
    expect(await valuesOf(store)).toEqual([[1, 2]]);
    await store.close();
    expect(await valuesOf(disk.open(clock))).toEqual([[1, 2]]);
  });

  it("or whose journal was deleted goes on with a new one, and what was in RAM is in it", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock);
    store.append(START, [sample(1)], METRICS);
    await store.flush();
    rmSync(`${disk.file}.journal`, { recursive: true });
    store.append(START + 1000, [sample(2)], METRICS);
    await store.flush();
    expect(store.health()).toMatchObject({ mode: "writing", reason: "" });
    const other = path.join(disk.file, "..", "..", "copy", "history.db");
    cpSync(path.dirname(disk.file), path.dirname(other), { recursive: true });
    expect(await valuesOf(disk.open(clock, { path: other }))).toEqual([[1, 2]]);
  });
});

describe("no room and no right to write", () => {
  it("stops history with a reason when the file may not grow, keeps the newest in memory, and goes on by itself", async () => {
    const clock = new ManualClock(START);
    let pages = 8;
    const store = disk.open(clock, { maxPages: () => pages });
    for (let index = 0; index < 3000; index++) store.append(START + index, [sample(noise(index))], METRICS);
    await store.flush();
    expect(store.health().mode).toBe("memory");
    expect(store.health().reason).toMatch(/there is no room for .*history\.db .*Free some space; it goes on by itself/);
    expect((await valuesOf(store))[0]?.length).toBe(3000);
    pages = 1_000_000;
    await clock.advanceAsync(60_000);
    expect(store.health()).toMatchObject({ mode: "writing", reason: "" });
    await store.close();
    expect((await valuesOf(disk.open(clock)))[0]?.length).toBe(3000);
  });

  it("keeps the head bounded however long there is no room", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock, { maxPages: () => 8, limits: { maxSamples: 5000 } });
    for (let index = 0; index < 50_000; index++) store.append(START + index, [sample(noise(index))], METRICS);
    await store.flush();
    const [values = []] = await valuesOf(store);
    expect(values.length).toBeLessThanOrEqual(5000);
    expect(values.at(-1)).toBe(noise(49_999));
    expect(store.health().reason).toContain("oldest were dropped");
  });

  it("never drops what the disk takes, however much is closed at once", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock, { limits: { maxSamples: 1000 } });
    const readings = (index: number) => Array.from({ length: 10 }, (_, at) => sample(index, { at: String(at) }));
    for (let index = 0; index < 2000; index++) store.append(START + index * 2000, readings(index), METRICS);
    await store.flush();
    expect((await valuesOf(store)).map((values) => values.length)).toEqual(Array.from({ length: 10 }, () => 2000));
    await store.close();
    const again = disk.open(clock, { limits: { maxSamples: 1000 } });
    expect((await valuesOf(again)).map((values) => values.length)).toEqual(Array.from({ length: 10 }, () => 2000));
    expect(again.health().reason).toBe("");
  });

  it("asks less and less often while there is no room", async () => {
    const clock = new ManualClock(START);
    let asked = 0;
    // A file where the folder should be: nothing can be made there.
    writeFileSync(path.dirname(disk.file), "in the way");
    const store = disk.open(clock, {
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
    rmSync(path.dirname(disk.file));
    await clock.advanceAsync(60_000);
    expect(store.health()).toMatchObject({ mode: "writing", reason: "" });
    expect(await valuesOf(store)).toEqual([[1]]);
  });
});

describe("two windows", () => {
  it("have one writer; the other follows, sees what was written, and shows its own newest samples", async () => {
    const clock = new ManualClock(START);
    const writer = disk.open(clock);
    writer.append(START, [sample(1)], METRICS);
    writer.append(START + 2000, [sample(2)], METRICS);
    await writer.flush();
    const follower = disk.open(clock);
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
    const writer = disk.open(clock);
    writer.append(START, [sample(1)], METRICS);
    const follower = disk.open(clock);
    follower.append(START + 500, [sample(5)], METRICS);
    await writer.close();
    follower.append(START + 1000, [sample(6)], METRICS);
    await clock.advanceAsync(5000);
    expect(follower.health()).toMatchObject({ mode: "writing", reason: "" });
    await follower.close();
    expect(await valuesOf(disk.open(clock))).toEqual([[1, 5, 6]]);
  });

  it("learn each other's new series", async () => {
    const clock = new ManualClock(START);
    const writer = disk.open(clock);
    const follower = disk.open(clock);
    writer.append(START, [sample(4, { disk: "sdb" })], METRICS);
    await clock.advanceAsync(7500);
    expect((await follower.query(ask())).map((frame) => frame.attributes)).toEqual([{ disk: "sdb" }]);
  });

  it("survive a lock file full of garbage", () => {
    mkdirSync(path.dirname(disk.file), { recursive: true });
    writeFileSync(`${disk.file}.lock`, "garbage ".repeat(1000));
    expect(disk.open(new ManualClock(START)).health().mode).toBe("writing");
  });

  it("are again one writer after somebody removed the lock file", async () => {
    const clock = new ManualClock(START);
    const writer = disk.open(clock);
    const follower = disk.open(clock);
    rmSync(`${disk.file}.lock`);
    await clock.advanceAsync(10_000);
    expect([writer.health().mode, follower.health().mode].sort()).toEqual(["following", "writing"]);
  });
});
