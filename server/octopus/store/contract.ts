/** What every store must do, as suites of tests that each implementation runs: the cases, and the slow property. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Aggregate, HistoryQuery } from "../../../protocol/history.ts";
import type { Attributes, MetricInfo, Reading } from "../../../protocol/reading.ts";
import type { ManualClock } from "../../host/manual-clock.ts";
import { cellContract } from "./cell-contract.ts";
import type { SeriesStore } from "./store.ts";

/** A store under test. */
export interface StoreUnderTest {
  readonly store: SeriesStore;
  readonly clock: ManualClock;
}

/** What the suite can ask for. */
export interface ContractOptions {
  readonly retentionMs?: number;
  readonly limits?: { readonly maxSeries?: number; readonly maxSamples?: number };
}

/** The metrics that the suite writes. */
export const METRICS: ReadonlyMap<string, MetricInfo> = new Map(
  [
    { name: "system.cpu.utilization", unit: "1", kind: "gauge", description: "" } as const,
    { name: "system.network.io", unit: "By", kind: "counter", description: "" } as const,
  ].map((info) => [info.name, info]),
);

const CPU = "system.cpu.utilization";
const NET = "system.network.io";
const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1, 12);

export function sample(value: number, attributes: Attributes = {}, metric = CPU): Reading {
  return { metric, attributes, value };
}

export function ask(more: Partial<HistoryQuery> = {}): HistoryQuery {
  return { metric: CPU, match: {}, from: -Infinity, to: Infinity, step: 0, aggregate: "avg", ...more };
}

/** Gives a fresh store on a clock that begins at `start`. */
type Make = (start: number, options: ContractOptions) => Promise<StoreUnderTest> | StoreUnderTest;
/** Makes what was appended go wherever it goes in time, so that each promise is tested on head and file. */
type Settle = (store: SeriesStore) => Promise<void>;

/** Runs the cases. */
export function storeContract(make: Make, settle: Settle): void {
  const fresh = (options: ContractOptions = {}) => make(START, options);

  cellContract(fresh);

  describe("answers", () => {
    it("has nothing to say before anything was appended", async () => {
      const { store } = await fresh();
      expect(await store.query(ask())).toEqual([]);
      expect(await store.series()).toEqual([]);
    });

    it("sees what was appended at once, and the same after it was flushed", async () => {
      const { store } = await fresh();
      store.append(START, [sample(0.25)], METRICS);
      store.append(START + 2000, [sample(0.5)], METRICS);
      const expected = [
        {
          metric: CPU,
          attributes: {},
          unit: "1",
          times: [START, START + 2000],
          values: [0.25, 0.5],
          min: [0.25, 0.5],
          max: [0.25, 0.5],
        },
      ];
      expect(await store.query(ask())).toEqual(expected);
      await settle(store);
      expect(await store.query(ask())).toEqual(expected);
      store.append(START + 4000, [sample(0.75)], METRICS);
      expect((await store.query(ask()))[0]?.values).toEqual([0.25, 0.5, 0.75]);
    });

    it("takes `from` in and leaves `to` out", async () => {
      const { store } = await fresh();
      for (let second = 0; second < 10; second++) store.append(START + second * 1000, [sample(second)], METRICS);
      await settle(store);
      const [frame] = await store.query(ask({ from: START + 2000, to: START + 5000 }));
      expect(frame?.values).toEqual([2, 3, 4]);
      expect(await store.query(ask({ from: START + 5000, to: START + 5000 }))).toEqual([]);
      expect(await store.query(ask({ from: START + 9000.5, to: START + 9000.9 }))).toEqual([]);
      expect((await store.query(ask({ from: START + 7999.5, to: START + 8000.5 })))[0]?.values).toEqual([8]);
      expect(store.health().reason).not.toContain("damaged");
    });

    it("gives one frame a series, sorted by series, and only those that match", async () => {
      const { store } = await fresh();
      const of = (cpu: string, mode: string) => ({ "cpu.logical_number": cpu, "cpu.mode": mode });
      store.append(
        START,
        [sample(3, of("1", "user")), sample(1, of("0", "user")), sample(2, of("0", "idle"))],
        METRICS,
      );
      store.append(START, [sample(9, { "network.interface.name": "eth0" }, NET)], METRICS);
      await settle(store);
      const all = await store.query(ask());
      expect(all.map((frame) => frame.attributes)).toEqual([of("0", "idle"), of("0", "user"), of("1", "user")]);
      const users = await store.query(ask({ match: { "cpu.mode": "user" } }));
      expect(users.map((frame) => frame.values)).toEqual([[1], [3]]);
      expect(await store.query(ask({ match: { "cpu.mode": "steal" } }))).toEqual([]);
      expect((await store.query(ask({ metric: NET })))[0]?.unit).toBe("By");
    });

    it.each<[Aggregate, number[]]>([
      ["avg", [2, 15]],
      ["min", [1, 10]],
      ["max", [3, 20]],
      ["sum", [6, 30]],
      ["count", [3, 2]],
      ["last", [3, 20]],
    ])(
      "groups by step with %s, keeps the extremes beside it, and shows a hole as a hole",
      async (aggregate, values) => {
        const { store } = await fresh();
        const minute = 60_000;
        [1, 2, 3].forEach((value, index) => store.append(START + index * 20_000, [sample(value)], METRICS));
        [10, 20].forEach((value, index) => store.append(START + 2 * minute + 5000 + index, [sample(value)], METRICS));
        await settle(store);
        const [frame] = await store.query(ask({ step: minute, aggregate }));
        expect(frame).toMatchObject({ times: [START, START + 2 * minute], values, min: [1, 10], max: [3, 20] });
      },
    );

    it("lists its series with their first and last sample", async () => {
      const { store } = await fresh();
      store.append(START, [sample(1), sample(1, {}, NET)], METRICS);
      await settle(store);
      store.append(START + 7000, [sample(2)], METRICS);
      const known = { metric: CPU, attributes: {}, unit: "1", kind: "gauge" };
      expect(await store.series(CPU)).toEqual([{ ...known, first: START, last: START + 7000 }]);
      expect((await store.series()).map((series) => series.metric).sort()).toEqual([CPU, NET]);
      expect(await store.series("no.such.metric")).toEqual([]);
    });

    it.each([{ step: -1 }, { step: NaN }, { step: Infinity }, { from: NaN }, { to: NaN }])(
      "refuses a question with %j in words",
      async (wrong) => {
        const { store } = await fresh();
        await expect(store.query(ask(wrong))).rejects.toThrow(RangeError);
      },
    );
  });

  describe("samples", () => {
    it.each([-0, 0, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 53 + 2, 1e15, 0.1 + 0.2])(
      "keep %s exactly",
      async (value) => {
        const { store } = await fresh();
        store.append(START, [sample(value)], METRICS);
        await settle(store);
        expect(Object.is((await store.query(ask()))[0]?.values[0], value)).toBe(true);
      },
    );

    it("replace one of the same time, before a flush and after", async () => {
      const { store } = await fresh();
      store.append(START, [sample(1)], METRICS);
      store.append(START, [sample(2)], METRICS);
      expect((await store.query(ask()))[0]?.values).toEqual([2]);
      await settle(store);
      store.append(START, [sample(3)], METRICS);
      expect((await store.query(ask()))[0]?.values).toEqual([3]);
      await settle(store);
      expect((await store.query(ask()))[0]?.values).toEqual([3]);
    });

    it("stand in the order of time even when the clock was set back", async () => {
      const { store } = await fresh();
      for (const second of [5, 6, 2, 9, 1]) store.append(START + second * 1000, [sample(second)], METRICS);
      await settle(store);
      for (const second of [3, 7]) store.append(START + second * 1000, [sample(second)], METRICS);
      expect((await store.query(ask()))[0]?.values).toEqual([1, 2, 3, 5, 6, 7, 9]);
    });

    it("that are not finite numbers, or have no time, are left out; the others are kept", async () => {
      const { store } = await fresh();
      store.append(START, [sample(NaN), sample(Infinity, { a: "1" }), sample(1, { a: "2" })], METRICS);
      store.append(NaN, [sample(5)], METRICS);
      await settle(store);
      expect((await store.query(ask())).map((frame) => frame.values)).toEqual([[1]]);
    });

    it("of hostile names are data: quotes, NUL, SQL, broken surrogates, prototypes", async () => {
      const { store } = await fresh();
      const names = ["'; DROP TABLE sample; --", "a\u0000b", "\ud800", "\udc00", "__proto__", "constructor", "{}", ""];
      names.forEach((name, index) => store.append(START, [sample(index, { [`k${String(index)}`]: name })], METRICS));
      await settle(store);
      for (const [index, name] of names.entries()) {
        const frames = await store.query(ask({ match: { [`k${String(index)}`]: name } }));
        expect(frames.map((frame) => frame.values)).toEqual([[index]]);
      }
    });
  });

  describe("bounds", () => {
    it("forget what is older than the retention", async () => {
      const { store, clock } = await fresh({ retentionMs: HOUR });
      store.append(clock.now(), [sample(1), sample(1, {}, NET)], METRICS);
      await settle(store);
      await clock.advanceAsync(HOUR / 2);
      store.append(clock.now(), [sample(2)], METRICS);
      await settle(store);
      await clock.advanceAsync(HOUR / 2 + 60_000);
      store.append(clock.now(), [sample(3)], METRICS);
      await settle(store);
      expect((await store.query(ask()))[0]?.values).toEqual([2, 3]);
      expect(await store.query(ask({ metric: NET }))).toEqual([]);
      expect((await store.series()).map((series) => series.metric)).toEqual([CPU]);
    });

    it("refuse further series in words when there are too many, and the existing ones go on", async () => {
      const { store } = await fresh({ limits: { maxSeries: 3 } });
      const of = (index: number) => sample(index, { index: String(index) });
      store.append(START, [0, 1, 2, 3, 4].map(of), METRICS);
      store.append(START + 1000, [4, 3, 2, 1, 0].map(of), METRICS);
      await settle(store);
      const frames = await store.query(ask());
      expect(frames.map((frame) => frame.attributes["index"])).toEqual(["0", "1", "2"]);
      expect(frames.every((frame) => frame.values.length === 2)).toBe(true);
      expect(store.health().reason).toContain("3 series are kept at most: 2 further ones are left out");
    });

    it("say how they are", async () => {
      const { store } = await fresh({ retentionMs: HOUR });
      store.append(START, [sample(1), sample(1, {}, NET)], METRICS);
      await settle(store);
      expect(store.health()).toMatchObject({ series: 2, retentionMs: HOUR });
      expect(store.health().bytes).toBeGreaterThan(0);
    });

    it("take what comes after closing in silence", async () => {
      const { store } = await fresh();
      await store.close();
      expect(() => store.append(START, [sample(1)], METRICS)).not.toThrow();
      await expect(store.flush()).resolves.toBeUndefined();
      await expect(store.close()).resolves.toBeUndefined();
    });
  });
}

/** Runs random samples with random names through a store. */
export function randomSamples(make: Make, settle: Settle): void {
  describe("samples", () => {
    it("come back bit for bit: any finite double, any text in names", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 30 }),
          fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), { maxKeys: 3 }),
          async (values, labels) => {
            const { store } = await make(START, {});
            // A key that could not be told from another by `seriesKey` is not this suite's matter.
            const attributes = Object.fromEntries(Object.entries(labels).filter(([key]) => key !== "__proto__"));
            values.forEach((value, index) => store.append(START + index, [sample(value, attributes)], METRICS));
            await settle(store);
            const [frame] = await store.query(ask());
            expect(frame?.attributes).toEqual(attributes);
            expect(frame?.values.length).toBe(values.length);
            frame?.values.forEach((value, index) => expect(Object.is(value, values[index])).toBe(true));
            await store.close();
          },
        ),
        { numRuns: 25 },
      );
    });
  });
}
