/** What remains when raw samples are gone, and that nothing is ever counted twice. */
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../host/manual-clock.ts";
import { ask, METRICS, sample } from "./contract.ts";
import { COUNTER, live, stores, valueAt } from "./testing.ts";
import { DEFAULT_TIERS, limitTiers } from "./tiers.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);

const disk = stores();

const total = (values: readonly number[] | undefined) => (values ?? []).reduce((sum, value) => sum + value, 0);

describe("an age for all of the history", () => {
  it("caps every tier, and leaves each its own where none is set", () => {
    const ages = (retentionMs?: number) => limitTiers(DEFAULT_TIERS, retentionMs).tiers.map((tier) => tier.ageMs / DAY);
    expect(ages(10 * DAY)).toEqual([7, 10, 10, 10]);
    expect(ages(Infinity)).toEqual([7, 30, 180, 730]);
    expect(ages()).toEqual([7, 30, 180, 730]);
  });
});

describe("the tiers", () => {
  const tiers = [
    { ageMs: 6 * HOUR, bytes: Infinity },
    { ageMs: 2 * DAY, bytes: Infinity },
    { ageMs: 20 * DAY, bytes: Infinity },
    { ageMs: 40 * DAY, bytes: Infinity },
  ];

  it("answer for samples that are gone, with every peak, and count each sample once", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock, { tiers });
    const count = await live(store, clock, 4 * DAY);
    for (let round = 0; round < 20; round++) await store.flush();
    const raw = await store.query(ask());
    expect(raw[0]?.times[0]).toBeGreaterThan(clock.now() - 10 * HOUR);
    for (const step of [HOUR, 6 * HOUR, DAY]) {
      const counts = (await store.query(ask({ step, aggregate: "count" })))[0];
      expect(total(counts?.values)).toBe(count);
      expect(counts?.resolution).toBeUndefined();
      const sums = (await store.query(ask({ step, aggregate: "sum" })))[0];
      expect(total(sums?.values)).toBe(total(Array.from({ length: count }, (_, index) => valueAt(index))));
      expect(sums?.max.every((max) => max === 1000)).toBe(true);
      expect(sums?.min.every((min) => min === 0)).toBe(true);
    }
    const rates = (await store.query(ask({ metric: COUNTER, step: HOUR, aggregate: "rate" })))[0];
    expect(rates?.times.length).toBe(96);
    rates?.values.forEach((rate) => expect(rate).toBeCloseTo(0.5, 9));
  });

  it("say how coarse an answer is where it is blurred", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock, { tiers });
    await live(store, clock, 3 * DAY);
    for (let round = 0; round < 20; round++) await store.flush();
    const blurred = (await store.query(ask({ step: 7 * MINUTE, aggregate: "max" })))[0];
    expect(blurred?.resolution).toBe(10 * MINUTE);
    const quantile = (
      await store.query(ask({ from: clock.now() - DAY, to: clock.now(), step: HOUR, aggregate: "p95" }))
    )[0];
    expect(quantile?.resolution).toBe(MINUTE);
    const recent = (await store.query(ask({ from: clock.now() - HOUR, step: MINUTE, aggregate: "p95" })))[0];
    expect(recent?.resolution).toBeUndefined();
  });

  it("go on exactly over restarts in the middle of a step", async () => {
    const clock = new ManualClock(START + 12_345);
    let store = disk.open(clock, { tiers });
    let count = 0;
    for (let round = 0; round < 40; round++) {
      count = await live(store, clock, 130_000, count);
      if (round % 3 === 0) await store.sealNow();
      await store.close();
      store = disk.open(clock, { tiers });
    }
    const frame = (await store.query(ask({ step: 10 * MINUTE, aggregate: "count" })))[0];
    expect(total(frame?.values)).toBe(count);
    const sums = (await store.query(ask({ step: 10 * MINUTE, aggregate: "sum" })))[0];
    expect(total(sums?.values)).toBe(total(Array.from({ length: count }, (_, index) => valueAt(index))));
  });

  it("of a series that has gone are forgotten at the end of its time, and so is the series", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock, { retentionMs: DAY });
    store.append(clock.now(), [sample(1, { container: "gone" })], METRICS);
    await store.flush();
    for (let hour = 0; hour < 30; hour++) {
      await live(store, clock, HOUR, hour * 360);
      await clock.advanceAsync(1);
    }
    clock.advance(3 * HOUR);
    for (let round = 0; round < 5; round++) await store.flush();
    expect((await store.series()).map((series) => series.attributes)).not.toContainEqual({ container: "gone" });
    expect(await store.query(ask({ match: { container: "gone" } }))).toEqual([]);
  });
});

describe("rates", () => {
  it("go over a counter's reset, and over the restart that it came with", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock);
    const counts = [100, 120, 140, 5, 25, 45];
    counts.forEach((value, index) => store.append(START + index * 10_000, [sample(value, {}, COUNTER)], METRICS));
    const raw = (await store.query(ask({ metric: COUNTER, aggregate: "rate" })))[0];
    expect(raw?.times).toEqual([1, 2, 3, 4, 5].map((index) => START + index * 10_000));
    expect(raw?.values).toEqual([2, 2, 0.5, 2, 2]);
    await store.sealNow();
    const step = (await store.query(ask({ metric: COUNTER, step: MINUTE, aggregate: "rate" })))[0];
    expect(step?.values).toEqual([(20 + 20 + 5 + 20 + 20) / 50]);
    expect([step?.min, step?.max]).toEqual([[0.5], [2]]);
  });

  it("of the first step take the sample before it", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock);
    for (let index = 0; index < 60; index++)
      store.append(START + index * 10_000, [sample(index * 30, {}, COUNTER)], METRICS);
    const query = ask({
      metric: COUNTER,
      from: START + 5 * MINUTE,
      to: START + 6 * MINUTE,
      step: MINUTE,
      aggregate: "rate",
    });
    expect((await store.query(query))[0]?.values).toEqual([3]);
  });
});

describe("the limit on series", () => {
  it("gives the place of one that has stopped coming free, without losing what it had", async () => {
    const clock = new ManualClock(START);
    const store = disk.open(clock, { limits: { maxSeries: 2 } });
    const of = (index: number) => sample(index, { index: String(index) });
    store.append(clock.now(), [of(0), of(1), of(2)], METRICS);
    await store.flush();
    expect(store.health().reason).toContain("2 series are kept at most: 1 further");
    for (let minute = 0; minute < 130; minute++) {
      clock.advance(MINUTE);
      store.append(clock.now(), [of(1)], METRICS);
    }
    await store.flush();
    store.append(clock.now(), [of(1), of(2)], METRICS);
    await store.flush();
    expect(store.health().reason).toBe("");
    const frames = await store.query(ask());
    expect(frames.map((frame) => frame.attributes["index"])).toEqual(["0", "1", "2"]);
  });
});
