/** When the crab polls. */
import { describe, expect, it } from "vitest";
import { ManualClock, settled } from "../host/manual-clock.ts";
import { CrabGuardian } from "./guardian.ts";
import { crab, reading, seconds, sensor, START, steady, watch } from "./testing.ts";

describe("the schedule", () => {
  it("begins at once and keeps to multiples of the interval", async () => {
    const clock = new ManualClock(START);
    const guardian = crab(clock, [steady("cpu")]);
    const seen = watch(guardian);
    guardian.start();
    guardian.start();
    await clock.advanceAsync(10_000);
    expect(seconds(seen)).toEqual([0, 2, 4, 6, 8, 10]);
    await guardian.dispose();
    expect(clock.pending).toBe(0);
  });

  it("jitters each poll a little and never drifts: after a day it is where it belongs", async () => {
    const clock = new ManualClock(START);
    const guardian = crab(clock, [steady("cpu")], { intervalMs: 60_000, jitter: 0.05 });
    const seen = watch(guardian);
    guardian.start();
    await clock.advanceAsync(24 * 3_600_000 + 3000);
    expect(seen).toHaveLength(1441);
    seen.forEach((snapshot, index) => {
      const late = snapshot.time - START - index * 60_000;
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThanOrEqual(3000);
    });
    expect(new Set(seen.map((snapshot) => (snapshot.time - START) % 60_000)).size).toBeGreaterThan(100);
    await guardian.dispose();
  });

  it("reads a sensor with an interval of its own at that interval, slower or faster than the crab", async () => {
    const clock = new ManualClock(START);
    const guardian = crab(clock, [steady("disk"), steady("hot"), steady("cpu")], {
      sensorIntervalsMs: { disk: 10_000, hot: 500 },
    });
    const seen = watch(guardian);
    guardian.start();
    await clock.advanceAsync(20_000);
    const count = (name: string) =>
      seen.flatMap((snapshot) => snapshot.readings).filter((one) => one.metric === `test.${name}`).length;
    expect([count("disk"), count("hot"), count("cpu")]).toEqual([3, 41, 11]);
    expect(guardian.metrics.get("test.disk")?.intervalMs).toBe(10_000);
    expect(guardian.metrics.get("test.cpu")?.intervalMs).toBe(2000);
    await guardian.dispose();
  });

  it("leaves out a poll that is due while one runs, and counts it", async () => {
    const clock = new ManualClock(START);
    const slow = sensor(
      "slow",
      () =>
        new Promise((resolve) => {
          clock.schedule(() => resolve([reading("slow", 1)]), 5000);
        }),
    );
    const guardian = crab(clock, [slow], { deadlineMs: 10_000 });
    const seen = watch(guardian);
    guardian.start();
    await clock.advanceAsync(11_500);
    expect(seconds(seen)).toEqual([0, 6]);
    expect(guardian.stats()).toMatchObject({ polls: 2, overruns: 4, lastMs: 5000 });
    await guardian.dispose();
  });

  it("makes one poll, not a burst, after the machine slept, and takes no harm from a jump of the wall clock", async () => {
    const clock = new ManualClock(START);
    const guardian = crab(clock, [steady("cpu")]);
    const seen = watch(guardian);
    guardian.start();
    await clock.advanceAsync(2000);
    clock.jump(-3_600_000);
    await clock.advanceAsync(2000);
    clock.jump(8 * 3_600_000);
    await clock.advanceAsync(2000);
    expect(seen).toHaveLength(4);
    const sequence = seen.map((snapshot) => Number(snapshot.id.split("-").at(-1)));
    expect(sequence).toEqual([0, 1, 2, 3]);
    await guardian.dispose();
  });

  it("takes one step for all the multiples that passed while the process could not run", async () => {
    // A clock whose timers come late, as after a suspend: monotonic time has gone on.
    let now = 0;
    const timers: { run: () => void; at: number }[] = [];
    const late = {
      now: () => START + now,
      monotonic: () => now,
      schedule: (run: () => void, milliseconds: number) => {
        timers.push({ run, at: now + milliseconds });
        return { dispose: () => undefined };
      },
    };
    const guardian = new CrabGuardian({
      name: "local",
      node: "here",
      clock: late,
      sensors: [steady("cpu")],
      intervalMs: 2000,
      jitter: 0,
    });
    const seen = watch(guardian);
    guardian.start();
    await settled();
    now = 3_600_500;
    timers.shift()?.run();
    await settled();
    expect(seen).toHaveLength(2);
    expect(guardian.stats().overruns).toBe(0);
    expect(timers.map((timer) => timer.at)).toEqual([3_602_000]);
    await guardian.dispose();
  });

  it("takes a new interval while it runs", async () => {
    const clock = new ManualClock(START);
    const guardian = crab(clock, [steady("cpu")]);
    const seen = watch(guardian);
    guardian.start();
    await clock.advanceAsync(4000);
    guardian.setInterval(500);
    await clock.advanceAsync(1000);
    expect(seconds(seen)).toEqual([0, 2, 4, 4.5, 5]);
    expect(guardian.intervalMs).toBe(500);
    expect(guardian.metrics.get("test.cpu")?.intervalMs).toBe(500);
    await guardian.dispose();
  });

  it.each([0, -1, NaN, Infinity])("refuses an interval of %s, names it and says what is allowed", (intervalMs) => {
    const clock = new ManualClock(START);
    const refused = `cannot be ${String(intervalMs)} ms: give more than 0`;
    expect(() => crab(clock, [], { intervalMs })).toThrow(refused);
    expect(() => crab(clock, [], { deadlineMs: intervalMs })).toThrow(RangeError);
    expect(() => crab(clock, [], { sensorIntervalsMs: { cpu: intervalMs } })).toThrow("sensor 'cpu' cannot be");
    const guardian = crab(clock, []);
    expect(() => guardian.setInterval(intervalMs)).toThrow(RangeError);
    expect(guardian.intervalMs).toBe(2000);
  });

  it.each([-0.1, 0.6, NaN])("refuses a jitter of %s", (jitter) => {
    expect(() => crab(new ManualClock(START), [], { jitter })).toThrow(RangeError);
  });
});
