/** The leader's door: a socket for this user alone, with a fresh token beside it. */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { chmodSync, rmSync, statSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { ensureOwnFolder } from "../../host/own-folder.ts";
import type { SocketPlace } from "../../host/paths.ts";
import { announce, writeSecret } from "./announcement.ts";

const TOKEN_BYTES = 32;
const SOCKET_MODE = 0o600;

/** What a door needs. */
export interface GateOptions {
  /** The best first; the first that can be used is. */
  readonly places: readonly SocketPlace[];
  /** Where the door is announced. */
  readonly announcement: string;
  readonly pid: number;
  readonly onSocket: (socket: Socket) => void;
}

/** Takes connections until closed. Whoever makes one holds the leader's lock: what lies there is a dead leader's. */
export class Gate {
  readonly #server: Server;
  readonly #place: SocketPlace;
  readonly #announcement: string;
  readonly #token: Buffer;

  private constructor(server: Server, place: SocketPlace, announcement: string, token: Buffer) {
    this.#server = server;
    this.#place = place;
    this.#announcement = announcement;
    this.#token = token;
  }

  /** Opens the first place that can be used and announces it. Rejects with every place's reason when none can. */
  static async open(options: GateOptions): Promise<Gate> {
    const { places, announcement, pid, onSocket } = options;
    const reasons: string[] = [];
    for (const place of places) {
      try {
        const token = randomBytes(TOKEN_BYTES);
        const server = await listen(place, token, onSocket);
        const gate = new Gate(server, place, announcement, token);
        try {
          announce(announcement, { pid, socket: place.socket, token: place.token });
          return gate;
        } catch (error) {
          await gate.close();
          throw error;
        }
      } catch (error) {
        reasons.push(`${place.socket}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    throw new Error(reasons.length === 0 ? "every path for it would be too long" : reasons.join("; "));
  }

  get socket(): string {
    return this.#place.socket;
  }

  /** Whether this is the token; takes the same time for every wrong one. */
  admits(token: string): boolean {
    const given = Buffer.from(token, "utf8");
    const right = Buffer.from(this.#token.toString("hex"), "utf8");
    return given.length === right.length && timingSafeEqual(given, right);
  }

  /** False when somebody removed a file that others need to find the door. */
  get reachable(): boolean {
    const files = [this.#announcement, this.#place.token];
    if (!isPipe(this.#place.socket)) files.push(this.#place.socket);
    return files.every((file) => statSync(file, { throwIfNoEntry: false }) !== undefined);
  }

  /** Takes no more connections; those that are there stay. The files go. */
  async close(): Promise<void> {
    // Node removes the socket's file itself.
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const file of [this.#place.token, this.#announcement]) rmSync(file, { force: true });
    // The callback comes when the last connection has ended, which is not waited for.
    await Promise.race([closed, new Promise((resolve) => setImmediate(resolve))]);
  }
}

async function listen(place: SocketPlace, token: Buffer, onSocket: (socket: Socket) => void): Promise<Server> {
  ensureOwnFolder(place.folder);
  writeSecret(place.token, token.toString("hex"));
  const pipe = isPipe(place.socket);
  if (!pipe) rmSync(place.socket, { force: true });
  const server = createServer(onSocket);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path: place.socket, readableAll: false, writableAll: false }, () => resolve());
  });
  // The folder kept others out meanwhile.
  if (!pipe) chmodSync(place.socket, SOCKET_MODE);
  server.on("error", () => undefined); // accept() failed for one connection; the next may do
  return server;
}

function isPipe(socket: string): boolean {
  return socket.startsWith("\\\\");
}
