/** One end of a link between workers: JSON-RPC 2.0, a message a line, over a socket. Whoever breaks the form is cut. */
import type { Socket } from "node:net";
import type { Notification, Request } from "../../../protocol/message.ts";
import type { Clock, Disposable } from "../../host/host.ts";

const NEWLINE = 0x0a;
/** Requests of the other end that may wait for their answers. */
const MAX_OPEN = 64;
/** What may wait to be sent: beyond it the other end does not read, and is cut. */
const MAX_UNSENT_BYTES = 16 * 2 ** 20;

/** The other end refused a request; its words are the message. */
export class PeerRefused extends Error {
  override readonly name = "PeerRefused";
}

/** The link ended, or the answer did not come in time. */
export class PeerGone extends Error {
  override readonly name = "PeerGone";
}

/** What a peer needs. */
export interface PeerOptions {
  readonly socket: Socket;
  readonly clock: Clock;
  /** Longest message taken from the other end, bytes. */
  readonly maxBytes: number;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: Disposable;
}

interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** A notification as it goes over the wire, made once for many peers. */
export function encodeNotification<P>(message: Notification<P>, params: P): string {
  return `${JSON.stringify({ jsonrpc: "2.0", method: message.method, params })}\n`;
}

/** Sends, answers and listens. Nothing of the other end's can make it throw. */
export class Peer {
  readonly #socket: Socket;
  readonly #clock: Clock;
  #maxBytes: number;
  readonly #answers = new Map<string, (params: unknown) => unknown>();
  readonly #hearers = new Map<string, (params: unknown) => void>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #enders = new Set<(reason: string) => void>();
  #parts: Buffer[] = [];
  #length = 0;
  #next = 1;
  #open = 0;
  #ended: string | null = null;
  #heardAt: number;

  constructor(options: PeerOptions) {
    const { socket, clock, maxBytes } = options;
    this.#socket = socket;
    this.#clock = clock;
    this.#maxBytes = maxBytes;
    this.#heardAt = clock.monotonic();
    socket.on("data", (bytes) => {
      // What is answered at once to many messages goes out together.
      socket.cork();
      this.#take(bytes);
      socket.uncork();
    });
    socket.on("error", (error) => this.#end(error.message));
    socket.on("close", () => this.#end("the connection ended"));
  }

  /** Why the link ended; null while it stands. */
  get ended(): string | null {
    return this.#ended;
  }

  /** When the other end was last heard, on the monotonic clock. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Takes no longer messages than this from now on, bytes: who has said what it is may have less to say. */
  limit(maxBytes: number): void {
    this.#maxBytes = maxBytes;
  }

  /** Answers a request. What the handler throws is told to the other end in words. */
  answer<P, R>(message: Request<P, R>, handler: (params: unknown) => R | Promise<R>): void {
    this.#answers.set(message.method, handler);
  }

  /** Listens for a notification. */
  hear<P>(message: Notification<P>, handler: (params: unknown) => void): void {
    this.#hearers.set(message.method, handler);
  }

  /** Calls the listener once when the link has ended, at once when it has already. */
  onEnd(listener: (reason: string) => void): void {
    if (this.#ended === null) this.#enders.add(listener);
    else listener(this.#ended);
  }

  /** Asks; the answer is unchecked. Rejects with PeerRefused or PeerGone. */
  request<P, R>(message: Request<P, R>, params: P, deadlineMs: number): Promise<unknown> {
    if (this.#ended !== null) return Promise.reject(new PeerGone(this.#ended));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const late = () => {
        this.#waiting.delete(id);
        reject(new PeerGone(`no answer to ${message.method} in ${String(deadlineMs)} ms`));
      };
      this.#waiting.set(id, { resolve, reject, timer: this.#clock.schedule(late, deadlineMs, { unref: true }) });
      this.#send({ id, method: message.method, params });
    });
  }

  /** Sends a line made by `encodeNotification`. */
  sendLine(line: string): void {
    if (this.#ended !== null) return;
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.cut("it does not read what is sent to it");
      return;
    }
    this.#socket.write(line);
  }

  /** Ends the link at once. */
  cut(reason: string): void {
    this.#socket.destroy();
    this.#end(reason);
  }

  /** Ends the link once what was written has gone out. */
  finish(reason: string): void {
    this.#socket.end();
    this.#end(reason);
  }

  #send(message: object): void {
    this.sendLine(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  #take(bytes: Buffer): void {
    let rest = bytes;
    while (this.#ended === null) {
      const at = rest.indexOf(NEWLINE);
      const part = at < 0 ? rest : rest.subarray(0, at);
      this.#length += part.length;
      if (this.#length > this.#maxBytes) {
        this.cut(`it sent a message of more than ${String(this.#maxBytes)} bytes`);
        return;
      }
      this.#parts.push(part);
      if (at < 0) return;
      const line = Buffer.concat(this.#parts, this.#length).toString("utf8");
      this.#parts = [];
      this.#length = 0;
      rest = rest.subarray(at + 1);
      this.#read(line);
    }
  }

  #read(line: string): void {
    const message = messageIn(line);
    if (message === null) {
      this.cut("it sent something that is no message");
      return;
    }
    this.#heardAt = this.#clock.monotonic();
    const { id, method, params } = message;
    if (typeof method !== "string") this.#settle(message);
    else if (id === undefined) this.#hearers.get(method)?.(params);
    else void this.#reply(id, method, params);
  }

  async #reply(id: unknown, method: string, params: unknown): Promise<void> {
    const handler = this.#answers.get(method);
    this.#open += 1;
    try {
      if (this.#open > MAX_OPEN) throw new Error(`more than ${String(MAX_OPEN)} requests wait already`);
      if (handler === undefined) throw new Error(`${method.slice(0, 80)} is not known here`);
      // Sent in the same turn where the handler answers at once, so that what it sends next comes after the answer.
      const answer = handler(params);
      this.#send({ id, result: answer instanceof Promise ? await (answer as Promise<unknown>) : answer });
    } catch (error) {
      this.#send({ id, error: { code: -32_000, message: error instanceof Error ? error.message : String(error) } });
    } finally {
      this.#open -= 1;
    }
  }

  #settle({ id, result, error }: Message): void {
    const waiting = typeof id === "number" ? this.#waiting.get(id) : undefined;
    // An answer that came after its deadline.
    if (waiting === undefined) return;
    this.#waiting.delete(id as number);
    waiting.timer.dispose();
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new PeerRefused(wordsOf(error)));
  }

  #end(reason: string): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    this.#parts = [];
    for (const { timer, reject } of this.#waiting.values()) {
      timer.dispose();
      reject(new PeerGone(reason));
    }
    this.#waiting.clear();
    for (const listener of this.#enders) listener(reason);
    this.#enders.clear();
  }
}

function messageIn(line: string): Message | null {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function wordsOf(error: unknown): string {
  const message = typeof error === "object" && error !== null && "message" in error ? error.message : error;
  return typeof message === "string" ? message.slice(0, 500) : "refused without words";
}
