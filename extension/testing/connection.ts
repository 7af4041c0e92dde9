/** A worker process played by a test. */
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import type { Connect, Connection, ConnectionOptions, WorkerEnd } from "../worker/connection.ts";

/** One played process. */
export interface FakeConnection extends Connection {
  readonly options: ConnectionOptions;
  readonly asked: { readonly method: string; readonly params: unknown }[];
  readonly told: { readonly method: string; readonly params: unknown }[];
  stopped: boolean;
  readonly say: (method: string, params: unknown) => void;
  readonly end: (end?: Partial<WorkerEnd>) => void;
}

/** What the played processes do. */
export interface FakeWorld {
  readonly connect: Connect;
  readonly made: FakeConnection[];
  /** How the next starts go. */
  start: () => Promise<unknown>;
  /** Answers requests. */
  answer: (method: string, params: unknown) => unknown;
}

/** What a worker of this release says. */
export const HELLO = { protocol: PROTOCOL_VERSION, version: "0.1.0", pid: 42, node: "24.0.0" };

/** Makes a world in which every start succeeds and every request is answered with null. */
export function fakeWorld(): FakeWorld {
  const world: FakeWorld = {
    made: [],
    start: () => Promise.resolve(HELLO),
    answer: () => null,
    connect: (options) => {
      const listeners = new Map<string, (params: unknown) => void>();
      const made: FakeConnection = {
        options,
        asked: [],
        told: [],
        stopped: false,
        start: () => world.start(),
        stop: () => {
          made.stopped = true;
          return Promise.resolve();
        },
        request: async (method, params) => {
          made.asked.push({ method, params });
          return await world.answer(method, params);
        },
        notify: (method, params) => {
          made.told.push({ method, params });
          return Promise.resolve();
        },
        listen: (method, listener) => void listeners.set(method, listener),
        say: (method, params) => listeners.get(method)?.(params),
        end: (end = {}) => options.onEnd({ code: null, signal: "SIGKILL", said: "", ...end }),
      };
      world.made.push(made);
      return made;
    },
  };
  return world;
}
