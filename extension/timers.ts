/** Time, injectable: what waits in the extension waits through this. */

/** The clock and one-shot timers. */
export interface Timers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `run` once after `milliseconds`; the result cancels it. */
  after(milliseconds: number, run: () => void): () => void;
}

/** The real ones. */
export const realTimers: Timers = {
  now: () => Date.now(),
  after: (milliseconds, run) => {
    const handle = setTimeout(run, milliseconds);
    return () => clearTimeout(handle);
  },
};

/** Rejects with `late()` when `work` has not settled after `milliseconds`. */
export function deadline<T>(timers: Timers, milliseconds: number, work: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = timers.after(milliseconds, () => reject(late()));
    work.then(resolve, reject).finally(cancel);
  });
}
