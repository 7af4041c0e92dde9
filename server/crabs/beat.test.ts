/** Several crabs on one beat. */
import { describe, expect, it } from "vitest";
import { ManualClock } from "../host/manual-clock.ts";
import type { Rhopalium } from "../rhopalia/rhopalium.ts";
import { commonBeat, type Beat } from "./beat.ts";
import { CrabGuardian } from "./guardian.ts";

/** A crab whose polls are noted in monotonic milliseconds. */
function crab(clock: ManualClock, beat: Beat, intervalMs: number) {
  const polls: number[] = [];
  const sensor: Rhopalium = {
    name: "note",
    metrics: [],
    read: () => {
      polls.push(clock.monotonic());
      return [];
    },
    dispose: () => undefined,
  };
  const guardian = new CrabGuardian({
    name: `every-${String(intervalMs)}`,
    node: "here",
    clock,
    sensors: [sensor],
    intervalMs,
    beat,
  });
  return { guardian, polls };
}

describe("crabs on one beat", () => {
  it("begin together at every common multiple, although each poll has its jitter", async () => {
    const clock = new ManualClock();
    const beat = commonBeat(clock);
    const fast = crab(clock, beat, 2000);
    const slow = crab(clock, beat, 30_000);
    for (const { guardian } of [fast, slow]) guardian.start();
    await clock.advanceAsync(300_100);
    expect(slow.polls).toHaveLength(11);
    for (const [index, at] of slow.polls.entries()) {
      expect(fast.polls).toContain(at);
      expect(at - index * 30_000).toBeGreaterThanOrEqual(0);
      expect(at - index * 30_000).toBeLessThanOrEqual(20);
    }
    expect(new Set(slow.polls.map((at) => at % 30_000)).size).toBeGreaterThan(5);
    for (const { guardian } of [fast, slow]) await guardian.dispose();
  });

  it("fall in with the others however late they start, without two polls right after one another", async () => {
    const clock = new ManualClock();
    const beat = commonBeat(clock);
    const fast = crab(clock, beat, 500);
    const late = crab(clock, beat, 2000);
    fast.guardian.start();
    await clock.advanceAsync(7900);
    late.guardian.start();
    await clock.advanceAsync(12_200);
    const [first, ...others] = late.polls;
    expect(first).toBe(7900);
    expect(others.map((at) => Math.floor(at / 100) * 100)).toEqual([10_000, 12_000, 14_000, 16_000, 18_000, 20_000]);
    for (const at of others) expect(fast.polls).toContain(at);
    for (const { guardian } of [fast, late]) await guardian.dispose();
  });

  it("stay together when one of them is slowed down", async () => {
    const clock = new ManualClock();
    const beat = commonBeat(clock);
    const one = crab(clock, beat, 2000);
    const other = crab(clock, beat, 5000);
    for (const { guardian } of [one, other]) guardian.start();
    await clock.advanceAsync(3300);
    one.guardian.setInterval(10_000);
    await clock.advanceAsync(60_000);
    const after = one.polls.filter((at) => at > 3300);
    expect(after).toHaveLength(6);
    for (const at of after) expect(other.polls).toContain(at);
    for (const { guardian } of [one, other]) await guardian.dispose();
  });
});
