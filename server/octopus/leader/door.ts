/** The leader's server over the time that it leads: opened, made anew when its files go, and told what is to be told. */
import type { AlertAct, Silence } from "../../../protocol/alert.ts";
import type { CellRecord } from "../../../protocol/cell.ts";
import type { KernelsState } from "../../../protocol/kernel.ts";
import type { LinkAlerts, LinkWelcome } from "../../../protocol/messages/leader.ts";
import type { Clock } from "../../host/host.ts";
import type { Log } from "../../host/log.ts";
import type { StatePaths } from "../../host/paths.ts";
import type { KernelClients, KernelReceiver } from "./kernel-clients.ts";
import { LeaderServer, type Follower, type LeaderHub } from "./server.ts";

/** What a leader's door needs. */
export interface DoorOptions {
  readonly paths: Pick<StatePaths, "announcement" | "sockets">;
  readonly clock: Clock;
  readonly log: Log;
  readonly me: Omit<LinkWelcome, "protocol">;
  /** Does to alerts what a follower's user wants. */
  readonly act?: (act: AlertAct) => Silence | null;
  /** Hears what kernels say. */
  readonly kernels?: KernelReceiver;
  /** Called when a window that follows comes, goes or wishes something else. */
  readonly onFollowers: () => void;
  /** Called with why nobody can reach this worker, and with null when they can (again). */
  readonly onTrouble: (reason: string | null) => void;
}

/** Closed until opened; may be opened again after it was left. */
export class Door {
  readonly #options: DoorOptions;
  #server: LeaderServer | null = null;
  #closed = false;
  #troubled = false;
  /** What was told last, for a server that opens later. */
  #alerts: LinkAlerts | null = null;
  #kernels: KernelsState | null = null;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** Path of the socket; empty while there is none. */
  get socket(): string {
    return this.#server?.socket ?? "";
  }

  get followers(): readonly Follower[] {
    return this.#server?.followers ?? [];
  }

  /** The kernels that are connected; null while there is no door. */
  get kernels(): KernelClients | null {
    return this.#server?.kernels ?? null;
  }

  tellAlerts(alerts: LinkAlerts): void {
    this.#alerts = alerts;
    this.#server?.tellAlerts(alerts);
  }

  tellKernels(state: KernelsState): void {
    this.#kernels = state;
    this.#server?.tellKernels(state);
  }

  tellCell(record: CellRecord): void {
    this.#server?.tellCell(record);
  }

  /** Opens, or makes anew what others need to find the door. Never rejects: see `onTrouble`. */
  async keep(hub: LeaderHub): Promise<void> {
    const server = this.#server;
    if (server?.reachable === true) return;
    const { log, onTrouble } = this.#options;
    try {
      if (server === null) await this.#open(hub);
      else {
        if (!this.#troubled) log.warn("What leads other windows to this one was removed; it is made anew.");
        await server.reopen();
      }
      if (this.#server === null) return;
      this.#troubled = false;
      onTrouble(null);
      log.debug(`Other windows reach this one at ${this.socket}`);
    } catch (error) {
      this.#troubled = true;
      onTrouble(error instanceof Error ? error.message : String(error));
    }
  }

  /** Takes no followers any more, gives back the right to lead and then ends every link, so that who sees it end finds it free. */
  async leave(release: () => void): Promise<void> {
    const server = this.#server;
    this.#server = null;
    await server?.shut();
    release();
    await server?.close();
  }

  /** The same for good. */
  async close(release: () => void): Promise<void> {
    this.#closed = true;
    await this.leave(release);
  }

  async #open(hub: LeaderHub): Promise<void> {
    const { paths, clock, log, me, act, kernels, onFollowers } = this.#options;
    const server = await LeaderServer.open({
      ...{ hub, clock, log, places: paths.sockets, announcement: paths.announcement, me },
      ...(act === undefined ? {} : { act }),
      ...(kernels === undefined ? {} : { kernels }),
    });
    if (this.#closed) {
      await server.close();
      return;
    }
    server.onFollowers(onFollowers);
    this.#server = server;
    if (this.#alerts !== null) server.tellAlerts(this.#alerts);
    if (this.#kernels !== null) server.tellKernels(this.#kernels);
  }
}
