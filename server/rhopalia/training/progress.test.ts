import { describe, expect, test } from "vitest";
import { Progress, type EpochEnd } from "./progress.ts";
import { parseRecord } from "./record.ts";

/** A run told record by record, one a given number of seconds after the other. */
function run() {
  const progress = new Progress();
  const ends: EpochEnd[] = [];
  let seconds = 1_700_000_000;
  const say = (fields: Readonly<Record<string, number>>, after = 1) => {
    seconds += after;
    const record = parseRecord(JSON.stringify({ time: seconds, ...fields }));
    if (record === null) throw new Error("no record");
    const end = progress.take(record, 0);
    if (end !== null) ends.push(end);
  };
  const value = (metric: string, silentMs = 0) =>
    progress.readings(silentMs).find((one) => one.metric === `gorgon.training.${metric}`)?.value;
  return { say, value, ends, progress };
}

describe("the progress of a training", () => {
  test("is told with rate and time left, which pass while the script is silent", () => {
    const { say, value } = run();
    for (let batch = 1; batch <= 20; batch++) say({ epoch: 1, epochs: 2, batch, batches: 40, loss: 1 / batch }, 0.5);
    expect(value("batch.rate")).toBeCloseTo(2, 9);
    expect(value("progress")).toBeCloseTo(0.25, 9);
    expect(value("eta")).toBeCloseTo(30, 6);
    expect(value("eta", 10_000)).toBeCloseTo(20, 6);
    expect(value("silence", 10_000)).toBe(10);
    expect(value("loss")).toBe(0.05);
  });

  test("goes on over the end of an epoch without a jump in the rate", () => {
    const { say, value, ends } = run();
    for (let step = 0; step < 30; step++)
      say({ epoch: 1 + Math.floor(step / 10), epochs: 3, batch: 1 + (step % 10), batches: 10 });
    expect(value("batch.rate")).toBeCloseTo(1, 9);
    expect(ends.map((end) => end.epoch)).toEqual([1, 2, 3]);
    expect(value("progress")).toBe(1);
    expect(value("eta")).toBe(0);
  });

  test("tells the end of an epoch once, with its length, its loss and its metrics", () => {
    const { say, ends } = run();
    for (let batch = 1; batch <= 4; batch++) say({ epoch: 1, epochs: 2, batch, batches: 4, loss: 5 - batch });
    say({ epoch: 1, epochs: 2, loss: 1, accuracy: 0.75 });
    say({ epoch: 2, epochs: 2, batch: 1, batches: 4, loss: 3 });
    expect(ends).toHaveLength(1);
    expect(ends[0]).toMatchObject({ kind: "epoch", epoch: 1, epochs: 2, durationMs: 3000, loss: 1 });
  });

  test("takes a script that only counts epochs at its word: one ends when the next begins", () => {
    const { say, ends, value } = run();
    for (let epoch = 1; epoch <= 4; epoch++) say({ epoch, epochs: 10, loss: 1 / epoch }, 60);
    expect(ends.map((end) => [end.epoch, end.durationMs])).toEqual([
      [1, null],
      [2, 60_000],
      [3, 60_000],
    ]);
    expect(value("progress")).toBeCloseTo(0.3, 9);
    expect(value("eta")).toBeCloseTo(420, 6);
    expect(value("batch.rate")).toBeUndefined();
  });

  test("does not tell the loss of one record for that of the next", () => {
    const { say, value } = run();
    say({ epoch: 1, batch: 1, loss: 0.5 });
    say({ epoch: 1, batch: 2 });
    expect(value("loss")).toBeUndefined();
  });

  test("measures nothing across a clock that went back, nor across another run", () => {
    const { say, value, ends } = run();
    for (let batch = 1; batch <= 3; batch++) say({ epoch: 2, epochs: 2, batch, batches: 9 });
    say({ epoch: 2, epochs: 2, batch: 4, batches: 9 }, -100);
    expect(value("batch.rate")).toBeUndefined();
    say({ epoch: 1, epochs: 2, batch: 1, batches: 9 }, 1);
    expect(value("batch.rate")).toBeUndefined();
    for (let batch = 2; batch <= 9; batch++) say({ epoch: 1, epochs: 2, batch, batches: 9 });
    expect(ends.map((end) => end.epoch)).toEqual([1]);
  });

  test("keeps sixteen names of metrics, however many come", () => {
    const { say, progress } = run();
    for (let index = 0; index < 100; index++) say({ epoch: 1, [`m${String(index)}`]: index });
    expect(progress.readings(0).filter((one) => one.metric === "gorgon.training.metric")).toHaveLength(16);
  });
});
