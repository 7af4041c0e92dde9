/** The open chunk gives back what was put into it, and takes little memory. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OpenChunk } from "./open.ts";

const START = Date.UTC(2026, 0, 1);
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const value = fc.oneof(
  finite,
  fc.integer(),
  fc.integer({ min: -1e6, max: 1e6 }).map((cents) => cents / 100),
  fc.tuple(fc.nat(400), fc.integer({ min: 390, max: 410 })).map(([ticks, all]) => ticks / all),
  fc.constantFrom(-0, 0, 5e-324, 2 ** 53, -(2 ** 53), Number.MAX_VALUE),
);

describe("an open chunk", () => {
  it("gives every sample back bit for bit, sorted by time, of equal times the later one", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.oneof(fc.constant(2000), fc.integer({ min: -9000, max: 9000 })), value), {
          maxLength: 200,
        }),
        (given) => {
          const chunk = new OpenChunk();
          const model = new Map<number, number>();
          let time = START;
          given.forEach(([step, one], index) => {
            time += step;
            chunk.add(time, one, index);
            model.set(time, one);
          });
          const expected = [...model].sort(([a], [b]) => a - b);
          const { times, values } = chunk.samples();
          expect([...times]).toEqual(expected.map(([at]) => at));
          values.forEach((one, index) => expect(Object.is(one, expected[index]?.[1])).toBe(true));
          expect(chunk.count).toBe(model.size);
          if (given.length === 0) return;
          expect([chunk.since, chunk.sequence]).toEqual([0, given.length - 1]);
          expect([chunk.first, chunk.last]).toEqual([expected[0]?.[0], expected.at(-1)?.[0]]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("takes at most 4 bytes a sample of what machines measure, with what it holds ready to grow", () => {
    let bytes = 0;
    let samples = 0;
    const ticks = (index: number) => Math.floor(Math.abs(Math.sin(index * 12.9898) * 300));
    const kinds: ((index: number) => number)[] = [
      () => 4,
      (index) => ticks(index) / (398 + (index % 5)),
      (index) => Math.round(100 + 50 * Math.sin(index / 9)) / 100,
      (index) => (500_000 + Math.floor(150 * Math.sin(index * 12.9898))) * 4096,
      (index) => index * 20_000 + ticks(index) * 30,
      (index) => (index % 9 === 0 ? (ticks(index) * 1000) / (2000 + Math.sin(index)) : 0),
    ];
    for (const kind of kinds) {
      const chunk = new OpenChunk();
      for (let index = 0; index < 600; index++) {
        chunk.add(START + index * 2000 + (ticks(index) % 3), kind(index), index);
      }
      bytes += chunk.bytes;
      samples += chunk.count;
    }
    expect(bytes / samples).toBeLessThanOrEqual(4);
  });
});
