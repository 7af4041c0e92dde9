/** Waiting on an injected clock, which a signal can cut short. */
import type { Clock } from "../host/host.ts";

/** Resolves after `milliseconds`, or at once when the signal aborts. */
export function pause(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const done = () => {
      timer.dispose();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.schedule(done, milliseconds);
    signal?.addEventListener("abort", done, { once: true });
  });
}
