/** The chunk codec gives back every sample bit for bit, and nothing at all of damaged bytes. */
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHUNK_SAMPLES, decodeChunk, encodeChunk, Scratch, type Samples } from "./codec.ts";
import { ChunkDamaged, NotAChunk, NotFinite } from "./errors.ts";

const START = Date.UTC(2026, 0, 1);

function samples(values: readonly number[], interval = 2000): Samples {
  return {
    times: Float64Array.from(values, (_, index) => START + index * interval),
    values: Float64Array.from(values),
  };
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const of = (one: fc.Arbitrary<number>, maxLength = CHUNK_SAMPLES) => fc.array(one, { minLength: 1, maxLength });

/** Values of every kind that a sensor gives, and of kinds that none does. */
const columns = fc.oneof(
  of(finite),
  of(fc.integer()),
  of(fc.maxSafeInteger(), 100),
  // As far apart as whole numbers are that are quotients, too.
  of(fc.integer({ min: -(2 ** 51), max: 2 ** 51 }), 10),
  of(fc.integer({ min: -1e6, max: 1e6 }).map((cents) => cents / 100)),
  of(
    fc
      .tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 396, max: 404 }))
      .map(([ticks, all]) => Math.min(ticks, all) / all),
  ),
  of(fc.oneof(finite, fc.integer(), fc.constantFrom(-0, 0, 5e-324, -5e-324, Number.MAX_VALUE, 2 ** 53, -(2 ** 53)))),
  of(fc.integer({ min: 0, max: 1e9 })).map((growth) => {
    let total = 0;
    return growth.map((one) => (total += one * 4096));
  }),
  of(fc.constantFrom(1, 2, 3)),
);

const times = fc.array(
  fc.oneof(fc.constant(2000), fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 1e10 })),
  {
    minLength: CHUNK_SAMPLES,
    maxLength: CHUNK_SAMPLES,
  },
);

function expectSame(got: Samples, want: Samples): void {
  expect(got.times).toEqual(want.times);
  expect(got.values.length).toBe(want.values.length);
  got.values.forEach((value, index) => {
    if (!Object.is(value, want.values[index])) expect(value, `value ${String(index)}`).toBe(want.values[index]);
  });
}

describe("a chunk", () => {
  it("gives every finite value back bit for bit, at every time", () => {
    const scratch = new Scratch();
    fc.assert(
      fc.property(columns, times, (values, steps) => {
        let time = START;
        const given = {
          times: Float64Array.from(values, (_, index) => (time += steps[index] ?? 1)),
          values: Float64Array.from(values),
        };
        const bytes = encodeChunk(given);
        expectSame(decodeChunk(bytes), given);
        expectSame(decodeChunk(bytes, scratch), given);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [[1_168_559_996_262_559, -1_441_654_335_203_320, 451_730_960_701_297, 0]],
    [[2 ** 51 - 1, 1 - 2 ** 51, 2 ** 51 - 1, 1 - 2 ** 51, 2 ** 51 - 1]],
    [[2 ** 50 + 1, 0.5, -(2 ** 50) - 1, 0.25, 2 ** 50 + 1]],
  ])("keeps %j, which lie further apart than their differences can be told", (values) => {
    expectSame(decodeChunk(encodeChunk(samples(values))), samples(values));
  });

  it.each([
    -0,
    0,
    5e-324,
    -5e-324,
    Number.MIN_VALUE,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    0.1 + 0.2,
    2 ** 53 + 2,
    1 / 3,
  ])("keeps %s exactly, alone and among others", (value) => {
    for (const values of [[value], [1, value, 2], [value, value, value], [0.25, 0.5, value, 0.75]]) {
      expectSame(decodeChunk(encodeChunk(samples(values))), samples(values));
    }
  });

  it("refuses what is not finite, by name", () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      expect(() => encodeChunk(samples([1, value]))).toThrow(NotFinite);
    }
  });

  it("refuses times that are none, that do not rise, and too many or no samples", () => {
    const values = Float64Array.of(1, 2);
    for (const wrong of [
      [2, 1],
      [1, 1],
      [0.5, 1],
      [NaN, 1],
      [0, Infinity],
      [0, 2 ** 60],
    ]) {
      expect(() => encodeChunk({ times: Float64Array.from(wrong), values })).toThrow(NotAChunk);
    }
    expect(() => encodeChunk(samples([]))).toThrow(NotAChunk);
    expect(() => encodeChunk(samples(Array.from({ length: CHUNK_SAMPLES + 1 }, () => 1)))).toThrow(NotAChunk);
  });

  it.each<[string, number, (index: number) => number]>([
    ["a series that stands still", 0.06, () => 4],
    ["shares of ticks", 1.4, (index) => Math.floor(Math.abs(Math.sin(index * 12.9898) * 300)) / 400],
    ["load averages", 1.1, (index) => Math.round(100 + 50 * Math.sin(index / 9) + 9 * Math.sin(index * 7)) / 100],
    ["bytes in pages", 1.4, (index) => (500_000 + Math.floor(150 * Math.sin(index * 12.9898))) * 4096],
    ["a counter", 2.2, (index) => index * 20_000 + Math.floor(9000 * Math.sin(index * 12.9898))],
    ["doubles without any structure", 8.1, (index) => Math.sin(index * 12.9898) * 43_758.5453],
  ])("holds %s in at most %s bytes a sample", (_, most, value) => {
    const bytes = encodeChunk(samples(Array.from({ length: CHUNK_SAMPLES }, (__, index) => value(index))));
    expect(bytes.length / CHUNK_SAMPLES).toBeLessThanOrEqual(most);
  });
});

describe("damaged bytes", () => {
  const whole = [
    samples(Array.from({ length: 40 }, (_, index) => Math.sin(index))),
    samples(Array.from({ length: 40 }, (_, index) => (index * 7) % 11)),
    samples(Array.from({ length: 60 }, (_, index) => ((index * 37) % 400) / (398 + (index % 5)))),
  ];

  it("are always a typed error: every bit flipped, every length cut to, anything put behind", () => {
    for (const one of whole) {
      const bytes = encodeChunk(one);
      for (let at = 0; at < bytes.length; at++) {
        for (let bit = 0; bit < 8; bit++) {
          const damaged = bytes.slice();
          damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
          expect(() => decodeChunk(damaged)).toThrow(ChunkDamaged);
        }
        expect(() => decodeChunk(bytes.subarray(0, at))).toThrow(ChunkDamaged);
      }
      expect(() => decodeChunk(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(ChunkDamaged);
    }
  });

  it("of any kind are a typed error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeChunk(bytes)).toThrow(ChunkDamaged);
      }),
    );
  });

  it("whose checksum is right are samples or a typed error, and never take long", () => {
    const encoded = whole.map((one) => encodeChunk(one));
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...encoded), damage, fc.uint8Array({ maxLength: 20 }), (bytes, changes, tail) => {
        const forged = Buffer.concat([bytes, tail]);
        for (const [at, byte] of changes) forged[4 + (at % (forged.length - 4))] = byte;
        forged.writeUInt32LE(crc32(forged.subarray(4)), 0);
        const began = performance.now();
        try {
          const { times: found, values } = decodeChunk(forged);
          expect(found.length).toBe(values.length);
          for (const value of values) expect(Number.isFinite(value)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ChunkDamaged);
        }
        expect(performance.now() - began).toBeLessThan(1000);
      }),
      { numRuns: 3000 },
    );
  });
});
