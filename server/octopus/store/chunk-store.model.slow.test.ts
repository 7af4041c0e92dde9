/** Random programs run against the chunk store and against a plain list of samples: every answer must be the same. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Aggregate, HistoryQuery, SeriesFrame } from "../../../protocol/history.ts";
import type { MetricInfo, Reading } from "../../../protocol/reading.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { ChunkStore } from "./chunk-store.ts";
import { FrameBuilder, neededFrom } from "./frame.ts";

const START = Date.UTC(2026, 0, 1, 12, 0, 7, 123);
const METRIC = "system.network.io";
const METRICS: ReadonlyMap<string, MetricInfo> = new Map([
  [METRIC, { name: METRIC, unit: "By", kind: "counter", description: "" }],
]);
const AGGREGATES: readonly Aggregate[] = ["avg", "min", "max", "sum", "count", "last", "rate", "p50", "p95", "p99"];

type Step =
  | { readonly do: "append"; readonly count: number; readonly interval: number; readonly series: number }
  | { readonly do: "jump"; readonly ms: number }
  | { readonly do: "flush" }
  | { readonly do: "seal" }
  | { readonly do: "reopen" }
  | {
      readonly do: "ask";
      readonly aggregate: Aggregate;
      readonly step: number;
      readonly back: number;
      readonly span: number;
      readonly follower: boolean;
    };

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      count: fc.integer({ min: 1, max: 900 }),
      interval: fc.constantFrom(500, 2000, 10_000),
      series: fc.integer({ min: 0, max: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("jump" as const),
      ms: fc.constantFrom(-3_600_000, -61_000, -2500, -1, 700, 300_000, 8_000_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Step>({ do: "flush" }, { do: "seal" }, { do: "reopen" }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("ask" as const),
      aggregate: fc.constantFrom(...AGGREGATES),
      step: fc.constantFrom(0, 1000, 7000, 60_000, 172_800, 600_000, 1_200_000, 3_600_000),
      back: fc.integer({ min: 0, max: 20_000_000 }),
      span: fc.integer({ min: 0, max: 30_000_000 }),
      follower: fc.boolean(),
    }),
  },
);

/** Whole numbers, so that sums are exact whatever their order. */
const valueAt = (series: number, index: number): number =>
  series === 0 ? index * 1000 + (index % 7) : series === 1 ? (index * 7919) % 1013 : 5;

function expected(model: ReadonlyMap<number, ReadonlyMap<number, number>>, query: HistoryQuery): SeriesFrame[] {
  const frames: SeriesFrame[] = [];
  for (const [series, samples] of [...model].sort(([a], [b]) => a - b)) {
    const builder = new FrameBuilder(query);
    const from = neededFrom(query);
    for (const [time, value] of [...samples].sort(([a], [b]) => a - b)) {
      if (time >= from && time < query.to) builder.add(time, value);
    }
    const frame = builder.finish({ series: String(series) }, "By");
    if (frame !== null) frames.push(frame);
  }
  return frames;
}

/** Rates from coarser steps agree within the blur of their edges only; everything else to the bit. */
function compare(got: readonly SeriesFrame[], want: readonly SeriesFrame[], query: HistoryQuery): void {
  expect(got.map((frame) => frame.attributes)).toEqual(want.map((frame) => frame.attributes));
  got.forEach((frame, index) => {
    const other = want[index];
    expect(frame.resolution).toBeUndefined();
    expect(frame.times).toEqual(other?.times);
    expect(frame.values.length).toBe(frame.times.length);
    frame.values.forEach((value, at) =>
      expect(value, `${query.aggregate} at ${String(at)}`).toBeCloseTo(other?.values[at] ?? NaN, 6),
    );
    expect(frame.min.length).toBe(frame.times.length);
    if (query.aggregate === "rate") return;
    expect(frame.min).toEqual(other?.min);
    expect(frame.max).toEqual(other?.max);
  });
}

describe("the chunk store", () => {
  it("answers like a list of samples, whatever was flushed, sealed, reopened or set back, to writer and follower", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 4, maxLength: 25 }), async (program) => {
        const folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-model-"));
        const clock = new ManualClock(START);
        const open = (): ChunkStore =>
          new ChunkStore({ path: path.join(folder, "history.db"), clock, journalBytes: 20_000 });
        let store = open();
        let follower = open();
        const model = new Map<number, Map<number, number>>();
        let index = 0;
        try {
          for (const step of program) {
            if (step.do === "append") {
              for (let count = 0; count < step.count; count++) {
                clock.jump(step.interval);
                const readings: Reading[] = [];
                for (let series = 0; series <= step.series; series++) {
                  const value = valueAt(series, index);
                  readings.push({ metric: METRIC, attributes: { series: String(series) }, value });
                  let samples = model.get(series);
                  if (samples === undefined) model.set(series, (samples = new Map<number, number>()));
                  samples.set(clock.now(), value);
                }
                index++;
                store.append(clock.now(), readings, METRICS);
              }
            } else if (step.do === "jump") clock.jump(step.ms);
            else if (step.do === "flush") await store.flush();
            else if (step.do === "seal") await store.sealNow();
            else if (step.do === "reopen") {
              await follower.close();
              await store.close();
              store = open();
              follower = open();
            } else {
              const from = clock.now() - step.back;
              const query: HistoryQuery = {
                metric: METRIC,
                match: {},
                from,
                to: from + step.span,
                step: step.step,
                aggregate: step.aggregate,
              };
              if (step.follower) await store.flush();
              compare(await (step.follower ? follower : store).query(query), expected(model, query), query);
            }
          }
          expect(store.health()).toMatchObject({ mode: "writing", reason: "" });
        } finally {
          await follower.close();
          await store.close();
          rmSync(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: Number(process.env["GORGON_SOAK_ROUNDS"] ?? 15) },
    );
  }, 600_000);
});
