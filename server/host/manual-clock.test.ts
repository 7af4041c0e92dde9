import { describe, expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";

describe("a manual clock", () => {
  test("stands still until it is advanced, and then both times move by the same", () => {
    const clock = new ManualClock(1000);
    expect([clock.now(), clock.monotonic()]).toEqual([1000, 0]);
    clock.advance(2500);
    expect([clock.now(), clock.monotonic()]).toEqual([3500, 2500]);
  });

  test("fires timers in the order they fall due, those of one moment in the order they were set", () => {
    const clock = new ManualClock(0);
    const fired: string[] = [];
    clock.schedule(() => fired.push(`late ${String(clock.now())}`), 30);
    clock.schedule(() => fired.push(`early ${String(clock.now())}`), 10);
    clock.schedule(() => fired.push("early too"), 10);
    clock.advance(30);
    expect(fired).toEqual(["early 10", "early too", "late 30"]);
  });

  test("fires what a timer schedules when it falls due within the same advance", () => {
    const clock = new ManualClock();
    let rounds = 0;
    const again = () => {
      rounds++;
      clock.schedule(again, 1000);
    };
    again();
    clock.advance(5000);
    expect(rounds).toBe(6);
    expect(clock.untilNext).toBe(1000);
  });

  test("does not fire what was disposed, also by an earlier timer of the same advance", () => {
    const clock = new ManualClock();
    let fired = false;
    const later = clock.schedule(() => (fired = true), 20);
    clock.schedule(() => {
      later.dispose();
      later.dispose();
    }, 10);
    clock.advance(100);
    expect(fired).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test("lets promises settle between timers when advanced asynchronously", async () => {
    const clock = new ManualClock();
    const sleep = (milliseconds: number) =>
      new Promise<void>((resolve) => {
        clock.schedule(resolve, milliseconds);
      });
    let reached = 0;
    const walk = async () => {
      for (let step = 0; step < 3; step++) {
        await sleep(100);
        reached = clock.monotonic();
      }
    };
    const walking = walk();
    await clock.advanceAsync(300);
    expect(reached).toBe(300);
    await walking;
  });

  test("a jump of the wall clock moves no timer", () => {
    const clock = new ManualClock(0);
    let fired = false;
    clock.schedule(() => (fired = true), 10);
    clock.jump(-86_400_000);
    expect([clock.now(), clock.monotonic(), fired]).toEqual([-86_400_000, 0, false]);
  });
});
