import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRecord } from "./record.ts";

describe("a line of a progress file", () => {
  test("is a record with its numbers, and with its further ones by name", () => {
    const line = JSON.stringify({ epoch: 2, epochs: 9, batch: 5, batches: 50, loss: 0.5, time: 1.7e9, accuracy: 0.9 });
    expect(parseRecord(line)).toEqual({
      epoch: 2,
      epochs: 9,
      batch: 5,
      batches: 50,
      loss: 0.5,
      metrics: new Map([["accuracy", 0.9]]),
      time: 1.7e12,
    });
  });

  test("may give its time in milliseconds", () => {
    expect(parseRecord('{"epoch":1,"time":1700000000123}')?.time).toBe(1_700_000_000_123);
  });

  test("still counts when the loss ran away, which Python writes as no JSON", () => {
    expect(parseRecord('{"epoch": 3, "loss": NaN, "note": "NaN \\" stays"}')).toMatchObject({ epoch: 3, loss: null });
    expect(parseRecord('{"epoch": 3, "loss": -Infinity, "lr": 0.1}')?.metrics.get("lr")).toBe(0.1);
  });

  test.each([
    ["no JSON", "epoch 3 of 9"],
    ["half a line", '{"epoch": 3, "lo'],
    ["a list", "[1,2]"],
    ["a number", "17"],
    ["null", "null"],
    ["nothing of use", '{"message":"hello","time":1700000000}'],
    ["numbers as text", '{"epoch":"3"}'],
    ["numbers that cannot be", '{"epoch":-1,"batch":1e300}'],
  ])("is none when it is %s", (_what, line) => {
    expect(parseRecord(line)).toBeNull();
  });

  test("cannot name what it likes, nor as much as it likes", () => {
    const hostile = '{"__proto__": 5, "constructor": 6, "a\\u0000b": 1, "": 2, "ok": 3, "time": "soon"}';
    const record = parseRecord(hostile.replace(/$/, ""));
    expect([...(record?.metrics ?? [])]).toEqual([
      ["__proto__", 5],
      ["constructor", 6],
      ["ok", 3],
    ]);
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`m${String(index)}`, index]));
    expect(parseRecord(JSON.stringify(many))?.metrics.size).toBe(16);
    expect(parseRecord(JSON.stringify({ ["x".repeat(65)]: 1 }))).toBeNull();
  });

  test("never throws and never gives a number that is none, whatever stands there", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((text) => text.slice(1)),
        ),
        (line) => {
          const record = parseRecord(line);
          const numbers = record === null ? [] : [record.epoch, record.batch, record.loss, ...record.metrics.values()];
          expect(numbers.every((one) => one === null || Number.isFinite(one))).toBe(true);
        },
      ),
      { numRuns: 300, seed: 11 },
    );
  });
});
