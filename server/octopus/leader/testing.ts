/** Workers of one user in one process, for tests: leaderships over a folder of their own, and hubs that sense numbers. */
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { LinkWish } from "../../../protocol/messages/leader.ts";
import type { WorkerRole } from "../../../protocol/role.ts";
import { CrabGuardian } from "../../crabs/guardian.ts";
import { leveledLog } from "../../host/log.ts";
import { systemClock } from "../../host/node.ts";
import type { SocketPlace } from "../../host/paths.ts";
import type { Rhopalium } from "../../rhopalia/rhopalium.ts";
import { Octopus } from "../octopus.ts";
import type { KernelReceiver } from "./kernel-clients.ts";
import { Leadership } from "./leadership.ts";

/** Where the workers of a test meet. */
export interface Meeting {
  readonly folder: string;
  readonly paths: { readonly leader: string; readonly announcement: string; readonly sockets: readonly SocketPlace[] };
  remove(): void;
}

/** A folder of one's own. */
export function meeting(): Meeting {
  const above = mkdtempSync(path.join(tmpdir(), "gorgon-leader-"));
  const folder = path.join(above, "gorgon", "machine");
  return {
    folder,
    paths: {
      leader: path.join(folder, "leader.db"),
      announcement: path.join(folder, "leader.json"),
      sockets: [{ folder, socket: path.join(folder, "l.sock"), token: path.join(folder, "l.token") }],
    },
    remove: () => rmSync(above, { recursive: true, force: true }),
  };
}

/** The wish of a window that wants nothing in particular. */
export const PLAIN_WISH: LinkWish = {
  intervalMs: 60_000,
  rules: [],
  gpu: [],
  historyMs: null,
  window: { worker: "w", notifies: false, focusedAt: null },
};

/** Gives 1, 2, 3... */
export function counting(): Rhopalium {
  let reads = 0;
  return {
    name: "counting",
    metrics: [{ name: "test.count", unit: "1", kind: "gauge", description: "reads so far" }],
    read: () => [{ metric: "test.count", attributes: {}, value: (reads += 1) }],
    dispose: () => undefined,
  };
}

/** A connection that may say anything. */
export class Stranger {
  readonly socket: Socket;
  /** Everything that came. */
  got = "";
  readonly ended: Promise<void>;
  #next = 0;

  constructor(path: string) {
    this.socket = connect({ path });
    this.socket.setEncoding("utf8").on("data", (part: string) => (this.got += part));
    this.socket.on("error", () => undefined); // the end follows
    this.ended = new Promise((resolve) => this.socket.once("close", () => resolve()));
  }

  /** What it was told so far, message by message. */
  get messages(): readonly Readonly<Record<string, unknown>>[] {
    const lines = this.got.split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  }

  /** Sends a request; its number. */
  ask(method: string, params: unknown): number {
    this.#next += 1;
    this.socket.write(`${JSON.stringify({ jsonrpc: "2.0", id: this.#next, method, params })}\n`);
    return this.#next;
  }

  tell(method: string, params: unknown): void {
    this.socket.write(`${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`);
  }
}

/** One worker: a hub that senses when it leads or is alone, and relays when it follows. */
export class TestWorker {
  readonly hub: Octopus;
  readonly leadership: Leadership;
  readonly roles: WorkerRole["role"][] = [];
  readonly log: string[] = [];

  constructor(at: Pick<Meeting, "paths">, pid: number, wish: Partial<LinkWish> = {}, kernels?: KernelReceiver) {
    const log = leveledLog(
      (_, message) => this.log.push(message),
      () => "debug",
    );
    this.hub = new Octopus({ node: "here", clock: systemClock, log });
    this.leadership = new Leadership({
      paths: at.paths,
      clock: systemClock,
      log,
      me: { pid, version: "1.2.3", node: "here" },
      wish: { ...PLAIN_WISH, ...wish },
      ...(kernels === undefined ? {} : { kernels }),
    });
    this.leadership.onRelays((crabs) => this.hub.replaceCrabs(crabs));
    this.leadership.onRole(({ role }) => {
      this.roles.push(role);
      if (role !== "leads" && role !== "alone") return;
      if (this.hub.list().some((crab) => crab instanceof CrabGuardian)) return;
      const { intervalMs } = this.leadership.wishes;
      const sensors = [counting()];
      this.hub.replaceCrabs([
        new CrabGuardian({ name: "guardian", node: "here", sensors, clock: systemClock, intervalMs }),
      ]);
    });
  }

  get role(): WorkerRole["role"] {
    return this.leadership.role.role;
  }

  async start(): Promise<this> {
    this.hub.start();
    await this.leadership.start(this.hub);
    return this;
  }

  async close(): Promise<void> {
    await this.hub.close();
    await this.leadership.close();
  }
}
