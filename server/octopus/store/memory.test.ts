/** The store in memory keeps the contract, and its bounds. */
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../host/manual-clock.ts";
import { ask, METRICS, sample, storeContract } from "./contract.ts";
import { MemoryStore } from "./memory.ts";

const START = Date.UTC(2026, 0, 1, 12);

describe("the store in memory", () => {
  storeContract(
    (start, options) => {
      const clock = new ManualClock(start);
      return { clock, store: new MemoryStore({ clock, ...options }) };
    },
    (store) => store.flush(),
  );

  it("says that it is in memory, and why when it was told", () => {
    const clock = new ManualClock(START);
    expect(new MemoryStore({ clock }).health()).toMatchObject({ mode: "memory", path: "" });
    expect(new MemoryStore({ clock, reason: "No SQLite here." }).health().reason).toBe("No SQLite here.");
  });

  it("keeps the newest samples when there are too many, and says what that cost", async () => {
    const clock = new ManualClock(START);
    const store = new MemoryStore({ clock, limits: { maxSamples: 1000 } });
    for (let index = 0; index < 5000; index++) store.append(START + index, [sample(index)], METRICS);
    const [frame] = await store.query(ask());
    expect(frame?.values.length).toBeGreaterThanOrEqual(900);
    expect(frame?.values.length).toBeLessThanOrEqual(1000);
    expect(frame?.values.at(-1)).toBe(4999);
    expect(store.health().reason).toContain("1000 samples at most: the oldest were dropped");
  });

  it("gives the places of vanished series free", async () => {
    const clock = new ManualClock(START);
    const store = new MemoryStore({ clock, retentionMs: 3_600_000, limits: { maxSeries: 1 } });
    store.append(clock.now(), [sample(1, { disk: "old" })], METRICS);
    await clock.advanceAsync(2 * 3_600_000);
    store.append(clock.now(), [], METRICS);
    store.append(clock.now(), [sample(2, { disk: "new" })], METRICS);
    expect((await store.query(ask())).map((frame) => frame.attributes)).toEqual([{ disk: "new" }]);
  });
});
