/** The crab: its polls and its life. */
import { describe, expect, it } from "vitest";
import { leveledLog } from "../host/log.ts";
import { ManualClock } from "../host/manual-clock.ts";
import { crab, reading, seconds, sensor, START, steady, watch } from "./testing.ts";

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
