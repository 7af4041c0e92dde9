/** The columns behave like a sorted map from time to value, whatever is done to them. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { Samples } from "./samples.ts";

type Step =
  { readonly put: number; readonly value: number } | { readonly dropBefore: number } | { readonly dropOldest: number };

const time = fc.integer({ min: 0, max: 300 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ put: time, value: fc.integer() }) },
  { weight: 1, arbitrary: fc.record({ dropBefore: time }) },
  { weight: 1, arbitrary: fc.record({ dropOldest: fc.integer({ min: -1, max: 50 }) }) },
);

const sorted = (model: Map<number, number>) => [...model].sort(([a], [b]) => a - b);

it("keeps what a sorted map would keep", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), time, time, (steps, from, to) => {
      const samples = new Samples();
      const model = new Map<number, number>();
      for (const one of steps) {
        if ("put" in one) {
          expect(samples.put(one.put, one.value)).toBe(!model.has(one.put));
          model.set(one.put, one.value);
        } else if ("dropBefore" in one) {
          const gone = [...model.keys()].filter((key) => key < one.dropBefore);
          expect(samples.dropBefore(one.dropBefore)).toBe(gone.length);
          for (const key of gone) model.delete(key);
        } else {
          const gone = sorted(model).slice(0, Math.max(0, one.dropOldest));
          expect(samples.dropOldest(one.dropOldest)).toBe(gone.length);
          for (const [key] of gone) model.delete(key);
        }
        expect(samples.size).toBe(model.size);
      }
      const all = sorted(model);
      expect([samples.first, samples.last]).toEqual([all[0]?.[0] ?? NaN, all.at(-1)?.[0] ?? NaN]);
      const { times, values } = samples.window(from, to);
      const expected = all.filter(([key]) => key >= from && key < to);
      expect([...times].map((key, index) => [key, values[index]])).toEqual(expected);
      expect([...samples.oldest(10).times]).toEqual(all.slice(0, 10).map(([key]) => key));
    }),
    { numRuns: 200 },
  );
});

it("takes samples at one end and gives them up at the other without growing", () => {
  const samples = new Samples();
  for (let index = 0; index < 500_000; index++) {
    samples.put(index, index);
    if (samples.size > 1000) samples.dropOldest(1);
  }
  expect([samples.first, samples.last, samples.size]).toEqual([499_000, 499_999, 1000]);
});
