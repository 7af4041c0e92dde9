/** Closed chunks go into the file a bounded number at a time, and nothing depends on when. */
import { cpSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../host/manual-clock.ts";
import { ask, METRICS, sample } from "./contract.ts";
import { stores } from "./testing.ts";

/** The end of a span, at which the chunks of every series with this interval end. */
const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1, 12) - 600_000;
const INTERVAL_MS = 60_000;
const SERIES = 2000;
/** Chunks that one flush may seal. */
const BOUND = 64;

const disk = stores();

/** Chunks in the file, as another process sees them. */
function sealed(): number {
  const reader = new DatabaseSync(disk.file, { readOnly: true });
  const found = Number(reader.prepare("SELECT count(*) AS count FROM chunk").get()?.["count"]);
  reader.close();
  return found;
}

describe("2,000 series whose chunks end in the same moment", () => {
  it("are sealed a few at a time, answer whole all the while, and lose nothing in a crash half way", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock, { flushIntervalMs: 1e9 });
    const moments = 20;
    for (let index = 0; index < moments; index++) {
      const readings = Array.from({ length: SERIES }, (_, at) => sample(index + at, { at: String(at) }));
      store.append(clock.now(), readings, METRICS);
      clock.jump(INTERVAL_MS);
    }
    const grown: number[] = [];
    for (let before = 0; before < SERIES;) {
      await store.flush();
      grown.push(sealed() - before);
      before = sealed();
      if (grown.length !== 10) continue;
      const copy = path.join(disk.file, "..", "..", "copy");
      cpSync(path.dirname(disk.file), copy, { recursive: true });
      const again = disk.open(clock, { path: path.join(copy, path.basename(disk.file)), flushIntervalMs: 1e9 });
      for (const one of [store, again]) {
        const counts = await one.query(ask({ step: HOUR, aggregate: "count" }));
        expect(counts).toHaveLength(SERIES);
        const total = counts.flatMap((frame) => frame.values).reduce((sum, count) => sum + count, 0);
        expect(total).toBe(SERIES * moments);
      }
    }
    expect(Math.max(...grown)).toBe(BOUND);
    expect(grown).toHaveLength(Math.ceil(SERIES / BOUND));
  });

  it("all go into the file when it is asked for", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock, { flushIntervalMs: 1e9 });
    const readings = Array.from({ length: SERIES }, (_, at) => sample(at, { at: String(at) }));
    store.append(clock.now(), readings, METRICS);
    await store.sealNow();
    expect(sealed()).toBe(SERIES);
  });
});

describe("one series that is appended faster than it is sealed", () => {
  it("is sealed as fast as it comes, so that no chunks pile up in memory", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock, { flushIntervalMs: 1e9 });
    for (let index = 0; index < 100 * 720; index++) store.append(START + index, [sample(index)], METRICS);
    await store.flush();
    expect(store.memory.samples).toBeLessThanOrEqual(2 * 720);
  });
});
