/** What the crab does with sensors that misbehave. */
import { describe, expect, it } from "vitest";
import { ManualClock, settled } from "../host/manual-clock.ts";
import { NoData, PartialFailure } from "../rhopalia/rhopalium.ts";
import { crab, never, reading, sensor, START, steady, watch } from "./testing.ts";

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
