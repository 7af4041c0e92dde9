/** Work under a deadline. */
import { describe, expect, it } from "vitest";
import { ManualClock } from "../host/manual-clock.ts";
import { DeadlineExceeded, withDeadline } from "./deadline.ts";

describe("work under a deadline", () => {
  it("gives its result and leaves no timer behind", async () => {
    const clock = new ManualClock();
    await expect(withDeadline(() => Promise.resolve(7), 2000, clock).result).resolves.toBe(7);
    expect(clock.pending).toBe(0);
  });

  it("needs no timer at all when it is synchronous", async () => {
    const clock = new ManualClock();
    const attempt = withDeadline(() => 7, 2000, clock);
    expect(clock.pending).toBe(0);
    await expect(attempt.result).resolves.toBe(7);
  });

  it("passes its error on, thrown now or later", async () => {
    const clock = new ManualClock();
    const now = withDeadline(
      () => {
        throw new Error("no such file");
      },
      2000,
      clock,
    );
    await expect(now.result).rejects.toThrow("no such file");
    await expect(withDeadline(() => Promise.reject(new Error("gone")), 2000, clock).result).rejects.toThrow("gone");
  });

  it("is cut at the deadline, is told so by its signal, and has ended only when it ends", async () => {
    const clock = new ManualClock();
    let finish = (): void => undefined;
    let signal: AbortSignal | null = null;
    const attempt = withDeadline(
      (given) => {
        signal = given;
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      },
      2000,
      clock,
    );
    let ended = false;
    void attempt.ended.then(() => {
      ended = true;
    });
    const outcome = expect(attempt.result).rejects.toThrow(new DeadlineExceeded(2000));
    await clock.advanceAsync(2000);
    await outcome;
    expect((signal as unknown as AbortSignal).aborted).toBe(true);
    expect(ended).toBe(false);
    finish();
    await attempt.ended;
    expect(ended).toBe(true);
  });

  it("says in words how long it waited", () => {
    expect(new DeadlineExceeded(2000).message).toBe("did not answer within 2 s");
    expect(new DeadlineExceeded(350).message).toBe("did not answer within 350 ms");
  });
});
