/**
 * What a message is: a method name, a direction and, for the compiler only, the types of its parameters and result.
 * Each message is declared once in `messages/`; both ends import that one constant.
 */

/**
 * Who sends: the extension to the worker (`toWorker`), the worker to the extension (`toClient`), a follower to the
 * leading worker (`toLeader`), or the leader to a follower (`toFollower`).
 */
export type Direction = "toWorker" | "toClient" | "toLeader" | "toFollower";

/** A message with an answer. `P` and `R` exist for the compiler only; no value of them is stored here. */
export interface Request<P, R> {
  readonly kind: "request";
  readonly method: string;
  readonly direction: Direction;
  readonly types?: (params: P) => R;
}

/** A message without an answer. */
export interface Notification<P> {
  readonly kind: "notification";
  readonly method: string;
  readonly direction: Direction;
  readonly types?: (params: P) => void;
}

/** Declares a request. */
export function request<P, R>(method: string, direction: Direction): Request<P, R> {
  return { kind: "request", method, direction };
}

/** Declares a notification. */
export function notification<P>(method: string, direction: Direction): Notification<P> {
  return { kind: "notification", method, direction };
}

/** The parameters a message carries. */
export type ParamsOf<M> = M extends Request<infer P, unknown> ? P : M extends Notification<infer P> ? P : never;

/** The answer a request gets. */
export type ResultOf<M> = M extends Request<never, infer R> ? R : never;
