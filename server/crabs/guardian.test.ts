/** The crab: its schedule, its deadlines, and what it does with sensors that misbehave. */
import { describe, expect, it } from "vitest";
import type { Reading, Snapshot } from "../../protocol/reading.ts";
import { leveledLog } from "../host/log.ts";
import { ManualClock, settled } from "../host/manual-clock.ts";
import { NoData, PartialFailure, type Rhopalium } from "../rhopalia/rhopalium.ts";
import { CrabGuardian, type CrabOptions } from "./guardian.ts";

const START = Date.UTC(2026, 0, 1);

/** A sensor with one gauge, `test.<name>`, that answers as told. */
function sensor(name: string, read: (signal: AbortSignal) => unknown): Rhopalium & { disposed: boolean } {
  return {
    name,
    disposed: false,
    metrics: [{ name: `test.${name}`, unit: "1", kind: "gauge", description: "for tests" }],
    read: read as Rhopalium["read"],
    dispose() {
      this.disposed = true;
    },
  };
}

function reading(name: string, value: number): Reading {
  return { metric: `test.${name}`, attributes: {}, value };
}

const steady = (name: string) => sensor(name, () => [reading(name, 0.5)]);

const never = () => new Promise<never>(() => undefined);

function crab(clock: ManualClock, sensors: readonly Rhopalium[], more: Partial<CrabOptions> = {}): CrabGuardian {
  return new CrabGuardian({ name: "local", node: "here", clock, sensors, intervalMs: 2000, jitter: 0, ...more });
}

/** Every snapshot from now on. */
function watch(guardian: CrabGuardian): Snapshot[] {
  const seen: Snapshot[] = [];
  guardian.onSnapshot((snapshot) => seen.push(snapshot));
  return seen;
}

const seconds = (snapshots: readonly Snapshot[]) => snapshots.map((snapshot) => (snapshot.time - START) / 1000);

describe("one poll", () => {
  it("is a complete snapshot with an id of its own, stamped when it began", async () => {
    const clock = new ManualClock(START);
    const guardian = crab(clock, [steady("cpu"), steady("memory")], { tags: ["demo"] });
    const first = await guardian.collectOnce();
    const second = await guardian.collectOnce();
    expect(first).toMatchObject({ time: START, node: "here", crab: "local", failures: [], tags: ["demo"] });
    expect(first.readings).toEqual([reading("cpu", 0.5), reading("memory", 0.5)]);
    expect(first.id).toMatch(/^here\/local\/[0-9a-z]+-0$/);
    expect(second.id).toBe(first.id.replace(/-0$/, "-1"));
    expect(guardian.getBuffer()).toEqual([first, second]);
  });

  it("never has the id of another run's, even when the machine's clock was set back to the same moment", async () => {
    const one = await crab(new ManualClock(START), []).collectOnce();
    const two = await crab(new ManualClock(START), []).collectOnce();
    expect(one.id).not.toBe(two.id);
  });

  it("is joined, not doubled, by whoever asks while it runs", async () => {
    const clock = new ManualClock(START);
    let reads = 0;
    let answer = (): void => undefined;
    const slow = sensor("slow", () => {
      reads += 1;
      return new Promise((resolve) => {
        answer = () => resolve([reading("slow", 1)]);
      });
    });
    const guardian = crab(clock, [slow]);
    const [a, b] = [guardian.collectOnce(), guardian.collectOnce()];
    answer();
    expect(await a).toBe(await b);
    expect(reads).toBe(1);
  });
});

describe("a sensor that misbehaves", () => {
  it.each<[string, () => unknown, string]>([
    [
      "throws",
      () => {
        throw new Error("EACCES: permission denied");
      },
      "EACCES: permission denied",
    ],
    ["rejects", () => Promise.reject(new Error("the socket closed")), "the socket closed"],
    ["gives NaN", () => [reading("bad", NaN)], "gave NaN for test.bad"],
    ["gives infinity", () => [reading("bad", Infinity)], "gave Infinity for test.bad"],
    ["gives words", () => [{ metric: "test.bad", attributes: {}, value: "12" }], "gave string for test.bad"],
    ["gives nothing", () => undefined, "gave nothing instead of a list of readings"],
    ["gives holes", () => [null], "gave null instead of a reading"],
    ["gives a stranger", () => [reading("other", 1)], "gave test.other, which it does not declare"],
  ])("%s: its failure says why, and the others are read", async (_what, read, reason) => {
    const guardian = crab(new ManualClock(START), [sensor("bad", read), steady("cpu")]);
    const snapshot = await guardian.collectOnce();
    expect(snapshot.readings).toEqual([reading("cpu", 0.5)]);
    expect(snapshot.failures).toEqual([{ sensor: "bad", reason, consecutive: 1, retryAt: START + 2000 }]);
    expect(guardian.stats().sensors[0]).toMatchObject({ ok: false, reason, failures: 1 });
  });

  it("keeps its finite readings when only some are bad", async () => {
    const half = sensor("half", () => [reading("half", 1), { ...reading("half", NaN), attributes: { core: "1" } }]);
    const snapshot = await crab(new ManualClock(START), [half]).collectOnce();
    expect(snapshot.readings).toEqual([reading("half", 1)]);
    expect(snapshot.failures[0]?.reason).toBe("gave NaN for test.half");
  });

  it("can read a part: that counts, the rest is a failure, and it is polled at its usual interval", async () => {
    const clock = new ManualClock(START);
    const half = sensor("half", () => {
      throw new PartialFailure([reading("half", 1), reading("half", NaN)], "/mnt/nas does not answer");
    });
    const guardian = crab(clock, [half]);
    const seen = watch(guardian);
    guardian.start();
    await clock.advanceAsync(20_000);
    expect(seen).toHaveLength(11);
    expect(seen.every((snapshot) => snapshot.readings.length === 1)).toBe(true);
    expect(seen[0]?.failures[0]?.reason).toBe("/mnt/nas does not answer; gave NaN for test.half");
    await guardian.dispose();
  });

  it("with nothing to read here is no failure, and is asked again at the slow rate", async () => {
    const clock = new ManualClock(START);
    let asked = 0;
    const battery = sensor("battery", () => {
      asked += 1;
      throw new NoData("no battery");
    });
    const guardian = crab(clock, [battery, steady("cpu")]);
    const seen = watch(guardian);
    guardian.start();
    await clock.advanceAsync(58_000);
    expect(asked).toBe(1);
    await clock.advanceAsync(2000);
    expect(asked).toBe(2);
    expect(seen.every((snapshot) => snapshot.failures.length === 0)).toBe(true);
    expect(guardian.stats().sensors[0]).toMatchObject({ ok: true, reason: "nothing to read here: no battery" });
    await guardian.dispose();
  });

  it("and hangs is cut at the deadline and shown as failing; the others come through", async () => {
    const clock = new ManualClock(START);
    let signal: AbortSignal | undefined;
    const stuck = sensor("stuck", (given) => {
      signal = given;
      return never();
    });
    const guardian = crab(clock, [stuck, steady("cpu")]);
    const polled = guardian.collectOnce();
    await clock.advanceAsync(2000);
    const snapshot = await polled;
    expect(snapshot.readings).toEqual([reading("cpu", 0.5)]);
    expect(snapshot.durationMs).toBe(2000);
    expect(snapshot.failures[0]?.reason).toMatch(/^did not answer within 2 s; that read still hangs/);
    expect(signal?.aborted).toBe(true);
  });

  it("and hangs is not started again until it lets go, even when a person asks", async () => {
    const clock = new ManualClock(START);
    const release: (() => void)[] = [];
    const stuck = sensor("stuck", () =>
      release.length === 0 ? new Promise((resolve) => release.push(() => resolve([]))) : [reading("stuck", 1)],
    );
    const guardian = crab(clock, [stuck, steady("cpu")]);
    guardian.start();
    await clock.advanceAsync(120_000);
    expect(release).toHaveLength(1);
    expect((await guardian.collectOnce()).failures).toHaveLength(1);
    expect(release).toHaveLength(1);
    release[0]?.();
    await settled();
    const after = await guardian.collectOnce();
    expect(after.failures).toEqual([]);
    expect(after.readings).toContainEqual(reading("stuck", 1));
    await guardian.dispose();
  });

  it("is left alone longer and longer, up to a minute, while its failure stays in every snapshot", async () => {
    const clock = new ManualClock(START);
    const tries: number[] = [];
    const bad = sensor("bad", () => {
      tries.push((clock.now() - START) / 1000);
      throw new Error("no");
    });
    const guardian = crab(clock, [bad, steady("cpu")]);
    const seen = watch(guardian);
    guardian.start();
    await clock.advanceAsync(250_000);
    expect(tries).toEqual([0, 2, 6, 14, 30, 62, 122, 182, 242]);
    expect(seen).toHaveLength(126);
    expect(seen.every((snapshot) => snapshot.failures.length === 1)).toBe(true);
    expect(seen.at(-1)?.failures[0]).toMatchObject({ consecutive: 9, retryAt: START + 302_000 });
    await guardian.dispose();
  });

  it("is tried at once when a person asks, and works again at its own pace after one success", async () => {
    const clock = new ManualClock(START);
    let broken = true;
    const flaky = sensor("flaky", () => {
      if (broken) throw new Error("no");
      return [reading("flaky", 1)];
    });
    const guardian = crab(clock, [flaky]);
    const seen = watch(guardian);
    guardian.start();
    await clock.advanceAsync(31_000);
    broken = false;
    expect((await guardian.collectOnce()).failures).toEqual([]);
    seen.length = 0;
    await clock.advanceAsync(4000);
    expect(seen.map((snapshot) => snapshot.readings.length)).toEqual([1, 1]);
    await guardian.dispose();
  });
});

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

describe("the life of a crab", () => {
  it("stops after the poll that runs, and can be started again", async () => {
    const clock = new ManualClock(START);
    const guardian = crab(clock, [steady("cpu")]);
    const seen = watch(guardian);
    guardian.start();
    await guardian.stop();
    await clock.advanceAsync(10_000);
    expect(seen).toHaveLength(1);
    guardian.start();
    await clock.advanceAsync(2000);
    expect(seconds(seen)).toEqual([0, 10, 12]);
    await guardian.dispose();
  });

  it("gives back every sensor, also when one refuses, and polls no more", async () => {
    const bad = sensor("bad", () => []);
    bad.dispose = () => {
      throw new Error("stuck");
    };
    const good = steady("cpu");
    const guardian = crab(new ManualClock(START), [bad, good]);
    await guardian.dispose();
    await guardian.dispose();
    expect(good.disposed).toBe(true);
    await expect(guardian.collectOnce()).rejects.toThrow("has been disposed");
    expect(() => guardian.start()).toThrow("has been disposed");
  });

  it("logs a listener that fails, and goes on to the others", async () => {
    const messages: string[] = [];
    const log = leveledLog(
      (level, message) => messages.push(`${level}: ${message}`),
      () => "info",
    );
    const guardian = crab(new ManualClock(START), [steady("cpu")], { log });
    guardian.onSnapshot(() => {
      throw new Error("no room");
    });
    const seen = watch(guardian);
    await guardian.collectOnce();
    expect(seen).toHaveLength(1);
    expect(messages.join()).toMatch(/error: local: a listener failed on snapshot here\/local\/.*: no room/);
  });

  it("says aloud once that a sensor fails, and once that it answers again", async () => {
    const messages: string[] = [];
    const log = leveledLog(
      (level, message) => messages.push(`${level}: ${message}`),
      () => "info",
    );
    let broken = true;
    const flaky = sensor("flaky", () => {
      if (broken) throw new Error("no");
      return [];
    });
    const guardian = crab(new ManualClock(START), [flaky], { log });
    await guardian.collectOnce();
    await guardian.collectOnce();
    broken = false;
    await guardian.collectOnce();
    await guardian.collectOnce();
    expect(messages).toEqual(["warning: local: sensor flaky failed: no", "info: local: sensor flaky answers again"]);
  });

  it("keeps the newest snapshots, as many as it was told", async () => {
    const guardian = crab(new ManualClock(START), [steady("cpu")], { bufferSize: 3 });
    for (let poll = 0; poll < 5; poll++) await guardian.collectOnce();
    expect(guardian.getBuffer().map((snapshot) => snapshot.id.at(-1))).toEqual(["2", "3", "4"]);
  });

  it("calls a listener no more once it is disposed", async () => {
    const guardian = crab(new ManualClock(START), []);
    let calls = 0;
    const listener = () => (calls += 1);
    const first = guardian.onSnapshot(listener);
    guardian.onSnapshot(listener);
    first.dispose();
    first.dispose();
    await guardian.collectOnce();
    expect(calls).toBe(1);
  });
});
