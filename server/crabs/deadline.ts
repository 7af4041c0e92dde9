/** Runs a piece of work under a deadline: whoever waits is let go in time, whether the work ends or not. */
import { t } from "@vscode/l10n";
import { formatDuration } from "../../protocol/format.ts";
import type { Clock } from "../host/host.ts";

/** The work did not end in time. Its signal was aborted with this error. */
export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";
  constructor(deadlineMs: number) {
    super(t("did not answer within {0}", formatDuration(deadlineMs)));
  }
}

/** A piece of work under way. */
export interface Attempt<T> {
  /** What the work gave, its error, or `DeadlineExceeded`, whichever comes first. */
  readonly result: Promise<T>;
  /** Resolves when the work itself has ended, however late; never, when it never ends. */
  readonly ended: Promise<void>;
}

/**
 * Starts `work` at once. At the deadline its signal is aborted and `result` rejects, even when the work takes no
 * notice. Work that ends or throws synchronously never starts a timer. A late result or error is dropped.
 */
export function withDeadline<T>(
  work: (signal: AbortSignal) => T | Promise<T>,
  deadlineMs: number,
  clock: Clock,
): Attempt<T> {
  const abort = new AbortController();
  let begun: T | Promise<T>;
  try {
    begun = work(abort.signal);
  } catch (error) {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what the work threw is passed on as it is
    return { result: Promise.reject(error), ended: Promise.resolve() };
  }
  if (!isPromise(begun)) return { result: Promise.resolve(begun), ended: Promise.resolve() };
  const pending = Promise.resolve(begun);
  const result = new Promise<T>((resolve, reject) => {
    const timer = clock.schedule(() => {
      const error = new DeadlineExceeded(deadlineMs);
      reject(error);
      abort.abort(error);
    }, deadlineMs);
    pending.then(resolve, reject).finally(() => timer.dispose());
  });
  const ended = pending.then(
    () => undefined,
    () => undefined,
  );
  return { result, ended };
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
