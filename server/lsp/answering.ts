/** What the parts of a session share: how each answers its messages, and how what cannot be used is refused. */
import { ErrorCodes, ResponseError } from "vscode-languageserver/node";
import type { Notification, Request } from "../../protocol/message.ts";
import type { Log } from "../host/log.ts";
import type { Stack } from "../stack.ts";

/** One client's session, for the parts that answer it. */
export interface Answering {
  readonly log: Log;
  readonly answer: <P, R>(message: Request<P, R>, handler: (params: P) => Promise<R>) => void;
  readonly hear: <P>(message: Notification<P>, handler: (params: P) => void) => void;
  /** Tells the client; nobody once the session has ended. */
  readonly tell: <P>(message: Notification<P>, params: P) => void;
  /** The stack, when it is known which window leads. */
  readonly ready: () => Promise<Stack>;
  /** Throws the reason where the workspace is not trusted: nobody acts from there. */
  readonly refuseUntrusted: (reason: string) => void;
}

/** The parsed value, or the error that the client gets. */
export function refuseBad<T>(
  parsed: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string },
): T {
  if (parsed.ok) return parsed.value;
  throw new ResponseError(ErrorCodes.InvalidParams, parsed.reason);
}

/** What was refused in words, as an error with these words that the client gets. */
export async function inWords<T>(done: Promise<T>): Promise<T> {
  try {
    return await done;
  } catch (error) {
    throw new ResponseError(ErrorCodes.InvalidRequest, reasonOf(error));
  }
}

/** An error in words. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
