/** When the trainer polls. */
import { describe, expect, it } from "vitest";
import { ManualClock } from "../host/manual-clock.ts";
import { CrabTrainer, type Growing } from "./trainer.ts";

function setUp() {
  const clock = new ManualClock();
  const reads: number[] = [];
  const source = { grown: false, looks: 0 };
  const sensor: Growing = {
    name: "training",
    metrics: [],
    changed: () => {
      source.looks += 1;
      return Promise.resolve(source.grown);
    },
    read: () => {
      source.grown = false;
      reads.push(clock.monotonic() / 1000);
      return [];
    },
    dispose: () => undefined,
  };
  return { clock, reads, source, trainer: new CrabTrainer({ sensor, node: "here", clock, jitter: 0 }) };
}

describe("the trainer", () => {
  it("polls twice a minute while nothing is reported, and looks every five seconds", async () => {
    const { clock, reads, source, trainer } = setUp();
    trainer.start();
    await clock.advanceAsync(60_000);
    expect(reads).toEqual([0, 30, 60]);
    expect(source.looks).toBe(12);
    await trainer.dispose();
    expect(clock.pending).toBe(0);
  });

  it("polls within a second of each report while a training runs, and no more often", async () => {
    const { clock, reads, source, trainer } = setUp();
    trainer.start();
    source.grown = true;
    await clock.advanceAsync(5000);
    expect(reads).toEqual([0, 5]);
    for (let report = 0; report < 3; report++) {
      source.grown = true;
      await clock.advanceAsync(4000);
    }
    expect(reads).toEqual([0, 5, 6, 10, 14]);
    await trainer.dispose();
  });

  it("stops looking when it is stopped, and can be started again", async () => {
    const { clock, source, trainer } = setUp();
    trainer.start();
    await trainer.stop();
    await clock.advanceAsync(60_000);
    expect(source.looks).toBe(0);
    trainer.start();
    await clock.advanceAsync(5000);
    expect(source.looks).toBe(1);
    await trainer.dispose();
  });
});
